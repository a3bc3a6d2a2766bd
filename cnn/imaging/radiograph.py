"""Read a radiograph that a stranger uploaded: PNG, JPEG or DICOM bytes in, greys from 0 to 1 or one sentence out.

Nothing is believed: the first bytes decide the format, the header decides whether anything is decoded at all, and
nothing but pixels and the size of a pixel leaves this module. The order is that of the OWASP file upload and Pillow
security notes: byte limit, magic bytes, header, decode, orientation, grey.
"""

import hashlib
import unicodedata
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from cnn.errors import ImageRejected
from cnn.imaging import dicom, png_jpeg
from cnn.imaging.decoder_limits import Unreadable
from cnn.imaging.dicom_tags import looks_like_dicom
from cnn.imaging.grayscale import to_gray

MAX_BYTES = 20 * 1024 * 1024
_MAX_NAME = 60

Kind = Literal["PNG", "JPEG", "DICOM"]


@dataclass(frozen=True)
class Radiograph:
    """A radiograph as it is looked at: upright, grey, bone bright.

    Attributes:
        pixels: (H, W) float32, 0 black to 1 white, read-only; at least two greys, all finite.
        kind: format of the bytes, whatever the file name said.
        notes: what was done to the stored image, one short sentence each, in order.
        sha256: of the file's bytes, lower-case hex.
        name: the file's own name, fit to be shown.
        pixel_spacing_mm: (row, column) distance of pixel centres, where the file gives it.
    """

    pixels: np.ndarray = field(repr=False, compare=False)
    kind: Kind
    notes: tuple[str, ...]
    sha256: str
    name: str
    pixel_spacing_mm: tuple[float, float] | None


def read_radiograph(data: bytes, name: str) -> Radiograph:
    """Read one uploaded file.

    Args:
        data: the whole file.
        name: the user's name for it; only shown, never trusted.

    Raises:
        ImageRejected: with one sentence that names the file, the reason and what to do. Nothing else is raised.
    """
    safe_name = display_name(name)
    try:
        kind = _detect_kind(data)
        decoded = dicom.decode(data) if kind == "DICOM" else png_jpeg.decode(data, kind)
        pixels, notes = to_gray(decoded)
    except Unreadable as reason:
        raise ImageRejected(f"“{safe_name}” {reason}.") from None
    except MemoryError:
        raise ImageRejected(f"“{safe_name}” needs more memory than there is: make it smaller first.") from None
    pixels.flags.writeable = False
    digest = hashlib.sha256(data).hexdigest()
    return Radiograph(pixels, kind, notes, digest, safe_name, decoded.pixel_spacing_mm)


def display_name(name: str) -> str:
    """Return the last part of a file name, shortened, without control, markup or direction characters."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    safe = "".join(c if unicodedata.category(c)[0] in "LMN" or c in " ._-()+,=@&'" else "_" for c in last).strip()
    if len(safe) > _MAX_NAME:
        safe = f"{safe[: _MAX_NAME - 13]}…{safe[-12:]}"
    return safe or "the file"


def _detect_kind(data: bytes) -> Kind:
    if not data:
        raise Unreadable("is empty: save or export it again")
    if len(data) > MAX_BYTES:
        megabytes, limit = len(data) / 2**20, MAX_BYTES // 2**20
        raise Unreadable(f"has {megabytes:.1f} MB, and at most {limit} MB can be read: export it smaller")
    signatures: dict[Kind, bool] = {
        "PNG": data.startswith(b"\x89PNG\r\n\x1a\n"),
        "JPEG": data.startswith(b"\xff\xd8\xff"),
        "DICOM": looks_like_dicom(data),
    }
    kinds = [kind for kind, present in signatures.items() if present]
    if not kinds:
        raise Unreadable(
            "is not a PNG, JPEG or DICOM file, whatever its name says: export the radiograph as one of these"
        )
    if len(kinds) > 1:
        raise Unreadable(f"is {' and '.join(kinds)} at once, which no honest program writes: export the picture again")
    return kinds[0]
