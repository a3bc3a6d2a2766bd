"""A leaf by formula: outline, veins and fine veins, the same object at three levels of structure (slide 9).

The stem lies on the height axis: t runs from 0 at the base to 1 at the tip, x from the stem outwards, x >= 0 on both
sides. Half the width at height t is w(t) = 0.36 sin(pi t^0.75), cut back by up to 9 percent for the teeth of the edge.
"""

import numpy as np

from cnn.ops.windows import Array

LEVELS = ("outline", "veins", "fine veins", "the leaf")
SIDE = 120
"""Width and height of the picture."""
HALF_WIDTH, BULGE, TEETH, TOOTH_DEPTH = 0.36, 0.75, 11, 0.09
_PICTURE = 1.2
"""Height and width of the whole picture, in lengths of the leaf."""
SIDE_VEINS = np.linspace(0.06, 0.72, 7)
"""Heights at which a pair of side veins leaves the stem."""
FORMULAS = {
    "outline": "x = w(t)",
    "veins": "x = 0, and t = s + 0.5x + 0.9x² for each height s at which a pair leaves the stem",
    "fine veins": "t = s - 0.8x, which meet the side veins at about a right angle",
}
"""The curves of each level as a reader may read them; x counts from the stem to either side."""


def half_width(height: Array) -> Array:
    """From the stem to the edge at each height t in 0..1; zero beyond both ends."""
    inside = np.clip(height, 0, 1)
    teeth = 1 - TOOTH_DEPTH * ((TEETH * inside) % 1)
    return np.asarray(HALF_WIDTH * np.sin(np.pi * inside**BULGE) * teeth)


def draw_leaf(level: str) -> Array:
    """(SIDE, SIDE) ink, 0 to 1, of one of the ``LEVELS``."""
    if level == "the leaf":
        return np.asarray(np.max([draw_leaf(part) for part in LEVELS[:3]], axis=0))
    row, column = np.mgrid[0:SIDE, 0:SIDE]
    t = 1.05 - _PICTURE * row / SIDE  # the stalk hangs out below the base
    x = _PICTURE * np.abs(column - SIDE / 2 + 0.5) / SIDE
    return {"outline": _outline, "veins": _veins, "fine veins": _fine_veins}[level](t, x)


def _outline(t: Array, x: Array) -> Array:
    inside = (x < half_width(t)).astype(float)
    # The edge is where inside turns into outside: as thick as one pixel and its neighbours.
    down, across = np.gradient(inside)
    return np.clip(2 * np.hypot(down, across), 0, 1)


def _veins(t: Array, x: Array) -> Array:
    stem = _line(x, 0.008) * ((t < 0.97) & (t > -0.11))
    rising = [_line((t - start - 0.5 * x - 0.9 * x**2) * 0.75, 0.004) for start in SIDE_VEINS]
    return np.maximum(stem, np.max(rising, axis=0) * (x < 0.94 * half_width(t)))


def _fine_veins(t: Array, x: Array) -> Array:
    falling = [0.5 * _line((t - start + 0.8 * x) * 0.78, 0.001) for start in np.arange(0.02, 1.2, 0.045)]
    return np.asarray(np.max(falling, axis=0) * (x < half_width(t)))


def _line(distance: Array, half: float) -> Array:
    """Ink of a line whose middle is ``distance`` away; soft over one pixel at its edge."""
    return np.clip(1 - (np.abs(distance) - half) * SIDE, 0, 1)
