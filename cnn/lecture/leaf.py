"""A leaf by formula: outline, veins and fine veins, the same object at three levels of structure (slide 9).

The stem lies on the height axis: t runs from 0 at the base to 1 at the tip, x >= 0 from the stem outwards, both sides.
Half the width at height t is w(t) = 0.36 sin(pi t^0.75), reduced by up to 9 percent for the teeth of the edge. The
outline is x = w(t). Veins are x = 0, and t = s + 0.5x + 0.9x² for each height s at which a pair leaves the stem. Fine
veins are t = s - 0.8x, which meet the side veins at about a right angle.
"""

from functools import cache

import numpy as np

from cnn.ops.windows import Array

LEVELS = ("outline", "veins", "fine veins", "the leaf")
SIDE = 120
"""Width and height of the picture in pixels."""
HALF_WIDTH, BULGE, TEETH, TOOTH_DEPTH = 0.36, 0.75, 11, 0.09
PICTURE_SIZE = 1.2
"""Width and height of the picture in lengths of the leaf."""
SIDE_VEINS = np.linspace(0.06, 0.72, 7)
"""Heights at which a pair of side veins leaves the stem."""


def half_width(height: Array) -> Array:
    """Return the distance from the stem to the edge at each height t in 0..1; zero beyond both ends."""
    t = np.clip(height, 0, 1)
    teeth = 1 - TOOTH_DEPTH * ((TEETH * t) % 1)
    return np.asarray(HALF_WIDTH * np.sin(np.pi * t**BULGE) * teeth)


@cache
def draw_leaf(level: str) -> Array:
    """Return one of the ``LEVELS`` as (SIDE, SIDE) ink, 0 to 1."""
    if level == "the leaf":
        return np.asarray(np.max([draw_leaf(part) for part in LEVELS[:3]], axis=0))
    row, column = np.mgrid[0:SIDE, 0:SIDE]
    t = 1.05 - PICTURE_SIZE * row / SIDE  # the stalk hangs out below the base
    x = PICTURE_SIZE * np.abs(column - SIDE / 2 + 0.5) / SIDE
    return {"outline": _draw_outline, "veins": _draw_veins, "fine veins": _draw_fine_veins}[level](t, x)


def _draw_outline(t: Array, x: Array) -> Array:
    inside = (x < half_width(t)).astype(float)
    # The gradient of the inside is the edge, as thick as one pixel and its neighbours.
    down, across = np.gradient(inside)
    return np.asarray(np.clip(2 * np.hypot(down, across), 0, 1))


def _draw_veins(t: Array, x: Array) -> Array:
    stem = _draw_line(x, 0.008) * ((t < 0.97) & (t > -0.11))
    rising = [_draw_line((t - start - 0.5 * x - 0.9 * x**2) * 0.75, 0.004) for start in SIDE_VEINS]
    return np.asarray(np.maximum(stem, np.max(rising, axis=0) * (x < 0.94 * half_width(t))))


def _draw_fine_veins(t: Array, x: Array) -> Array:
    falling = [0.5 * _draw_line((t - start + 0.8 * x) * 0.78, 0.001) for start in np.arange(0.02, 1.2, 0.045)]
    return np.asarray(np.max(falling, axis=0) * (x < half_width(t)))


def _draw_line(distance: Array, half_thickness: float) -> Array:
    """Return the ink of a line whose middle is ``distance`` away, with an edge that is soft over one pixel."""
    return np.clip(1 - (np.abs(distance) - half_thickness) * SIDE, 0, 1)
