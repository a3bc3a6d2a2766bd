"""Every way to store a grey: bits x transfer syntax x sign x photometric x window, against numpy by hand."""

from collections.abc import Callable
from functools import cache
from itertools import product

import numpy as np
import pytest
from pydicom import uid

from cnn.imaging.radiograph import read_radiograph
from tests.imaging.corpus.build import (
    compressed,
    dicom,
    jpeg_2000,
    jpeg_lossless,
    jpeg_ls_stream,
    picture,
    rle,
)

# Bits allocated, bits stored, high bit, bit of a declared overlay.
LAYOUTS = (
    *((8, 8, 7, 0), (8, 6, 7, 0), (8, 7, 6, 0), (16, 16, 15, 0), (16, 12, 11, 0), (16, 12, 15, 0)),
    *((16, 10, 13, 0), (16, 15, 15, 0), (16, 14, 15, 0), (16, 9, 8, 0), (16, 12, 11, 15)),
)
ENCODERS: dict[uid.UID, Callable[[np.ndarray], bytes] | None] = {
    uid.ImplicitVRLittleEndian: None,
    uid.ExplicitVRLittleEndian: None,
    uid.ExplicitVRBigEndian: None,
    uid.RLELossless: rle,
    uid.JPEGLosslessSV1: lambda words: jpeg_lossless(words, 8 * words.itemsize),
    uid.JPEGLSLossless: lambda words: jpeg_ls_stream(words, 8 * words.itemsize),
    uid.JPEG2000Lossless: jpeg_2000,
}


def _linear(values: np.ndarray, centre: float, width: float) -> np.ndarray:
    return np.clip((values - (centre - 0.5)) / (width - 1) + 0.5, 0, 1)


def _exact(values: np.ndarray, centre: float, width: float) -> np.ndarray:
    return np.clip((values - centre) / width + 0.5, 0, 1)


def _sigmoid(values: np.ndarray, centre: float, width: float) -> np.ndarray:
    return 1 / (1 + np.exp(-4 * (values - centre) / width))


def window(kind: str, low: float, high: float) -> tuple[dict[str, object], Callable[[np.ndarray], np.ndarray]]:
    """The tags of a window for stored values from low to high, and what it makes of them."""
    centre, width = float(np.floor(low + 0.45 * (high - low))), float(np.ceil(0.8 * (high - low)))
    tags: dict[str, object] = {"WindowCenter": centre, "WindowWidth": width}

    def full(values: np.ndarray) -> np.ndarray:
        return (values - low) / (high - low)

    match kind:
        case "none":
            return {}, full
        case "linear":
            return tags, lambda values: _linear(values, centre, width)
        case "exact":
            return tags | {"VOILUTFunction": "LINEAR_EXACT"}, lambda values: _exact(values, centre, width)
        case "sigmoid":
            return tags | {"VOILUTFunction": "SIGMOID"}, lambda values: _sigmoid(values, centre, width)
        case "second":
            tags = {"WindowCenter": [0, centre], "WindowWidth": [0, width]}
            return tags, lambda values: _linear(values, centre, width)
        case "placeholder":
            return {"WindowCenter": high + 9, "WindowWidth": 1}, full
        case "rescaled":
            tags = {"WindowCenter": 2 * centre - 100, "WindowWidth": 2 * width, "RescaleSlope": 2}
            tags["RescaleIntercept"] = -100
            return tags, lambda values: _linear(2 * values - 100, 2 * centre - 100, 2 * width)
        case _:  # narrow
            slope = 0.25 / width
            tags = {"WindowCenter": f"{centre * slope:.9f}", "WindowWidth": 0.25, "RescaleIntercept": 0}
            tags["RescaleSlope"] = f"{slope:.12f}"
            return tags, lambda values: _exact(values * slope, centre * slope, 0.25)


WINDOWS = ("none", "linear", "exact", "sigmoid", "second", "placeholder", "rescaled", "narrow")
"""Each is tried where values are stored plainly; behind a decoder, which knows nothing of them, the first two are."""


@cache
def stored(layout: tuple[int, int, int, int], signed: bool) -> tuple[np.ndarray, np.ndarray]:
    """Values (64, 64) of all bits stored, and the unsigned words that hold them."""
    allocated, bits, high, overlay = layout
    values = picture(bits, 64, 64).astype(np.int64) - (1 << (bits - 1)) * signed
    words = (values & ((1 << bits) - 1)) << (high + 1 - bits)
    if overlay:
        words[20:40, 20:40] |= 1 << overlay
    return values, words.astype(np.uint8 if allocated == 8 else np.uint16)


@cache
def frame(layout: tuple[int, int, int, int], signed: bool, syntax: uid.UID) -> bytes:
    encode = ENCODERS[syntax]
    return encode(stored(layout, signed)[1]) if encode else b""


@pytest.mark.parametrize("syntax", ENCODERS, ids=lambda syntax: syntax.keyword)
def test_every_way_to_store_a_grey(syntax: uid.UID) -> None:
    wrong, windows = [], WINDOWS[:2] if ENCODERS[syntax] else WINDOWS
    for layout, signed, kind in product(LAYOUTS, (False, True), windows):
        _allocated, bits, high_bit, overlay = layout
        values, words = stored(layout, signed)
        low = -(1 << (bits - 1)) if signed else 0
        tags, to_grey = window(kind, low, low + (1 << bits) - 1)
        tags |= {"BitsStored": bits, "HighBit": high_bit, "PixelRepresentation": int(signed)}
        encoded = frame(layout, signed, syntax)
        arguments = {"overlay_bit": overlay, **tags}
        data = compressed(words, syntax, encoded, **arguments) if encoded else dicom(words, syntax, **arguments)
        expected = to_grey(values)
        for photometric, greys in ((b"MONOCHROME2", expected), (b"MONOCHROME1", 1 - expected)):
            film = read_radiograph(data.replace(b"MONOCHROME2", photometric), "film.dcm")
            if np.abs(film.pixels - greys).max() > 1 / 255 or not np.array_equal(film.stored, values):
                wrong.append((layout, signed, kind, photometric, film.notes))
    assert not wrong
