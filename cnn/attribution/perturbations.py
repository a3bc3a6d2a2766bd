"""Changes to one film that ask what a network leans on: hide the lungs, leave only the frame, move a marker about.

Greys are (1, 1, S, S) in 0..1, as a network sees a film before standardisation, and every change is deterministic.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from skimage.restoration import inpaint_biharmonic
from torch import Tensor
from torchvision.transforms.functional import gaussian_blur

from cnn.attribution.attribution import Attribution
from cnn.attribution.checks import likeness
from cnn.errors import UserError
from cnn.imaging import hide_lungs
from cnn.imaging.preprocess import resample, standardise
from cnn.models import lung_segmenter
from cnn.predict.prediction import Prediction

MARKER = "R"
"""The letter that a radiographer lays on the film's right side."""


@dataclass(frozen=True)
class Change:
    """One change of a whole film.

    Attributes:
        run: from greys, lungs (1, 1, S, S) bool, and an amount (share of the side) to greys.
        amount: what ``amount`` means, and its usual value in percent of the side; None where there is none.
        needs_lungs: whether it makes sense only where lungs were found.
        moves: whether what was at one place is at another afterwards, so that maps cannot be compared place by place.
    """

    title: str
    about: str
    run: Callable[[Tensor, Tensor, float], Tensor] = field(repr=False)
    amount: tuple[str, int] | None = None
    needs_lungs: bool = False
    moves: bool = False


@dataclass(frozen=True)
class Patch:
    """A square laid on the film: ``kind`` of :data:`PATCHES`, its side as a share of the film's, and where it lies.

    ``x`` and ``y`` run from 0 (flush with the left, the top) to 1 (flush with the right, the bottom).
    """

    kind: str
    side: float
    x: float
    y: float

    def box(self, size: int) -> tuple[int, int, int]:
        """Top, left and side in pixels on a film of ``size``."""
        side = max(1, round(self.side * size))
        return round(self.y * (size - side)), round(self.x * (size - side)), side


@dataclass(frozen=True)
class Effect:
    """What a change did: P(PNEUMONIA) after it, the difference in percentage points, and the map's.

    ``likeness`` is the rank correlation of the two maps (see :func:`cnn.attribution.checks.likeness`), None where
    the film moved; ``strength`` is how strong the map is, of what it was.
    """

    p_pneumonia: float
    points: float
    label: str
    flipped: bool
    likeness: float | None
    strength: float


def greys_of(pixels: Tensor) -> Tensor:
    """The greys 0..1 of a network's input (1, 1, S, S): its darkest value black, its brightest white."""
    low, high = pixels.min(), pixels.max()
    return (pixels - low) / (high - low).clamp(min=1e-6)


def apply(pixels: Tensor, change: str, amount: float | None = None, patch: Patch | None = None) -> Tensor:
    """A network's input (1, 1, S, S) after ``change``, a key of :data:`CHANGES`, and then ``patch``: standardised.

    Args:
        amount: share of the side, 0..1; the usual one where it is None.

    Raises:
        UserError: there is no such change, or it needs lungs and none were found.
    """
    if change not in CHANGES:
        raise UserError(f"There is no change named {change!r}; choose one of {', '.join(CHANGES)}.")
    chosen = CHANGES[change]
    usual = chosen.amount[1] / 100 if chosen.amount else 0.0
    greys = greys_of(pixels)
    mask = lung_segmenter.lung_mask(pixels) if chosen.needs_lungs else torch.zeros_like(pixels, dtype=torch.bool)
    if chosen.needs_lungs and mask.float().mean() < lung_segmenter.MIN_LUNG_AREA:
        raise UserError("No lungs were found in this picture, so they can neither be hidden nor be kept alone.")
    changed = chosen.run(greys, mask, usual if amount is None else amount)
    return standardise(lay(changed, patch) if patch else changed)


def effect(change: str, before: tuple[Prediction, Attribution], after: tuple[Prediction, Attribution]) -> Effect:
    """What ``change`` did, from prediction and map before and after."""
    (said, old), (says, new) = before, after
    return Effect(
        says.p_pneumonia, 100 * (says.p_pneumonia - said.p_pneumonia), says.label, says.label != said.label,
        None if CHANGES[change].moves else likeness(old.map, new.map).rank, new.scale / max(old.scale, 1e-12),
    )  # fmt: skip


def mean_grey(greys: Tensor) -> Tensor:
    """The film's mean grey, (1, 1, 1, 1)."""
    return greys.mean(dim=(1, 2, 3), keepdim=True)


def keep_frame(greys: Tensor, width: float) -> Tensor:
    """Fills all but a frame of ``width`` (share of the side) with the mean grey."""
    size = greys.shape[-1]
    edge = max(1, round(width * size))
    framed = greys.clone()
    framed[:, :, edge : size - edge, edge : size - edge] = mean_grey(greys)
    return framed


def crop(greys: Tensor, margin: float) -> Tensor:
    """Cuts ``margin`` (share of the side, below a half) off each side and enlarges the rest to the old size."""
    size = greys.shape[-1]
    edge = min(round(margin * size), size // 2 - 1)
    return resample(greys[:, :, edge : size - edge, edge : size - edge], size)


def blur(greys: Tensor, spread: float) -> Tensor:
    """Gaussian blur with a standard deviation of ``spread``, a share of the side."""
    pixels = spread * greys.shape[-1]
    reach = min(2 * math.ceil(3 * pixels) + 1, greys.shape[-1] - 1 + greys.shape[-1] % 2)
    return gaussian_blur(greys, [reach, reach], [pixels, pixels])


def lay(greys: Tensor, patch: Patch) -> Tensor:
    """``greys`` with ``patch`` laid on them."""
    top, left, side = patch.box(greys.shape[-1])
    laid = greys.clone()
    window = laid[:, :, top : top + side, left : left + side]
    window.copy_(PATCHES[patch.kind](greys, top, left, side))
    return laid


def _plain(grey: float) -> "Callable[[Tensor, int, int, int], Tensor]":
    return lambda greys, top, left, side: torch.full((1, 1, side, side), grey)


def _marker(greys: Tensor, top: int, left: int, side: int) -> Tensor:
    """The letter R in white on what is there."""
    picture = Image.new("L", (side, side))
    ImageDraw.Draw(picture).text((side / 2, side / 2), MARKER, 255, ImageFont.load_default(side), anchor="mm")
    letter = torch.from_numpy(np.asarray(picture, dtype=np.float32) / 255)
    return torch.maximum(greys[:, :, top : top + side, left : left + side], letter)


def _erase(greys: Tensor, top: int, left: int, side: int) -> Tensor:
    """What lies around the square, continued smoothly into it."""
    around = max(4, side // 4)
    size = greys.shape[-1]
    rows = slice(max(0, top - around), min(size, top + side + around))
    columns = slice(max(0, left - around), min(size, left + side + around))
    mask = np.zeros((size, size), dtype=bool)
    mask[top : top + side, left : left + side] = True
    filled = inpaint_biharmonic(greys[0, 0].double().numpy()[rows, columns], mask[rows, columns])
    inner = filled[top - rows.start :, left - columns.start :][:side, :side]
    return torch.from_numpy(np.clip(inner, 0, 1)).float()[None, None]


CHANGES: dict[str, Change] = {
    "nothing": Change("Nothing", "The film as it is.", lambda greys, mask, amount: greys),
    "black_lungs": Change(
        "Black out the lungs",
        "The lungs become black, by their outline. The outline itself is left, and it can tell a lot.",
        lambda greys, mask, amount: torch.where(mask, 0.0, greys), needs_lungs=True,
    ),
    "grey_box": Change(
        "Grey out the lungs' box",
        "The box around the lungs becomes the film's mean grey: no lung and no outline is left.",
        lambda greys, mask, amount: hide_lungs.hide_lungs(
            greys, mask.float(), torch.ones(1, 1, 1, 1, dtype=torch.bool)
        ),
        needs_lungs=True,
    ),
    "only_lungs": Change(
        "Keep only the lungs",
        "Everything but the lungs becomes the film's mean grey. A network that reads lungs loses little.",
        lambda greys, mask, amount: torch.where(mask, greys, mean_grey(greys)), needs_lungs=True,
    ),
    "only_frame": Change(
        "Keep only the frame",
        "All but the margin becomes the film's mean grey. Whatever the network still knows, it knows from the margin.",
        lambda greys, mask, amount: keep_frame(greys, amount), ("Width of the frame", 12),
    ),
    "crop": Change(
        "Crop", "A strip is cut off each side, and the rest enlarged.",
        lambda greys, mask, amount: crop(greys, amount), ("Cut off each side", 10), moves=True,
    ),
    "invert": Change(
        "Invert", "Black becomes white, as in a file that was stored the other way round.",
        lambda greys, mask, amount: 1 - greys,
    ),
    "blur": Change(
        "Blur", "Detail goes, brightness and shapes stay.",
        lambda greys, mask, amount: blur(greys, amount), ("Spread of the blur", 2),
    ),
    "mirror": Change(
        "Mirror", "Left and right change places; the heart then lies on the other side.",
        lambda greys, mask, amount: greys.flip(-1), moves=True,
    ),
}  # fmt: skip
"""Every change of a whole film."""

PATCHES: dict[str, Callable[[Tensor, int, int, int], Tensor]] = {
    "a letter R": _marker,
    "a white square": _plain(1.0),
    "a black square": _plain(0.0),
    "a square of the mean grey": lambda greys, top, left, side: mean_grey(greys).expand(1, 1, side, side),
    "an eraser": _erase,
}
"""From greys, top, left and side in pixels to what the square (1, 1, side, side) shows."""
