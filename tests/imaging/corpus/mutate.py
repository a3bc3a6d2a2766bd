"""Good files broken at random, and the oracle: a radiograph that keeps its promises, or one sentence.

``python -m tests.performance.mutated_uploads`` tries many more than the test suite does.
"""

import hashlib
import random
import time
import unicodedata
from functools import cache

import numpy as np

from cnn.errors import ImageRejected
from cnn.imaging.decoder_limits import MAX_PIXELS, MIN_SIDE
from cnn.imaging.radiograph import Radiograph, display_name, read_radiograph
from tests.imaging.corpus import GOOD
from tests.imaging.corpus.build import PATIENT, with_crcs

SECONDS = 3


def judge(data: bytes, name: str = "film.png") -> Radiograph | str:
    """The oracle: a radiograph that keeps its promises or one sentence that names the file; all else fails."""
    started, refusal = time.process_time(), None
    try:
        film = read_radiograph(data, name)
    except ImageRejected as error:
        refusal = error
    assert time.process_time() - started < SECONDS
    if refusal:
        said = str(refusal)
        shown = f"“{display_name(name)}” "
        assert said.startswith(shown)
        rest = said.removeprefix(shown)
        assert rest.endswith(".")
        assert ". " not in rest, "one sentence"
        assert not any(unicodedata.category(c)[0] == "C" for c in said)
        assert PATIENT not in said
        assert refusal.__cause__ is None
        assert refusal.__suppress_context__
        return said
    pixels = film.pixels
    assert pixels.dtype == np.float32
    assert pixels.ndim == 2
    assert min(pixels.shape) >= MIN_SIDE
    assert pixels.size <= MAX_PIXELS
    assert np.isfinite(pixels).all()
    assert pixels.min() >= 0
    assert pixels.max() <= 1
    assert pixels.min() < pixels.max()
    assert not pixels.flags.writeable
    assert film.kind in ("PNG", "JPEG", "DICOM")
    assert all(note.endswith(".") and "\n" not in note and len(note) < 120 for note in film.notes)
    assert film.sha256 == hashlib.sha256(data).hexdigest()
    assert PATIENT not in repr(film)
    return film


SEEDS = [
    "8-bit grey.png",
    "palette with a hole.png",
    "16-bit.png",
    "interlaced.png",
    "colour and alpha.png",
    "progressive.jpg",
    "cmyk.jpg",
    "exif 6.jpg",
    "ImplicitVRLittleEndian 16.dcm",
    "ExplicitVRBigEndian 8.dcm",
    "jpeg baseline.dcm",
    "jpeg lossless.dcm",
    "jpeg-ls.dcm",
    "jpeg 2000.dcm",
    "rle 16.dcm",
    "voi lut.dcm",
    "modality lut, signed.dcm",
    "padding, monochrome1.dcm",
    "colour table in greys.dcm",
    "window after rescale.dcm",
]
EDITS = ("set", "flip", "cut", "repeat", "insert", "end")
BYTES = (b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"PK\x01\x02", b"=")


def edited(data: bytes, edits: list[tuple[str, float, bytes]]) -> bytes:
    for kind, place, value in edits:
        at = int(place * max(len(data) - 1, 0))
        match kind:
            case "set":
                data = data[:at] + value + data[at + len(value) :]
            case "flip":
                data = data[:at] + bytes([data[at] ^ (1 << value[0] % 8)]) + data[at + 1 :] if data else data
            case "cut":
                data = data[:at] + data[at + 16 * value[0] :]
            case "repeat":
                data = data[:at] + data[at : at + 16 * value[0]] * 2 + data[at + 16 * value[0] :]
            case "insert":
                data = data[:at] + value + data[at:]
            case _:
                data = data[:at]
    return data


def broken(data: bytes, chance: random.Random) -> bytes:
    """Return ``data`` after one edit or a few, most of them near its beginning or end."""
    edits = []
    for _ in range(chance.choice((1, 1, 1, 2, 6))):
        place = chance.choice((chance.uniform(0, 0.08), chance.random(), chance.uniform(0.92, 1)))
        edits.append((chance.choice(EDITS), place, chance.choice((*BYTES, chance.randbytes(chance.randint(1, 8))))))
    return edited(data, edits)


def broken_film(name: str, chance: random.Random) -> bytes:
    """Return a good file that is broken; half of the PNG get checksums that fit again."""
    data = broken(good_data(name), chance)
    return with_crcs(data) if name.endswith("png") and chance.random() < 0.5 else data


@cache
def good_data(name: str) -> bytes:
    """Return the bytes of a good file."""
    return GOOD[name]().data
