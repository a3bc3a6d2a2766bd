"""Maps as one byte a cell, for a palette that tells at a glance what is negative, what is exactly 0 and what is not."""

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ui.shell.theme import LIGHT

Levels = NDArray[np.uint8]
BLANK = 255
"""Nothing is painted here: the page shows through."""
CLEARED = "#6B7680"
"""What ReLU has set to 0."""
_MIDDLE = (247, 247, 247)


def levels(maps: NDArray[np.float32], signed: bool, most: float) -> Levels:
    """Return a byte for each number of ``maps``, of any shape; ``most`` is the number that gets the full colour.

    Signed: 0 is -most, 127 is 0, 254 is most. Else 0 is exactly 0, and 1 to 254 go from just above it to most.
    """
    strength = np.clip(maps / (most or 1.0), -1, 1)
    if signed:
        levels: NDArray[np.float64] = np.rint(127 + 127 * strength)
    else:
        levels = np.where(maps == 0, 0, 1 + np.rint(253 * strength))
    return levels.astype(np.uint8)


def palette(signed: bool) -> list[list[int]]:
    """Return (255, 3): red, green and blue of each level."""
    ends = np.array([_rgb(LIGHT.negative), _MIDDLE, _rgb(LIGHT.positive)])
    places = np.linspace(-1 if signed else 0, 1, 255)
    table = np.stack([np.interp(places, [-1, 0, 1], channel) for channel in ends.T], axis=-1)
    if not signed:
        table[0] = _rgb(CLEARED)
    return [[int(part) for part in colour] for colour in table.round()]


def strongest(maps: NDArray[np.float32]) -> float:
    """Return the 99.5th percentile of all sizes, which gets the full colour where many maps share a scale."""
    sample = np.abs(maps.ravel()[:: max(1, maps.size // 20_000)])
    return float(np.quantile(sample, 0.995)) or float(np.abs(maps).max())


def sheet(maps: NDArray[np.float32], signed: bool, side: int) -> tuple[Levels, int]:
    """Return all ``maps`` (K, h, w) side by side on one scale, at most ``side`` cells across, and the row's length."""
    columns = int(np.ceil(np.sqrt(len(maps))))
    step = max(1, -(-columns * (maps.shape[-1] + 1) // side))
    small = _shrink(maps, step)
    count, height, width = small.shape
    tiles = np.full((columns * -(-count // columns), height + 1, width + 1), BLANK, np.uint8)
    tiles[:count, :height, :width] = levels(small, signed, strongest(maps))
    rows = tiles.reshape(-1, columns, height + 1, width + 1).transpose(0, 2, 1, 3)
    return rows.reshape(-1, columns * (width + 1)), columns


def packed(painted: Levels) -> dict[str, Any]:
    """Return the levels as the browser paints them."""
    return {"height": painted.shape[0], "width": painted.shape[1], "levels": encoded(painted)}


def encoded(array: NDArray[Any]) -> str:
    """Return the bytes of ``array`` in base64."""
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def _shrink(maps: NDArray[np.float32], step: int) -> NDArray[np.float32]:
    """Return the mean of each ``step`` x ``step`` cells; what is left over at the far edges is dropped."""
    if step == 1:
        return maps
    height, width = (max(1, side // step) for side in maps.shape[1:])
    step = min(step, *maps.shape[1:])
    cut = maps[:, : height * step, : width * step]
    return np.asarray(cut.reshape(len(maps), height, step, width, step).mean((2, 4), dtype=np.float32))


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))
