"""Decode an uploaded PNG or JPEG, after its header was checked."""

import re
import struct
import zlib
from typing import Literal

import numpy as np
from PIL import Image, ImageChops

from cnn.imaging.decoder_limits import (
    MAX_COLOUR_PIXELS,
    MAX_PIXELS,
    LimitedReader,
    Unreadable,
    check_jpeg,
    check_png,
    check_size,
)
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

_ONE_CHANNEL = ("1", "L", "I", "I;16", "I;16B", "I;16N")
_CUT_OFF = "is cut off or damaged and cannot be decoded: save or export it again"
_LOST_ROWS, _LOST_SHARE = 16, 0.02  # rows that may be missing: one row of blocks of a JPEG, or this share of the height
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type


def decode(data: bytes, kind: Literal["PNG", "JPEG"]) -> Decoded:
    """Decode a single PNG or JPEG of any mode and turn it upright.

    Raises:
        Unreadable: damaged, several images, or beyond the limits, judged from the header before decoding.
    """
    notes: list[str] = []
    image = _open(data, kind, notes)
    orientation = _orientation(image)
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
    stored = values if isinstance(values, np.ndarray) else None
    return Decoded(values, 0, high, tuple(notes), high_bytes_only=high_bytes_only, stored=stored)


def _open(data: bytes, kind: Literal["PNG", "JPEG"], notes: list[str]) -> Image.Image:
    """Check the header, then decode the pixels; append to ``notes`` what was left out or is missing."""
    (check_png if kind == "PNG" else check_jpeg)(data)
    image = _open_header(data, kind)
    frames = getattr(image, "n_frames", 1)
    if frames > 1:
        if image.format != "MPO" or not _is_second_smaller(data, image.size):
            raise Unreadable(f"holds {frames} pictures, and one is read: save the one you mean as a single picture")
        notes.append("Read the first picture; smaller ones behind it, as phones and cameras write, were left out.")
    check_size(*image.size, colour=kind == "PNG" and image.mode not in _ONE_CHANNEL)
    if _draft(image):
        notes.append(f"Read at half its size: it has colour and more than {MAX_COLOUR_PIXELS // 10**6} million pixels.")
    try:
        image.load()
    except (Unreadable, MemoryError):
        raise
    except Exception:  # hostile pixels can make the library raise anything
        return _load_cut_off(data, kind, notes)
    return image


def _draft(image: Image.Image) -> bool:
    """Have a large JPEG in colour decoded at half its size, which takes a quarter of the memory; return whether."""
    large = image.width * image.height > MAX_COLOUR_PIXELS and image.mode not in _ONE_CHANNEL
    if large and image.format != "PNG":
        image.draft(image.mode, (image.width // 2, image.height // 2))
        return True
    return False


def _open_header(data: bytes, kind: Literal["PNG", "JPEG"]) -> Image.Image:
    """Read the header only."""
    try:
        image = Image.open(LimitedReader(data), formats=(kind,))
        getattr(image, "n_frames", 1)
    except Unreadable:
        raise
    except Image.DecompressionBombError:
        raise Unreadable(f"is far above {MAX_PIXELS // 1_000_000} million pixels: make it smaller first") from None
    except Exception:  # a hostile header can make the library raise anything
        raise Unreadable(f"has a damaged {kind} header: save or export it again") from None
    return image


def _is_second_smaller(data: bytes, size: tuple[int, int]) -> bool:
    """Return whether the second picture of a JPEG has fewer pixels, as previews, depth and gain maps do."""
    image = _open_header(data, "JPEG")
    try:
        image.seek(1)
    except Unreadable:
        raise
    except Exception:  # the index points to nothing that could be mistaken for the picture
        return True
    return image.width * image.height < size[0] * size[1]


# -- files that were cut off -------------------------------------------------------------------------------------------


def _load_cut_off(data: bytes, kind: Literal["PNG", "JPEG"], notes: list[str]) -> Image.Image:
    """Decode a file whose last bytes are missing, if that costs the last rows only.

    Raises:
        Unreadable: more is missing, or the file is damaged otherwise.
    """
    try:
        image, lost = (_complete_png if kind == "PNG" else _complete_jpeg)(data)
    except (Unreadable, MemoryError):
        raise
    except Exception:  # hostile bytes can make the libraries raise anything
        raise Unreadable(_CUT_OFF) from None
    if lost > max(_LOST_SHARE * image.height, min(_LOST_ROWS, image.height / 10)):
        raise Unreadable(_CUT_OFF)
    rows = f"the last {lost} of {image.height} rows are lost" if lost else "no row is lost"
    notes.append(f"The file is cut off at its end: {rows}.")
    return image


def _complete_jpeg(data: bytes) -> tuple[Image.Image, int]:
    """Return the picture, and how many rows depend on the bytes that are missing.

    It is decoded with two different ends: what differs between the two is made of the ends.
    """
    stream = data.rstrip(b"\xff")
    if not _has_all_coefficients(stream):
        raise Unreadable(_CUT_OFF)
    images = []
    for end in (b"\xff\xd9", b"\x5a\xa5" * 32 + b"\xff\xd9"):
        image = _open_header(stream + end, "JPEG")
        _draft(image)
        image.load()
        images.append(image)
    box = ImageChops.difference(*(image.convert("L") for image in images)).getbbox()
    return images[0], images[0].height - box[1] if box else 0


def _has_all_coefficients(stream: bytes) -> bool:
    """Return whether the scans of a JPEG reach the last bit of all coefficients of its first component (T.81 B.2.3)."""
    finest, offset, first = [16] * 64, 2, 0
    while match := re.compile(rb"\xff[\xc0-\xcf\xda-\xfe]").search(stream, offset):
        marker, segment = match[0][1], stream[match.end() + 2 : match.end() + int.from_bytes(stream[match.end() :][:2])]
        offset = match.end() + 2 + len(segment)
        if marker in (0xC0, 0xC1, 0xC2):
            first = segment[6]
        elif marker == 0xDA and first in segment[1 : 1 + 2 * segment[0] : 2]:
            start, end, bits = segment[-3:]
            finest[start : end + 1] = [bits & 15] * (end + 1 - start)
    return not any(finest)


def _complete_png(data: bytes) -> tuple[Image.Image, int]:
    """Return the picture with black rows for those that are missing, and how many these are."""
    width, height, depth, colour = struct.unpack(">IIBB", data[16:26])
    interlaced = data[28]
    header, packed, offset = b"", b"", 8
    while offset + 8 < len(data):
        length, name = int.from_bytes(data[offset : offset + 4]), data[offset + 4 : offset + 8]
        if name == b"IDAT":
            packed += data[offset + 8 : offset + 8 + length]
        elif not packed:
            header += data[offset : offset + 12 + length]
        offset += 12 + length
    if offset <= len(data) or interlaced:  # then it is not the end that is missing
        raise Unreadable(_CUT_OFF)
    line = 1 + (width * depth * _PNG_CHANNELS[colour] + 7) // 8
    raw = zlib.decompressobj().decompress(packed, height * line)
    complete = len(raw) // line
    whole = zlib.compress(raw[: complete * line] + bytes((height - complete) * line), 1)
    image = _open_header(data[:8] + header + _png_chunk(b"IDAT", whole) + _png_chunk(b"IEND", b""), "PNG")
    image.load()
    return image, height - complete


def _png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:  # unreadable EXIF: the image is shown as it is stored, as every viewer does
        return 1
