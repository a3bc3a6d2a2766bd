"""Good files broken at random, and the oracle: a radiograph that keeps its promises, or one sentence.

``python -m tests.imaging.corpus.mutate --cases 20000`` tries many more than the test suite does, in one process of
600 MiB.
"""

import argparse
import faulthandler
import hashlib
import resource
import time
import unicodedata

import numpy as np
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from cnn.errors import ImageRejected
from cnn.imaging.decoder_limits import MAX_PIXELS, MIN_SIDE
from cnn.imaging.radiograph import Radiograph, display_name, read_radiograph
from tests.imaging.corpus import GOOD
from tests.imaging.corpus.build import PATIENT, with_crcs

MEMORY = 600 * 2**20
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
EDIT = st.tuples(
    st.sampled_from(["set", "flip", "cut", "repeat", "insert", "end"]),
    st.one_of(st.floats(0, 0.08), st.floats(0, 1)),  # most of what can go wrong stands at the beginning
    st.one_of(st.binary(min_size=1, max_size=8), st.sampled_from([b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff"])),
)


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


MUTATION = {
    "seed": st.sampled_from(SEEDS),
    "edits": st.lists(EDIT, min_size=1, max_size=6),
    "heal": st.booleans(),
}
"""What Hypothesis draws for :func:`mutated`."""


def mutated(seed: str, edits: list[tuple[str, float, bytes]], heal: bool) -> bytes:
    """The good file ``seed`` after ``edits``; a PNG to ``heal`` gets checksums that fit again."""
    data = edited(GOOD[seed]().data, edits)
    return with_crcs(data) if heal and seed.endswith("png") else data


def main() -> None:
    """Tries as many cases as asked for, and says what became of them; the first that breaks the oracle is raised."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    given_ = parser.parse_args()
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    read, refused, slowest = 0, 0, 0.0

    @seed(given_.seed)
    @settings(max_examples=given_.cases, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(**MUTATION)
    def attempt(**case: object) -> None:
        nonlocal read, refused, slowest
        data, started = mutated(**case), time.process_time()
        verdict = judge(data, str(case["seed"]))
        slowest = max(slowest, time.process_time() - started)
        read, refused = read + isinstance(verdict, Radiograph), refused + isinstance(verdict, str)

    attempt()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{read + refused} cases: {read} read, {refused} refused in a sentence, nothing else; "
        f"slowest {slowest:.2f} s, at most {memory:.0f} MiB"
    )


if __name__ == "__main__":
    main()
