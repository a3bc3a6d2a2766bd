"""Read a radiograph that a stranger uploaded: PNG, JPEG or DICOM bytes in, greys from 0 to 1 or one sentence out.

Nothing is believed: the first bytes decide the format, the header decides whether anything is decoded at all, and
nothing but pixels and the size of a pixel leaves this module. The order is that of the OWASP file upload and Pillow
security notes: byte cap, magic bytes, header, decode, orientation, grey.
"""

import hashlib
import logging
import unicodedata
import warnings
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from PIL import Image

from cnn.errors import ImageRejected
from cnn.imaging.decoder_limits import LimitedReader, check_jpeg, check_png
from cnn.imaging.dicom import decode_dicom
from cnn.imaging.grayscale import MAX_PIXELS, MIN_SIDE, Unreadable, check_size, grey_of_colour, scale_greys

__all__ = ["MAX_BYTES", "MAX_PIXELS", "MIN_SIDE", "Radiograph", "display_name", "read_radiograph"]

MAX_BYTES = 20 * 1024 * 1024
_MAX_NAME = 60

Kind = Literal["PNG", "JPEG", "DICOM"]

_UPRIGHT = {  # EXIF orientation -> how to turn the stored picture upright (CIPA DC-008, tag 0x0112)
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Pillow's own warning of bombs comes above our limit, and the others and its debug log quote the file.
warnings.filterwarnings("ignore", module=r"PIL\.")
logging.getLogger("PIL").setLevel(logging.WARNING)


@dataclass(frozen=True)
class Radiograph:
    """A picture as it is to be looked at: upright, grey, bone bright.

    Attributes:
        pixels: (H, W) float32, 0 black to 1 white, read-only; at least two greys, all finite.
        kind: what the bytes were, whatever the name said.
        notes: what was done to the stored picture, one short sentence each, in order.
        sha256: of the bytes as they came, lower-case hex.
        name: the file's own name, fit to be shown.
        pixel_spacing_mm: (row, column) distance of pixel centres, where the file says so.
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
        name: what the user calls it; only shown, never trusted.

    Raises:
        ImageRejected: with one sentence that names the file, the reason and what to do. Nothing else is raised.
    """
    shown = display_name(name)
    try:
        kind = _kind(data)
        if kind == "DICOM":
            grey, notes, spacing = decode_dicom(data)
        else:
            (grey, notes), spacing = _decode_picture(data, kind), None
        if _constant(grey):
            raise Unreadable("shows one single grey everywhere: choose a file with a picture in it")
    except Unreadable as reason:
        raise ImageRejected(f"“{shown}” {reason}.") from None
    except MemoryError:
        raise ImageRejected(f"“{shown}” needs more memory than there is: make it smaller first.") from None
    grey.flags.writeable = False
    return Radiograph(grey, kind, notes, hashlib.sha256(data).hexdigest(), shown, spacing)


def display_name(name: str) -> str:
    """The last part of a file name, bounded, without control, markup or direction characters."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    safe = "".join(c if unicodedata.category(c)[0] in "LMN" or c in " ._-()+,=@&'" else "_" for c in last).strip()
    if len(safe) > _MAX_NAME:
        safe = f"{safe[: _MAX_NAME - 13]}…{safe[-12:]}"
    return safe or "the file"


def _constant(grey: np.ndarray) -> bool:
    some = grey[::8, ::8]  # tells in a moment for nearly every picture
    return bool(some.min() == some.max() and grey.min() == grey.max())


def _kind(data: bytes) -> Kind:
    if not data:
        raise Unreadable("is empty: save or export it again")
    if len(data) > MAX_BYTES:
        raise Unreadable(
            f"has {len(data) / 2**20:.1f} MB, and at most {MAX_BYTES // 2**20} MB can be read: export it smaller"
        )
    found: list[Kind] = []
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        found.append("PNG")
    if data.startswith(b"\xff\xd8\xff"):
        found.append("JPEG")
    if data[128:132] == b"DICM":
        found.append("DICOM")
    if len(found) > 1:
        raise Unreadable(f"is {' and '.join(found)} at once, which no honest program writes: export the picture again")
    if not found:
        raise Unreadable(
            "is not a PNG, JPEG or DICOM file, whatever its name says: export the radiograph as one of these"
        )
    return found[0]


def _decode_picture(data: bytes, kind: Kind) -> tuple[np.ndarray, tuple[str, ...]]:
    (check_png if kind == "PNG" else check_jpeg)(data)
    try:
        image = Image.open(LimitedReader(data), formats=(kind,))  # reads the header only
        frames = getattr(image, "n_frames", 1)
    except Unreadable:
        raise
    except Image.DecompressionBombError:
        raise Unreadable(f"is far above {MAX_PIXELS // 1_000_000} million pixels: make it smaller first") from None
    except Exception:  # a hostile header can make the library raise anything
        raise Unreadable(f"has a damaged {kind} header: save or export it again") from None
    if frames > 1:
        raise Unreadable(f"holds {frames} pictures, and one is read: save the one you mean as a single picture")
    check_size(*image.size)
    try:
        image.load()
    except (Unreadable, MemoryError):
        raise
    except Exception:  # the same for its pixels
        raise Unreadable("is cut off or damaged and cannot be decoded: save or export it again") from None
    grey, notes = _grey_picture(image)
    if kind == "PNG" and data[24] == 16 and data[25] != 0:  # 16-bit colour or alpha: IHDR bit depth and colour type
        if np.ptp(grey) < 0.25:
            raise Unreadable("hides its greys in the low bits of a 16-bit colour PNG: save it as a 16-bit grey PNG")
        notes = (*notes, "Used the upper 8 of 16 bits, since the PNG has colour or transparency.")
    return grey, notes


def _grey_picture(image: Image.Image) -> tuple[np.ndarray, tuple[str, ...]]:
    """(H, W) float32 in 0..1, upright, from a decoded PNG or JPEG of any mode."""
    orientation = _orientation(image)
    notes: list[str] = []
    deep = image.mode.startswith("I")
    if image.mode == "CMYK":
        image = image.convert("RGB")
        notes.append("Turned printing inks (CMYK) into grey.")
    elif "transparency" in image.info and image.mode in ("P", "RGB", "L"):
        image = image.convert("LA" if image.mode == "L" else "RGBA")
    elif image.mode == "P":
        image = image.convert("RGB")
    elif image.mode == "1":
        image = image.convert("L")
        notes.append("The file has black and white only, no greys.")
    if image.mode in ("RGB", "RGBA", "LA"):
        image, more = grey_of_colour(image)
        notes += more
    if orientation in _UPRIGHT:
        image = image.transpose(_UPRIGHT[orientation])
        notes.append(f"Turned upright, as the camera says (EXIF orientation {orientation}).")
    grey, more = scale_greys(np.asarray(image), 0, 65535 if deep else 255)
    return grey, (*notes, *more)


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:  # unreadable EXIF: the picture is shown as it is stored, as every viewer does
        return 1
