"""Hide the lungs of a film, to see what a network still predicts from the rest."""

import torch
from torch import Tensor


def hide_lungs(images: Tensor, lungs: Tensor, hide: Tensor) -> Tensor:
    """Fill the lungs' bounding box with the film's mean grey.

    The middle of a film is filled instead where its mask shows no lungs.

    Args:
        images: films (B, 1, S, S) of any brightness.
        lungs: mask or P(lung), (B, 1, S, S).
        hide: which films to fill, bool (B, 1, 1, 1).
    """
    side = images.shape[-1]
    line = torch.arange(side, device=images.device)
    middle = (line >= side // 6) & (line < side - side // 6)
    mask = lungs > 0.5
    empty = ~mask.flatten(1).any(dim=1)[:, None]
    columns = torch.where(empty, middle, mask.any(dim=2)[:, 0])  # (B, S)
    rows = torch.where(empty, middle, mask.any(dim=3)[:, 0])
    box = _fill_span(rows)[:, None, :, None] & _fill_span(columns)[:, None, None, :]
    return torch.where(box & hide, images.mean(dim=(1, 2, 3), keepdim=True), images)


def _fill_span(flags: Tensor) -> Tensor:
    """Set everything between the first and the last true of each row of (B, S) to true."""
    since_first = flags.int().cummax(dim=1).values
    until_last = flags.int().flip(1).cummax(dim=1).values.flip(1)
    return (since_first & until_last).bool()
