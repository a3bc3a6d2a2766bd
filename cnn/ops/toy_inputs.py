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
COLOUR_FILTERS = ("red beside blue", "a green spot")
COLOUR_BIASES = (-9.0, 1.0)


def colour_image() -> Array:
    """Return an image (3, 6, 6) from 0 to 3: red on the left, blue on the right, a green spot between."""
    image = np.zeros((3, 6, 6))
    image[0, :, :3] = 3
    image[2, :, 3:] = 3
    image[:, 3:5, 2:4] = np.array([0, 2, 0])[:, None, None]
    return image


def colour_filters(depth: int = 3) -> Array:
    """Return two filters (2, depth, 3, 3) for such an image; another depth than 3 repeats or leaves out slices."""
    falling = np.array([[1, 0, -1]] * 3)
    spot = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]])
    nothing = np.zeros((3, 3))
    slices = np.array([[falling, nothing, -falling], [-spot, 2 * spot, -spot]])
    return slices[:, np.arange(depth) % 3]


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
        "window changes nothing; one that crosses into the next window does."
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
