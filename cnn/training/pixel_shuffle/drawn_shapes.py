"""Draw the outlines of four shapes at random, for the experiment that shuffles pixels."""

import numpy as np
from numpy.typing import NDArray

from cnn.ops.windows import Array

SHAPES = ("circle", "square", "triangle", "plus")
SIDE = 24
"""Width and height of the drawn shapes."""


def draw_shapes(count: int, seed: int) -> tuple[Array, NDArray[np.int64]]:
    """Return outlines of the four SHAPES, (count, SIDE, SIDE), and their classes (count,), indices into SHAPES.

    Position, size and tilt vary; the ink is 0.6 to 1, with noise of standard deviation 0.1.
    """
    draw = np.random.default_rng(seed)
    classes = draw.integers(0, len(SHAPES), count)
    return np.stack([_draw_shape(int(kind), draw) for kind in classes]), classes


def _draw_shape(kind: int, draw: np.random.Generator) -> Array:
    radius, (across, down) = draw.uniform(5, 8), draw.uniform(-3, 3, 2)
    tilt = draw.uniform(-0.3, 0.3)
    y, x = np.mgrid[0:SIDE, 0:SIDE] - SIDE / 2
    u = (x - across) * np.cos(tilt) + (y - down) * np.sin(tilt)
    v = (y - down) * np.cos(tilt) - (x - across) * np.sin(tilt)
    ink = np.clip(1.3 - np.abs(_distance(kind, u, v, radius)), 0, 1)
    return np.asarray(ink * draw.uniform(0.6, 1) + draw.normal(0, 0.1, ink.shape))


def _distance(kind: int, u: Array, v: Array, radius: float) -> Array:
    """Return the signed distance of each pixel from the outline; ``u`` and ``v`` count from the shape's middle."""
    if kind == 0:
        return np.hypot(u, v) - radius
    if kind == 1:
        return np.maximum(np.abs(u), np.abs(v)) - 0.85 * radius
    if kind == 2:
        slanted = 0.87 * np.abs(u) - 0.5 * v
        return np.maximum(v, slanted) - 0.55 * radius
    upright, flat = (np.maximum(np.abs(a), np.abs(b) - radius) for a, b in ((u, v), (v, u)))
    return np.minimum(upright, flat)
