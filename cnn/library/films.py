"""Read a film from whatever holds it."""

import hashlib
import os
from pathlib import Path

import numpy as np

from cnn.errors import ImageRejected
from cnn.imaging.borders import trim_border
from cnn.imaging.decoder_limits import Unreadable, check_size
from cnn.imaging.grayscale import Decoded, to_gray
from cnn.imaging.radiograph import MAX_BYTES, Radiograph, read_radiograph
from cnn.predict.files import read_regular_file

FilmSource = str | os.PathLike[str] | bytes | np.ndarray | Radiograph
"""A path, the bytes of a file, greys (H, W), or a film that is read already."""


def read(source: FilmSource, max_mb: int = MAX_BYTES // 2**20) -> Radiograph:
    """Read a chest radiograph: PNG, JPEG or DICOM from a path or bytes, or an array.

    Args:
        source: an array has greys (H, W), bright where bone is: whole numbers, or decimals from 0 to 1.
        max_mb: megabytes from which a file is not read.

    Raises:
        ImageRejected: it cannot be read; the sentence says why and what to do.
    """
    if isinstance(source, Radiograph):
        return source
    if isinstance(source, bytes):
        return read_radiograph(source, "the film", max_mb * 2**20)
    if isinstance(source, np.ndarray):
        return _from_array(source)
    path = Path(source)
    return read_radiograph(read_regular_file(path, max_mb * 2**20), path.name, max_mb * 2**20)


def _from_array(values: np.ndarray) -> Radiograph:
    try:
        grey, notes = to_gray(_declared(values))
        grey, trimmed, _ = trim_border(grey)
    except Unreadable as reason:
        raise ImageRejected(f"The array {reason}.") from None
    grey.flags.writeable = False
    digest = hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()
    return Radiograph(grey, "array", (*notes, trimmed) if trimmed else notes, digest, "array", None)


def _declared(values: np.ndarray) -> Decoded:
    """Return the array with its range, which its type declares."""
    if values.ndim != 2 or values.dtype.kind not in "uif":
        raise Unreadable(f"has shape {values.shape} and type {values.dtype}: give greys of shape (height, width)")
    check_size(values.shape[1], values.shape[0])
    if values.dtype.kind != "f":
        limits = np.iinfo(values.dtype)
        return Decoded(values, max(0, limits.min), limits.max)
    if not np.isfinite(values).all() or values.min() < 0 or values.max() > 1:
        raise Unreadable("holds decimals outside of 0 to 1: divide it by its largest possible value")
    return Decoded(values.astype(np.float32), 0, 1, stretch=False)
