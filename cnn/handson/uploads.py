"""A learner's own films: a zip file with a folder for each class, in memory only, under limits.

Nothing that the archive says of itself is believed: what is unpacked is counted as it comes, and a picture's size is
read from its header before it is decoded.
"""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnn.cards import CLASSES
from cnn.errors import UserError
from cnn.handson.films import SIDE, Films, FilmSet
from cnn.imaging import decoder_limits, decoding_budget

MAX_ZIP_BYTES = 20 * 2**20
MAX_PICTURES = 400
MAX_PICTURE_BYTES = 4 * 2**20
MAX_BYTES = 80 * 2**20
"""Bytes of all pictures, unpacked."""
MAX_PIXELS = 16_000_000
MAX_WORK = 800_000_000
"""Pixels of all pictures, each times what is decoded of it: one pass, and one for each scan of a JPEG."""
MIN_PER_CLASS = 15
_MAX_ENTRIES = 5_000
"""Files and folders, used or not."""
_MAX_NAME = 100
"""Characters of a file's name that are kept."""
_COLOURED = 16
"""Mean difference of the channels, of 255, above which a picture is one in colour."""
_SHARES = (0.6, 0.2)
"""Of the patients, for training and for validation; the others are the test."""
_FORMAT = f"a zip file with two folders, {CLASSES[0]} and {CLASSES[1]}, of PNG or JPEG films"


def read_zip(data: bytes) -> FilmSet:
    """Return the films of a zip file, split by patient: what a file's name has before the first underscore.

    Raises:
        UserError: It cannot be used; the sentence says why and what to do.
    """
    if len(data) > MAX_ZIP_BYTES:
        raise UserError(f"The zip file is larger than {MAX_ZIP_BYTES // 2**20} MB: use smaller or fewer films.")
    if data.count(b"PK\x01\x02") > _MAX_ENTRIES:
        raise UserError(f"The zip file has more than {_MAX_ENTRIES:,} files: leave some out.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = list(_read_films(archive))
    except UserError:
        raise
    except Exception:  # a hostile archive can make the library raise anything
        raise UserError(f"This is no zip file that can be read: upload {_FORMAT}.") from None
    for label, name in enumerate(CLASSES):
        count = sum(found_label == label for _, found_label, _ in found)
        if count < MIN_PER_CLASS:
            raise UserError(
                f"Each class needs at least {MIN_PER_CLASS} films, and {name} has {count or 'none'}: upload {_FORMAT}."
            )
    return _split(found)


def _read_films(archive: zipfile.ZipFile) -> Iterator[tuple[str, int, NDArray[np.uint8]]]:
    """Yield name, label and greys (64, 64) of each picture in a folder with the name of a class."""
    total, count, work = 0, 0, 0
    for entry in archive.infolist():
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        folder = path.parent.name.upper()
        if entry.is_dir() or folder not in CLASSES or path.name.startswith("."):
            continue
        count += 1
        if count > MAX_PICTURES:
            raise UserError(f"The zip file has more than {MAX_PICTURES} films: leave some out.")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others ask for gigabytes at once
            raise UserError("%s is packed in an unusual way: make the zip file again without options.", path.name)
        with archive.open(entry) as file:
            data = file.read(MAX_PICTURE_BYTES + 1)
        total += len(data)
        if len(data) > MAX_PICTURE_BYTES or total > MAX_BYTES:
            raise UserError(
                f"Unpacked, a film may have {MAX_PICTURE_BYTES // 2**20} MB and all of them {MAX_BYTES // 2**20} MB, "
                "and %s is beyond that: make the films smaller.",
                path.name,
            )
        try:
            picture = _open(data, path.name)
            work += picture.width * picture.height * (1 + data.count(b"\xff\xda"))
            if work > MAX_WORK:
                raise UserError("The pictures have too many pixels together: make them smaller, 256 x 256 are plenty.")
            grey = _read_picture(data, picture, path.name)
        except UserError:
            raise
        except Exception:  # a hostile picture can make the library raise anything
            raise UserError("%s is not a PNG or JPEG picture that can be read: leave it out.", path.name) from None
        yield path.name[:_MAX_NAME], CLASSES.index(folder), grey


def _open(data: bytes, name: str) -> Image.Image:
    """Return a picture of which only the header was read."""
    picture = Image.open(io.BytesIO(data), formats=("PNG", "JPEG"))
    (decoder_limits.check_jpeg if picture.format == "JPEG" else decoder_limits.check_png)(data)
    size = f"%s has {picture.width:,} x {picture.height:,} pixels"
    if picture.width * picture.height > MAX_PIXELS:
        raise UserError(f"{size}, and at most {MAX_PIXELS:,} are read: make it smaller.", name)
    if max(picture.size) > decoder_limits.MAX_ASPECT * min(picture.size):
        raise UserError(f"{size}, a strip rather than a film: leave it out.", name)
    return picture


def _read_picture(data: bytes, picture: Image.Image, name: str) -> NDArray[np.uint8]:
    """Return a picture as greys (64, 64)."""
    with decoding_budget.reserve(data), closing(picture):
        picture.draft("RGB", (SIDE * 4, SIDE * 4))  # a JPEG is decoded at a fraction of its size
        if picture.mode.startswith("I"):  # 16 bits, which Pillow would clip to 8
            picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
        small = picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR, reducing_gap=3)
    colours = np.asarray(small, dtype=np.int16)
    if np.ptp(colours, axis=2).mean() > _COLOURED:
        raise UserError("%s is a picture in colour, and a film is grey: leave it out.", name)
    return np.asarray(small.convert("L"))


def _split(found: list[tuple[str, int, NDArray[np.uint8]]]) -> FilmSet:
    """Split by patient, in the order of a hash, so that each class has films everywhere."""
    names = np.array([name for name, _, _ in found], np.str_)
    labels = np.array([label for _, label, _ in found], np.int64)
    patients = np.array([f"{CLASSES[label]}-{name.partition('_')[0]}" for name, label, _ in found], np.str_)
    films = Films(np.stack([grey for *_, grey in found]), labels, patients, np.full(len(found), "", np.str_), names)
    parts = np.empty(len(films), np.intp)
    for label, name in enumerate(CLASSES):
        order = sorted(set(patients[labels == label]), key=lambda patient: hashlib.sha256(patient.encode()).digest())
        if len(order) < len(_SHARES) + 1:
            raise UserError(
                f"The films of {name} are of {len(order)} patients, and three at least are needed to split by patient: "
                "name files PATIENT_NUMBER, such as ann_1.png."
            )
        cuts = [max(number + 1, round(len(order) * sum(_SHARES[: number + 1]))) for number in range(len(_SHARES))]
        cuts[1] = min(cuts[1], len(order) - 1)
        for part, group in enumerate((order[: cuts[0]], order[cuts[0] : cuts[1]], order[cuts[1] :])):
            parts[np.isin(patients, group)] = part
    train, validation, test = (films.select(parts == part) for part in range(3))
    return FilmSet(train, validation, test, title=f"{len(films)} films of one's own")
