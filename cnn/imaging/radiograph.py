"""Read a radiograph that a stranger uploaded: PNG, JPEG or DICOM bytes in, greys from 0 to 1 or one sentence out.

Nothing is believed: the first bytes decide the format, the header decides whether anything is decoded at all, and
nothing but pixels and the size of a pixel leaves this module. The order is that of the OWASP file upload and Pillow
security notes: byte limit, magic bytes, header, decode, orientation, grey.
"""

import hashlib
import math
import unicodedata
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from cnn.errors import ImageRejected
from cnn.imaging import png_jpeg
from cnn.imaging.borders import trim_border
from cnn.imaging.decoder_limits import Unreadable
from cnn.imaging.dicom.decode import decode as decode_dicom
from cnn.imaging.dicom.tags import looks_like_dicom
from cnn.imaging.grayscale import to_gray
from cnn.imaging.quiet import quiet_libraries
from cnn.text import one_line

MAX_BYTES = 40 * 1024 * 1024
_MAX_NAME = 60
_SAVE_AS_PNG = "open it in an image viewer and save it as PNG"
_SAVE_AS_JPEG = "share or export it from the phone as JPEG, or save it as PNG"

Kind = Literal["PNG", "JPEG", "DICOM"]
"""Formats that are read."""


@dataclass(frozen=True)
class Radiograph:
    """A radiograph as it is looked at: upright, grey, bone bright.

    Attributes:
        pixels: (H, W) float32, 0 black to 1 white, read-only; at least two greys, all finite.
        kind: format of the bytes, whatever the file name said; an array in memory has none.
        notes: what was done to the stored image, one short sentence each, in order.
        sha256: of the file's bytes, lower-case hex.
        name: the file's own name, fit to be shown.
        pixel_spacing_mm: (row, column) distance of pixel centres, where the file gives it.
        stored: (H, W) the file's own numbers for ``pixels``, before any table, window or inversion; None for colours.
    """

    pixels: np.ndarray = field(repr=False, compare=False)
    kind: Kind | Literal["array"]
    notes: tuple[str, ...]
    sha256: str
    name: str
    pixel_spacing_mm: tuple[float, float] | None
    stored: np.ndarray | None = field(default=None, repr=False, compare=False)


@quiet_libraries()
def read_radiograph(data: bytes, name: str, max_bytes: int = MAX_BYTES) -> Radiograph:
    """Read one uploaded file.

    Args:
        data: the whole file.
        name: the user's name for it; only shown, never trusted.
        max_bytes: size from which it is not even looked at.

    Raises:
        ImageRejected: with one sentence that names the file, the reason and what to do. Nothing else is raised.
    """
    safe_name = display_name(name)
    notes: tuple[str, ...] = ()
    step = "size" if len(data) > max_bytes else "format"
    try:
        kind = _detect_kind(data, max_bytes)
        step = "decode"
        decoded = decode_dicom(data) if kind == "DICOM" else png_jpeg.decode(data, kind)
        notes, step = decoded.notes, "greys"
        pixels, notes = to_gray(decoded)
        pixels, trimmed, region = trim_border(pixels)
    except Unreadable as reason:
        raise ImageRejected(f"%s {reason}.", safe_name, notes=notes, code=step) from None
    except MemoryError:
        advice = "needs more memory than there is: make it smaller first"
        raise ImageRejected(f"%s {advice}.", safe_name, code="memory") from None
    pixels.flags.writeable = False
    digest = hashlib.sha256(data).hexdigest()
    stored = None if decoded.stored is None else decoded.stored[region]
    notes = (*notes, trimmed) if trimmed else notes
    return Radiograph(pixels, kind, notes, digest, safe_name, decoded.pixel_spacing_mm, stored)


def shrunk(radiograph: Radiograph, max_pixels: int) -> Radiograph:
    """Return ``radiograph`` with the averages of blocks of pixels, so that at most ``max_pixels`` are left."""
    height, width = radiograph.pixels.shape
    times = math.ceil(math.sqrt(height * width / max_pixels))
    if times == 1:
        return radiograph
    height, width = height // times, width // times
    blocks = radiograph.pixels[: height * times, : width * times].reshape(height, times, width, times)
    pixels = blocks.mean((1, 3))
    pixels.flags.writeable = False
    spacing = radiograph.pixel_spacing_mm
    return replace(
        radiograph,
        pixels=pixels,
        notes=(*radiograph.notes, f"Averaged blocks of {times} × {times} pixels: the film is large."),
        pixel_spacing_mm=spacing and (spacing[0] * times, spacing[1] * times),
        stored=None,  # averages are in no file
    )


@quiet_libraries()
def read_colour_picture(data: bytes, name: str, side: int) -> NDArray[np.uint8]:
    """Read the middle square of a PNG or JPEG as ``side`` x ``side`` pixels in colour, (side, side, 3).

    Raises:
        ImageRejected: with one sentence that names the file, the reason and what to do.
    """
    safe_name = display_name(name)
    try:
        kind = _detect_kind(data)
        if kind == "DICOM":
            raise Unreadable("is a DICOM file, which has no colours: choose a PNG or JPEG")
        decoded = png_jpeg.decode(data, kind)
        image = decoded.values
        if not isinstance(image, Image.Image):
            image = Image.fromarray((255 * to_gray(decoded)[0]).round().astype(np.uint8))
    except Unreadable as reason:
        raise ImageRejected(f"%s {reason}.", safe_name) from None
    square = ImageOps.fit(image.convert("RGB"), (side, side), Image.Resampling.BOX)
    return np.asarray(square)


def display_name(name: str) -> str:
    """Return the last part of a file name, shortened, without control, markup or direction characters."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    safe = "".join(c if unicodedata.category(c)[0] in "LMN" or c in " ._-()+,=@&'" else "_" for c in last)
    safe = one_line(safe)
    if len(safe) > _MAX_NAME:
        safe = f"{safe[: _MAX_NAME - 13]}…{safe[-12:]}"
    return safe or "the file"


def _detect_kind(data: bytes, max_bytes: int = MAX_BYTES) -> Kind:
    if not data:
        raise Unreadable("is empty: save or export it again")
    if len(data) > max_bytes:
        megabytes, limit = len(data) / 2**20, max_bytes // 2**20
        raise Unreadable(f"has {megabytes:.1f} MB, and at most {limit} MB can be read: export it as PNG or smaller")
    signatures: dict[Kind, bool] = {
        "PNG": data.startswith(b"\x89PNG\r\n\x1a\n"),
        "JPEG": data.startswith(b"\xff\xd8\xff"),
        "DICOM": looks_like_dicom(data),
    }
    kinds = [kind for kind, present in signatures.items() if present]
    if not kinds:
        raise Unreadable(_describe_other_format(data))
    if len(kinds) > 1:
        raise Unreadable(f"is {' and '.join(kinds)} at once, which no honest program writes: export the picture again")
    return kinds[0]


def _describe_other_format(data: bytes) -> str:
    """Name a format that is not read, from its first bytes, and say how to convert it."""
    brand = data[8:12] if data[4:8] == b"ftyp" else b""
    for name, present, advice in (
        ("TIFF", data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), _SAVE_AS_PNG),
        ("WEBP", data.startswith(b"RIFF") and data[8:12] == b"WEBP", _SAVE_AS_PNG),
        ("AVIF", brand in (b"avif", b"avis"), _SAVE_AS_PNG),
        ("HEIC", brand in (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"), _SAVE_AS_JPEG),
        ("BMP", data.startswith(b"BM") and data[6:10] == bytes(4), _SAVE_AS_PNG),
        ("GIF", data[:6] in (b"GIF87a", b"GIF89a"), _SAVE_AS_PNG),
        ("JPEG 2000", data.startswith((b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  ")), _SAVE_AS_PNG),
        ("NIfTI", data[344:348] in (b"n+1\0", b"ni1\0") or data[4:8] == b"n+2\0", "export the radiograph as PNG"),
        ("gzip", data.startswith(b"\x1f\x8b"), "unpack it and, if it is NIfTI, export the radiograph as PNG"),
        ("PDF", data.startswith(b"%PDF-"), "save the radiograph in it as PNG"),
        ("ZIP", data.startswith(b"PK\x03\x04"), "unpack it and choose the radiograph in it"),
        ("MP4 or MOV", bool(brand), "save the one picture you mean as PNG"),
    ):
        if present:
            return f"is {name}, which is not read here: {advice}"
    return "is not a PNG, JPEG or DICOM file, whatever its name says: export the radiograph as one of these"
