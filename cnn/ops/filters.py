"""Name some kernels, and apply kernels and pooling to whole images."""

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
        "a pixel that differs from its eight neighbours. On flat ground the weights cancel and the answer is 0.",
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
    Kernel("Leave as it is", ((0, 0, 0), (0, 1, 0), (0, 0, 0)), "the pixel itself: the result is the picture."),
)


@dataclass(frozen=True)
class GreyScaled:
    """A response as grey values (H, W) from 0 to 1, and a sentence on their scale."""

    pixels: Array
    scale: str


def describe(weights: ArrayLike) -> str:
    """Return a sentence on what a kernel responds to; one without a name is judged by the sum of its weights."""
    array = np.asarray(weights, dtype=np.float64)
    for kernel in KERNELS:
        if array.shape == (3, 3) and np.allclose(array, kernel.weights, atol=1e-5):
            return f"{kernel.name} answers to {kernel.answers_to}"
    if _balanced(array):
        return "The weights add up to 0, so flat ground gives 0: this filter answers to change only."
    return f"The weights add up to {array.sum():g}, so flat ground comes out {array.sum():g} times as bright."


def filter_image(pixels: Array, weights: ArrayLike) -> Array:
    """Return the response (H, W) at every pixel, without flipping the kernel, with border pixels repeated.

    One shifted copy of the image is added for each weight: the same sums as window by window, in another order.
    """
    kernel = np.asarray(weights, dtype=np.float32)
    height, width = pixels.shape
    rows, columns = kernel.shape
    top, left = (rows - 1) // 2, (columns - 1) // 2
    padded = np.pad(pixels.astype(np.float32), ((top, rows - 1 - top), (left, columns - 1 - left)), mode="edge")
    response = np.zeros((height, width), dtype=np.float32)
    for row, column in np.argwhere(kernel):
        response += kernel[row, column] * padded[row : row + height, column : column + width]
    return response.astype(np.float64)


def scale_to_grey(response: Array, weights: ArrayLike) -> GreyScaled:
    """Scale a response to grey values; 0 is middle grey if constant input gives 0, else constant input keeps its grey.

    The scale ends at the 99th percentile, because a few pixels at markers respond ten times as strongly as anything in
    the body.
    """
    total = float(np.sum(weights))
    if _balanced(weights) or total < 0:
        most = float(np.quantile(np.abs(response), 0.99)) or float(np.abs(response).max()) or 1.0
        scale = f"Middle grey is 0; white is {most:.2g} and more, black is −{most:.2g} and less."
        return GreyScaled(np.clip(0.5 + response / (2 * most), 0, 1), scale)
    return GreyScaled(
        np.clip(response / total, 0, 1), f"Black is 0, white is {total:.3g}; what lies outside is cut off."
    )


def strongest_positions(response: Array, distance: int, count: int) -> tuple[tuple[int, int], ...]:
    """Return (row, column) of up to ``count`` largest responses, each more than ``distance`` from those before it."""
    remaining = response.copy()
    positions: list[tuple[int, int]] = []
    while len(positions) < count and remaining.size and np.isfinite(remaining.max()):
        row, column = map(int, np.unravel_index(remaining.argmax(), remaining.shape))
        positions.append((row, column))
        remaining[
            max(0, row - distance) : row + distance + 1, max(0, column - distance) : column + distance + 1
        ] = -np.inf
    return tuple(positions)


def patch_at(pixels: Array, position: tuple[int, int], reach: int) -> Array:
    """Return the square of 2*reach + 1 pixels a side around ``position`` (row, column), with border pixels repeated."""
    row, column = position
    padded = np.pad(pixels, reach, mode="edge")
    return padded[row : row + 2 * reach + 1, column : column + 2 * reach + 1]


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
