"""Hide the lungs of a film, to see what a network still reads from the rest."""

import torch
from torch import Tensor


def hide_lungs(images: Tensor, lungs: Tensor, hide: Tensor) -> Tensor:
    """Fills the lungs' bounding box with the film's mean grey where ``hide`` (B, 1, 1, 1) is true.

    A film without lungs in its mask loses its middle instead.
    """
    side = images.shape[-1]
    line = torch.arange(side)
    seen = lungs > 0.5
    nothing = ~seen.flatten(1).any(dim=1)
    middle = (line >= side // 6) & (line < side - side // 6)
    columns = torch.where(nothing[:, None], middle, seen.any(dim=2)[:, 0])  # (B, S)
    rows = torch.where(nothing[:, None], middle, seen.any(dim=3)[:, 0])
    box = _span(rows)[:, None, :, None] & _span(columns)[:, None, None, :]
    return torch.where(box & hide, images.mean(dim=(1, 2, 3), keepdim=True), images)


def _span(flags: Tensor) -> Tensor:
    """From the first to the last true of each row of (B, S), all true."""
    ahead = flags.int().cummax(dim=1).values
    behind = flags.int().flip(1).cummax(dim=1).values.flip(1)
    return (ahead & behind).bool()
