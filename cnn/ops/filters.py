"""Name some kernels, and pool whole images."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from cnn.ops.windows import Array

Rows = tuple[tuple[float, ...], ...]
Pool = Literal["max", "average"]
POOLS: tuple[Pool, ...] = ("max", "average")


@dataclass(frozen=True)
class Kernel:
    """A filter with a name; ``answers_to`` is the pattern that it responds to, in words."""

    name: str
    weights: Rows
    answers_to: str


_NINTH, _SIXTEENTH = 1 / 9, 1 / 16
KERNELS: tuple[Kernel, ...] = (
    Kernel(
        "Edge detector",
        ((-1, -1, -1), (-1, 8, -1), (-1, -1, -1)),
        "a pixel that differs from its eight neighbours. In uniform regions the weights cancel and the output is 0.",
    ),
    Kernel(
        "Vertical edges",
        ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),
        "dark on the left and bright on the right (bright in the result), or the other way round (dark).",
    ),
    Kernel(
        "Horizontal edges",
        ((-1, -2, -1), (0, 0, 0), (1, 2, 1)),
        "dark above and bright below (bright in the result), or the other way round (dark).",
    ),
    Kernel(
        "Thin vertical lines",
        ((-1, 2, -1), (-1, 2, -1), (-1, 2, -1)),
        "a bright line one pixel wide that runs up and down, such as the rim of a rib seen edge-on.",
    ),
    Kernel(
        "Blur",
        ((_NINTH, _NINTH, _NINTH),) * 3,
        "the average of nine pixels: noise goes down, and fine detail with it.",
    ),
    Kernel(
        "Soft blur",
        (
            (_SIXTEENTH, 2 * _SIXTEENTH, _SIXTEENTH),
            (2 * _SIXTEENTH, 4 * _SIXTEENTH, 2 * _SIXTEENTH),
            (_SIXTEENTH, 2 * _SIXTEENTH, _SIXTEENTH),
        ),
        "an average in which near pixels count more.",
    ),
    Kernel(
        "Sharpen",
        ((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
        "the pixel itself plus how much it differs from its four neighbours.",
    ),
    Kernel(
        "Emboss",
        ((-2, -1, 0), (-1, 1, 1), (0, 1, 2)),
        "brightness that grows towards the lower right, as if light fell from the upper left.",
    ),
    Kernel("Identity", ((0, 0, 0), (0, 1, 0), (0, 0, 0)), "the pixel itself: the output is the input."),
)


def colour_kernels(size: int) -> dict[str, Array]:
    """Return filters (3, ``size``, ``size``) for a picture in colour, by what they respond to; weights are whole."""
    middle = (size - 1) / 2
    row, column = np.mgrid[:size, :size] - middle
    inner = np.maximum(abs(row), abs(column)) <= max(0, (size - 3) // 2)
    spot = np.where(inner, round((~inner).sum() / inner.sum()) or 1, -1)
    ones = np.ones((size, size))
    return {
        "vertical edges": np.stack([np.sign(column)] * 3),
        "horizontal edges": np.stack([np.sign(row)] * 3),
        "diagonal edges": np.stack([np.sign(row + column)] * 3),
        "spots": np.stack([spot] * 3).astype(np.float64),
        "red, not green": np.stack([ones, -ones, 0 * ones]),
        "blue, not red or green": np.stack([-ones, -ones, 2 * ones]),
    }


def describe(weights: ArrayLike) -> str:
    """Return a sentence on what a kernel responds to; one without a name is judged by the sum of its weights."""
    array = np.asarray(weights, dtype=np.float64)
    for kernel in KERNELS:
        if array.shape == (3, 3) and np.allclose(array, kernel.weights, atol=1e-5):
            return f"{kernel.name}: responds to {kernel.answers_to}"
    if _balanced(array):
        return "The weights add up to 0, so uniform regions give 0: this filter responds to change only."
    return f"The weights add up to {array.sum():g}, so uniform regions become {array.sum():g} times as bright."


def pool_image(pixels: Array, size: int, kind: Pool) -> Array:
    """Pool blocks of ``size`` x ``size`` pixels, to (H // size, W // size)."""
    height, width = (side // size for side in pixels.shape)
    blocks = pixels[: height * size, : width * size].reshape(height, size, width, size)
    return np.asarray(blocks.max((1, 3)) if kind == "max" else blocks.mean((1, 3)))


def enlarge(pixels: Array, times: int) -> Array:
    """Repeat every pixel ``times`` times in both directions."""
    return pixels.repeat(times, 0).repeat(times, 1)


def _balanced(weights: ArrayLike) -> bool:
    return abs(float(np.sum(weights))) < 1e-4
