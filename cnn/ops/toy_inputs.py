"""Make small inputs and filters to follow by hand; some are those of the lecture's slides."""

from collections.abc import Sequence

import numpy as np

from cnn.ops.windows import Array

Rows = tuple[tuple[float, ...], ...]

BINARY_IMAGE: Rows = ((1, 1, 1, 0, 0), (0, 1, 1, 1, 0), (0, 0, 1, 1, 1), (0, 0, 1, 1, 0), (0, 1, 1, 0, 0))
"""Slides 12 and 39: the input."""
CROSS: Rows = ((1, 0, 1), (0, 1, 0), (1, 0, 1))
"""Slides 12 and 39: the filter."""
POOL_INPUT: Rows = ((5, 6, 7, 8), (2, 10, 4, 11), (7, 9, 3, 5), (8, 6, 7, 1))
"""Slide 38."""
ARROW: Rows = ((0, 0, 1), (0, 1, 2), (0, 0, 1))
"""A filter that differs from itself when flipped."""
CHANNELS = ("red", "green", "blue")


def colour_scene() -> Array:
    """Return a picture (3, 32, 32) of whole numbers from 0 to 9: a house, a tree and the sun."""
    row, column = np.mgrid[:32, :32]
    picture = np.stack([2 + row // 8, 5 + row // 8, np.full((32, 32), 9)])
    for colour, where in (
        ((9, 8, 1), (row - 4) ** 2 + (column - 6) ** 2 < 18),
        ((3, 6, 1), row > 25),
        ((8, 2, 2), (row > 13) & (row <= 25) & (column > 3) & (column < 17)),
        ((4, 2, 1), (row > 6) & (row <= 13) & (abs(column - 10) <= row - 6)),
        ((9, 9, 6), (row > 15) & (row < 20) & (column > 5) & (column < 10)),
        ((3, 1, 1), (row > 18) & (row <= 25) & (column > 11) & (column < 15)),
        ((5, 3, 1), (row > 20) & (row <= 26) & (abs(column - 25) < 2)),
        ((1, 5, 1), (row - 17) ** 2 + (column - 25) ** 2 < 24),
    ):
        picture[:, where] = np.array(colour)[:, None]
    return picture.astype(np.float64)


def counting(height: int, width: int) -> Array:
    """Return digits in reading order, (height, width), so that a copied row or column is easy to recognise."""
    return (np.arange(height * width) % 10).reshape(height, width).astype(np.float64)


def spots() -> Array:
    """Return an image (8, 8) of three bright spots and a short line on dark ground."""
    image = np.zeros((8, 8))
    image[[1, 4, 6], [4, 1, 6]] = 9, 7, 8
    image[2:5, 5] = 5
    return image


def shifted(image: Array, right: int) -> Array:
    """Return ``image`` (H, W) moved by ``right`` columns, with zeros on the left."""
    moved = np.zeros_like(image)
    moved[:, right:] = image[:, : image.shape[1] - right]
    return moved


def describe_shift(images: Sequence[Array], outputs: Sequence[Array]) -> str:
    """Return sentences on the share of cells that differ between two images, and between two outputs."""
    changed = [int((~np.isclose(after, before)).sum()) for before, after in (images, outputs)]
    return (
        f"{changed[0]} of {images[0].size} input cells changed, and {changed[1]} of {outputs[0].size} output cells "
        f"({changed[0] / images[0].size:.0%} and {changed[1] / outputs[0].size:.0%}). A number that moves within its "
        "window changes nothing; one that crosses into the next window does. So pooling alone does not make the output "
        "independent of a shift."
    )


def pooled_volume(depth: int, side: int) -> Array:
    """Return small whole numbers (depth, side, side), like the output of ReLU and pooling."""
    return np.random.default_rng(depth * 10 + side).integers(0, 4, (depth, side, side)).astype(np.float64)


def class_weights(classes: int, depth: int, side: int) -> Array:
    """Return weights (classes, depth, side, side) of such a volume, from -0.5 to 0.5."""
    rng = np.random.default_rng(classes * 100 + depth * 10 + side)
    return rng.integers(-5, 6, (classes, depth, side, side)) / 10


def class_biases(classes: int) -> Array:
    """Return one bias for each class, (classes,)."""
    return (np.arange(classes) % 3 - 1) / 2
