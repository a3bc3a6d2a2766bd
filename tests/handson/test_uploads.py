"""A learner's own zip file: split by patient where it is good, one sentence where it is not."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping

import numpy as np
import pytest
from PIL import Image

from cnn.errors import UserError
from cnn.handson import uploads
from cnn.handson.preparation import prepare
from cnn.handson.settings import Settings
from cnn.handson.uploads import read_zip
from tests.support.tiny_dataset import picture

RNG = np.random.default_rng(0)


def png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def pack(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def films(classes: tuple[str, ...] = ("NORMAL", "PNEUMONIA"), count: int = 20, patients: int = 10) -> dict[str, bytes]:
    return {
        f"my films/{name}/p{number % patients}_{number}.png": png(picture(RNG, name == "PNEUMONIA"))
        for name in classes
        for number in range(count)
    }


def nine_times(pixels: np.ndarray) -> dict[str, bytes]:
    return dict.fromkeys((f"NORMAL/{number}_.png" for number in range(9)), png(pixels))


def huge_header() -> bytes:
    """A PNG of 10,000 x 10,000 pixels in a few bytes."""
    head = struct.pack(">IIBBBBB", 10_000, 10_000, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def test_own_films_are_split_by_patient_and_can_be_trained_on() -> None:
    film_set = read_zip(pack(films() | {"__MACOSX/NORMAL/._x.png": b"", "readme.txt": b"hello"}))
    parts = (film_set.train, film_set.validation, film_set.test)
    assert sum(len(part) for part in parts) == 40
    for part, other in ((0, 1), (0, 2), (1, 2)):
        assert not set(parts[part].patients) & set(parts[other].patients)
    assert all(min(part.counts) > 0 for part in parts)
    assert min(prepare(Settings(films=20), film_set).train.counts) > 0


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(
    ("data", "word"),
    [
        (lambda: b"no zip", "no zip file"),
        (lambda: pack(films())[:-50], "no zip file"),
        (lambda: pack({}), "NORMAL has none"),
        (lambda: pack(films(classes=("NORMAL",))), "PNEUMONIA has none"),
        (lambda: pack(films(classes=("CATS", "DOGS"))), "NORMAL has none"),
        (lambda: pack(films(patients=2)), "2 patients"),
        (lambda: pack(films(count=201)), "more than 400"),
        (lambda: pack({"NORMAL/bomb.png": bytes(50 * 2**20)}), "Unpacked"),
        (lambda: pack(films() | {"NORMAL/a_1.png": huge_header()}), "10,000 x 10,000"),
        (lambda: pack(films() | {"NORMAL/a_1.png": b"text"}), "not a PNG or JPEG"),
        (lambda: pack(films(), zipfile.ZIP_LZMA), "unusual way"),
        (lambda: pack({"NORMAL/\u00e9.png": b""}).replace("\u00e9".encode(), b"\xff\xff"), "no zip file"),
        (lambda: pack({f"notes/{number}": b"" for number in range(5001)}), "more than 5,000 files"),
        (lambda: pack(nine_times(np.zeros((4000, 4000), np.uint8))), "together"),
        (lambda: pack({"NORMAL/a_1.png": png(np.zeros((9, 900), np.uint8))}), "strip"),
        (lambda: pack(films() | {"NORMAL/a_1.png": png(np.full((9, 9, 3), (200, 30, 30), np.uint8))}), "colour"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_used_is_one_sentence(
    data: Callable[[], bytes], word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_WORK", 130_000_000)
    with pytest.raises(UserError) as caught:
        read_zip(data())
    assert word in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_large_zip_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_ZIP_BYTES", 10)
    with pytest.raises(UserError, match="larger than"):
        read_zip(pack(films()))


def test_films_of_16_bits_keep_their_greys() -> None:
    greys = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) * 16
    many = {f"{name}/{number}_.png": png(greys) for name in ("NORMAL", "PNEUMONIA") for number in range(15)}
    assert (read_zip(pack(many)).train.pixels[0] == greys >> 8).all()
