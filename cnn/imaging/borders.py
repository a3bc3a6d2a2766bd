"""Trim uniform borders: letterbox bars and frames that a screen, a slide or a scanner put around a film.

The networks see a film squeezed to a square, so that a bar changes the shape of every lung. A line at the edge belongs
to the border where nearly all of it has the border's grey; a line with any anatomy in it never does.
"""

import numpy as np

from cnn.imaging.decoder_limits import MAX_ASPECT, MIN_SIDE

TOLERANCE = 0.04
"""Largest distance from the border's grey that is noise; a JPEG of middling quality stays below."""
_RELATIVE_TOLERANCE = 0.1  # the same as a share of the picture's range, for pictures of little contrast
MIN_SHARE = 0.08
"""Share of the height or width below which a border stays: films have such rims, and the networks know them."""
_STRAY_SHARE = 0.01  # of the pixels of a border's line, which may differ more: specks and JPEG ringing
_MAX_SAMPLES = 2048  # pixels of a line that are looked at, on an even grid
_ROUNDS = 4  # a frame around bars around a frame


def trim_border(grey: np.ndarray) -> tuple[np.ndarray, str, tuple[slice, slice]]:
    """Return greys (H, W) in 0..1 without their uniform border, a note, and the rows and columns that are left.

    The note is empty where nothing was trimmed.
    Nothing is trimmed where less than ``MIN_SIDE`` pixels or a strip would be left.
    """
    sample = grey[:: max(len(grey) // 256, 1), :: max(grey.shape[1] // 256, 1)]
    tolerance = min(TOLERANCE, _RELATIVE_TOLERANCE * float(np.ptp(np.percentile(sample, (1, 99)))))
    height, width = grey.shape
    whole = slice(height), slice(width)
    top, bottom, left, right = 0, height, 0, width
    for _ in range(_ROUNDS):
        inside = grey[top:bottom, left:right]
        above, below, before, after = (_count_uniform(lines, tolerance) for lines in _views(inside))
        if not above + below + before + after:
            break
        top, bottom, left, right = top + above, bottom - below, left + before, right - after
        if top >= bottom or left >= right:
            return grey, "", whole
    if max((top + height - bottom) / height, (left + width - right) / width) < MIN_SHARE:
        return grey, "", whole
    if (
        min(bottom - top, right - left) < MIN_SIDE
        or not 1 / MAX_ASPECT <= (bottom - top) / (right - left) <= MAX_ASPECT
    ):
        return grey, "", whole
    sides = zip(("top", "bottom", "left", "right"), (top, height - bottom, left, width - right), strict=True)
    lengths = ", ".join(f"{length} at the {side}" for side, length in sides if length)
    left_over = slice(top, bottom), slice(left, right)
    return np.ascontiguousarray(grey[left_over]), f"Trimmed a uniform border: pixels {lengths}.", left_over


def _views(grey: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the picture as lines from the top, from the bottom, from the left and from the right, without a copy."""
    down, across = (max(side // _MAX_SAMPLES, 1) for side in grey.shape)
    rows, columns = grey[:, ::across], grey[::down].T
    return rows, rows[::-1], columns, columns[::-1]


def _count_uniform(lines: np.ndarray, tolerance: float) -> int:
    """Return how many of ``lines`` (N, L) from the first have one grey, the same for all."""
    if not lines.size:
        return 0
    border = np.median(lines[0])
    allowed = _STRAY_SHARE * lines.shape[1]
    for number, line in enumerate(lines):
        if np.count_nonzero(np.abs(line - border) > tolerance) > allowed:
            return number
    return len(lines)
