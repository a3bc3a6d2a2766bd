"""Whether two screenshots look the same to somebody who glances at them: blocks of colour and of ink, not pixels.

A page is kept small, as a thumbnail. Two thumbnails are compared block by block, 32 pixels of the page to a side: by
the mean of each colour, and by the ink in it, which is how much its pixels differ from their mean. Antialiasing,
another number in a sentence or a layout that is a few pixels off change neither much. A figure that is missing, a role
that has another colour, and a block that has moved, do.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SHRINK = 4
"""Pixels of the page to a pixel of its thumbnail."""
BLOCK = 8
"""Pixels of the thumbnail to the side of a block."""
COLOUR, INK = 14.0, 12.0
"""How far the mean colour and the ink of a block may move, of 255."""
NEAR = 2
"""Pixels of the thumbnail by which a block may have moved up or down."""
FEW = 6
"""So many blocks together may differ: a cursor, a number in large print."""
LONGER = 8
"""Pixels of the thumbnail by which a page may have become longer or shorter."""


@dataclass(frozen=True)
class Difference:
    """What differs: in words, "" if nothing worth mentioning; and the blocks (rows, columns) that do."""

    said: str
    blocks: NDArray[np.bool_]

    def __bool__(self) -> bool:
        return bool(self.said)


def thumbnail(page: Image.Image) -> Image.Image:
    """``page`` at a fourth of its size, in colour."""
    width, height = page.size
    size = (max(1, width // SHRINK), max(1, height // SHRINK))
    return page.convert("RGB").resize(size, Image.Resampling.BOX)


def compare(before: Image.Image, after: Image.Image) -> Difference:
    """Two thumbnails, each block of the first with what lies there, or a little above or below, in the second."""
    old, new = (np.asarray(one.convert("RGB"), dtype=np.float64) for one in (before, after))
    if old.shape[1] != new.shape[1]:
        return Difference(f"{old.shape[1]} pixels wide before, {new.shape[1]} now", np.ones((1, 1), bool))
    longer = len(new) - len(old)
    rows = min(len(old), len(new))
    best = np.full(_blocks(old[:rows]).shape[:2], np.inf)
    for shift in range(-NEAR, NEAR + 1):
        moved = np.pad(new[:rows], ((NEAR, NEAR), (0, 0), (0, 0)), mode="edge")[NEAR + shift : NEAR + shift + rows]
        apart = np.abs(_blocks(old[:rows]) - _blocks(moved)) / ([COLOUR] * 3 + [INK])
        best = np.minimum(best, apart.max(-1))
    differ = best > 1
    if abs(longer) > LONGER:
        return Difference(f"{SHRINK * abs(longer)} pixels {'longer' if longer > 0 else 'shorter'}", differ)
    largest = _largest_group(differ)
    return Difference(f"{largest} neighbouring blocks look different" if largest > FEW else "", differ)


def marked(after: Image.Image, difference: Difference) -> Image.Image:
    """The thumbnail with all that differs in red."""
    picture = np.asarray(after.convert("RGB")).copy()
    mask = np.kron(difference.blocks, np.ones((BLOCK, BLOCK), bool))[: picture.shape[0], : picture.shape[1]]
    shown = picture[: mask.shape[0], : mask.shape[1]]
    shown[mask] = shown[mask] // 2 + np.array([127, 0, 0], dtype=np.uint8)
    return Image.fromarray(picture)


def _blocks(picture: NDArray[np.float64]) -> NDArray[np.float64]:
    """(rows, columns, 4): mean red, green and blue of each block, and its ink. What is left at the edges is cut off."""
    rows, columns = (side // BLOCK for side in picture.shape[:2])
    tiles = picture[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK, 3)
    mean = tiles.mean((1, 3))
    ink = np.abs(tiles - mean[:, None, :, None]).mean((1, 3, 4))
    return np.concatenate([mean, ink[..., None]], axis=-1)


def _largest_group(differ: NDArray[np.bool_]) -> int:
    """How many blocks hang together in the largest patch, corners included."""
    todo, largest = {(int(row), int(column)) for row, column in np.argwhere(differ)}, 0
    while todo:
        size, edge = 0, [todo.pop()]
        while edge:
            row, column = edge.pop()
            size += 1
            beside = {(row + down, column + right) for down in (-1, 0, 1) for right in (-1, 0, 1)} & todo
            todo -= beside
            edge.extend(beside)
        largest = max(largest, size)
    return largest
