"""Changes to one film that show what a network relies on: hide the lungs, keep only the frame, move a marker.

Greys are (1, 1, S, S) in 0..1, before standardisation, and every change is deterministic.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from cnn.attribution.attribution import Attribution
from cnn.attribution.similarity import compare_squares
from cnn.errors import UserError
from cnn.imaging.blur import gaussian_blur
from cnn.imaging.hide_lungs import hide_lungs
from cnn.imaging.preprocess import resample, standardise
from cnn.models import lung_segmenter
from cnn.predict.prediction import Prediction

MARKER = "R"
"""The letter that marks the right side of the patient."""


class Amount(NamedTuple):
    """How much of a change: what it measures, and its default in percent of the film's side."""

    label: str
    percent: int


@dataclass(frozen=True)
class Change:
    """A change of a whole film.

    Attributes:
        title: name that a reader sees.
        about: one or two sentences on what it does.
        run: from greys to greys; takes also lungs (1, 1, S, S) bool if ``needs_lungs``, and a share of the side if
            there is an ``amount``.
        amount: None where there is nothing to set.
        needs_lungs: whether lungs must be found.
        moves: whether pixels change their position, so that maps cannot be compared.
    """

    title: str
    about: str
    run: Callable[..., Tensor] = field(repr=False)
    amount: Amount | None = None
    needs_lungs: bool = False
    moves: bool = False


@dataclass(frozen=True)
class Patch:
    """A square on the film.

    Attributes:
        kind: key of :data:`PATCHES`.
        side: share of the film's side.
        x: position from 0 (flush left) to 1 (flush right).
        y: position from 0 (flush with the top) to 1 (flush with the bottom).
    """

    kind: str
    side: float
    x: float
    y: float

    def window(self, size: int) -> tuple[slice, slice]:
        """Return the rows and the columns of a film of ``size`` pixels a side."""
        side = max(1, round(self.side * size))
        top, left = round(self.y * (size - side)), round(self.x * (size - side))
        return slice(top, top + side), slice(left, left + side)


@dataclass(frozen=True)
class Effect:
    """What a change did to prediction and map.

    Attributes:
        p_pneumonia: probability after the change.
        points: difference to the probability before, in percentage points.
        label: after the change.
        flipped: whether the label is another one.
        rank_correlation: of both maps by squares, None where pixels moved.
        strength: scale of the map over the scale before.
    """

    p_pneumonia: float
    points: float
    label: str
    flipped: bool
    rank_correlation: float | None
    strength: float


def to_greys(pixels: Tensor) -> Tensor:
    """Return a network's input (1, 1, S, S) in 0..1: its darkest value black, its brightest white."""
    low, high = pixels.min(), pixels.max()
    return (pixels - low) / (high - low).clamp(min=1e-6)


def apply(pixels: Tensor, change: str, amount: float | None = None, patch: Patch | None = None) -> Tensor:
    """Apply a change, and then a patch, to a network's input (1, 1, S, S), and standardise the result.

    Args:
        pixels: the input.
        change: key of :data:`CHANGES`.
        amount: share of the side, 0..1; None for the default.
        patch: square to paste, if any.

    Raises:
        UserError: there is no such change, or it needs lungs and none were found.
    """
    if change not in CHANGES:
        raise UserError(f"There is no change named %s; choose one of {', '.join(CHANGES)}.", change)
    chosen = CHANGES[change]
    arguments: list[Tensor | float] = []
    if chosen.needs_lungs:
        arguments.append(_find_lungs(pixels))
    if chosen.amount:
        arguments.append(chosen.amount.percent / 100 if amount is None else amount)
    changed = chosen.run(to_greys(pixels), *arguments)
    return standardise(paste(changed, patch) if patch else changed)


def _find_lungs(pixels: Tensor) -> Tensor:
    mask = lung_segmenter.lung_mask(pixels)
    if mask.float().mean() < lung_segmenter.MIN_LUNG_AREA:
        raise UserError("No lungs were found in this film, so they can neither be hidden nor be kept alone.")
    return mask


def measure_effect(
    change: str, before: tuple[Prediction, Attribution], after: tuple[Prediction, Attribution]
) -> Effect:
    """Compare prediction and map before and after ``change``."""
    (old_prediction, old_map), (prediction, new_map) = before, after
    return Effect(
        prediction.p_pneumonia,
        100 * (prediction.p_pneumonia - old_prediction.p_pneumonia),
        prediction.label,
        prediction.label != old_prediction.label,
        None if CHANGES[change].moves else compare_squares(old_map.map, new_map.map).rank,
        new_map.scale / max(old_map.scale, 1e-12),
    )


def mean_grey(greys: Tensor) -> Tensor:
    """Return the film's mean grey, (1, 1, 1, 1)."""
    return greys.mean(dim=(1, 2, 3), keepdim=True)


def grey_box(greys: Tensor, lungs: Tensor) -> Tensor:
    """Fill the lungs' bounding box with the mean grey."""
    return hide_lungs(greys, lungs.float(), torch.ones(1, 1, 1, 1, dtype=torch.bool))


def only_frame(greys: Tensor, width: float) -> Tensor:
    """Fill all but a frame of ``width`` (share of the side) with the mean grey."""
    size = greys.shape[-1]
    edge = max(1, round(width * size))
    framed = greys.clone()
    framed[:, :, edge : size - edge, edge : size - edge] = mean_grey(greys)
    return framed


def crop(greys: Tensor, margin: float) -> Tensor:
    """Cut ``margin`` (share of the side, below a half) off each side and enlarge the rest to the old size."""
    size = greys.shape[-1]
    edge = min(round(margin * size), size // 2 - 1)
    return resample(greys[:, :, edge : size - edge, edge : size - edge], size)


def blur(greys: Tensor, spread: float) -> Tensor:
    """Blur with a Gaussian of standard deviation ``spread``, a share of the side."""
    sigma = spread * greys.shape[-1]
    kernel_size = min(2 * math.ceil(3 * sigma) + 1, greys.shape[-1] - 1 + greys.shape[-1] % 2)
    return gaussian_blur(greys, kernel_size, sigma)


def paste(greys: Tensor, patch: Patch) -> Tensor:
    """Return ``greys`` with ``patch`` on them."""
    rows, columns = patch.window(greys.shape[-1])
    fill = PATCHES[patch.kind]
    pasted = greys.clone()
    pasted[:, :, rows, columns] = fill if isinstance(fill, float) else fill(greys, rows, columns)
    return pasted


def _mean_square(greys: Tensor, _rows: slice, _columns: slice) -> Tensor:
    return mean_grey(greys)


def _marker(greys: Tensor, rows: slice, columns: slice) -> Tensor:
    """Return the square with the letter R in white on it."""
    side = rows.stop - rows.start
    canvas = Image.new("L", (side, side))
    ImageDraw.Draw(canvas).text((side / 2, side / 2), MARKER, 255, ImageFont.load_default(side), anchor="mm")
    letter = torch.from_numpy(np.asarray(canvas, dtype=np.float32) / 255)
    return torch.maximum(greys[:, :, rows, columns], letter)


def _erase(greys: Tensor, rows: slice, columns: slice) -> Tensor:
    """Continue the surroundings of the square smoothly into it."""
    from skimage.restoration import inpaint_biharmonic  # takes half a second, and few ask for it

    margin = max(4, (rows.stop - rows.start) // 4)
    mask = np.zeros(greys.shape[-2:], dtype=bool)
    mask[rows, columns] = True
    around = tuple(slice(max(0, part.start - margin), part.stop + margin) for part in (rows, columns))
    erased = greys[0, 0].double().numpy().copy()
    erased[around] = inpaint_biharmonic(erased[around], mask[around])
    return torch.from_numpy(np.clip(erased[rows, columns], 0, 1)).float()[None, None]


CHANGES: dict[str, Change] = {
    "nothing": Change("Nothing", "The film as it is.", Tensor.clone),
    "black_lungs": Change(
        "Black out the lungs",
        "The lungs become black, by their outline. The outline itself is left, and it can tell a lot.",
        lambda greys, lungs: torch.where(lungs, 0.0, greys),
        needs_lungs=True,
    ),
    "grey_box": Change(
        "Grey out the lungs' box",
        "The box around the lungs becomes the film's mean grey: no lung and no outline is left.",
        grey_box,
        needs_lungs=True,
    ),
    "only_lungs": Change(
        "Keep only the lungs",
        "Everything but the lungs becomes the film's mean grey. A network that reads lungs loses little.",
        lambda greys, lungs: torch.where(lungs, greys, mean_grey(greys)),
        needs_lungs=True,
    ),
    "only_frame": Change(
        "Keep only the frame",
        "All but the margin becomes the film's mean grey. Whatever the network still knows, it knows from the margin.",
        only_frame,
        Amount("Width of the frame", 12),
    ),
    "crop": Change(
        "Crop",
        "A strip is cut off each side, and the rest enlarged.",
        crop,
        Amount("Cut off each side", 10),
        moves=True,
    ),
    "invert": Change(
        "Invert", "Black becomes white, as in a file that was stored the other way round.", lambda greys: 1 - greys
    ),
    "blur": Change("Blur", "Detail goes, brightness and shapes stay.", blur, Amount("Spread of the blur", 2)),
    "mirror": Change(
        "Mirror",
        "Left and right change places; the heart then lies on the other side.",
        lambda greys: greys.flip(-1),
        moves=True,
    ),
}
"""Every change of a whole film."""

PATCHES: dict[str, float | Callable[[Tensor, slice, slice], Tensor]] = {
    "a letter R": _marker,
    "a white square": 1.0,
    "a black square": 0.0,
    "a square of the mean grey": _mean_square,
    "an eraser": _erase,
}
"""The grey of a square, or a function from greys, rows and columns to its pixels (1, 1, side, side)."""
