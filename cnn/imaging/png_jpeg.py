"""Decode an uploaded PNG or JPEG, after its header was checked."""

import logging
import warnings
from typing import Literal

import numpy as np
from PIL import Image

from cnn.imaging.decoder_limits import MAX_PIXELS, LimitedReader, Unreadable, check_jpeg, check_png, check_size
from cnn.imaging.grayscale import Decoded

_UPRIGHT = {  # EXIF orientation -> how to turn the stored image upright (CIPA DC-008, tag 0x0112)
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Pillow's own warning of bombs has a higher limit than ours, and its other warnings and debug log quote the file.
warnings.filterwarnings("ignore", module=r"PIL\.")
logging.getLogger("PIL").setLevel(logging.WARNING)


def decode(data: bytes, kind: Literal["PNG", "JPEG"]) -> Decoded:
    """Decode a single PNG or JPEG of any mode and turn it upright.

    Raises:
        Unreadable: damaged, several images, or beyond the limits, judged from the header before decoding.
    """
    image = _open(data, kind)
    orientation = _orientation(image)
    notes = []
    high = 65535 if image.mode.startswith("I") else 255
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
    if orientation in _UPRIGHT:
        image = image.transpose(_UPRIGHT[orientation])
        notes.append(f"Turned upright, as the camera says (EXIF orientation {orientation}).")
    values = image if image.mode in ("RGB", "RGBA", "LA") else np.asarray(image)
    bit_depth, colour_type = data[24], data[25]  # of a PNG's IHDR; Pillow keeps 16 bits of pure grey only
    high_bytes_only = kind == "PNG" and bit_depth == 16 and colour_type != 0
    return Decoded(values, 0, high, tuple(notes), high_bytes_only=high_bytes_only)


def _open(data: bytes, kind: Literal["PNG", "JPEG"]) -> Image.Image:
    """Check the header, then decode the pixels."""
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
    except Exception:  # hostile pixels can make the library raise anything
        raise Unreadable("is cut off or damaged and cannot be decoded: save or export it again") from None
    return image


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:  # unreadable EXIF: the image is shown as it is stored, as every viewer does
        return 1
