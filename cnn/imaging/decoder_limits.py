"""Limits on a file, checked by its headers before a decoder runs.

Size alone does not bound the work: a small file may ask a decoder for thousands of passes over the image, millions of
header segments, or blocks of a few pixels. Encoders of radiographs stay far below the limits set here.
"""

import re
from io import BytesIO
from typing import NamedTuple

from typing_extensions import override

MAX_PIXELS = 40_000_000
MAX_COLOUR_PIXELS = 16_000_000  # a radiograph is grey: colour is a photo of it, or how a viewer saved it
MIN_SIDE = 64
MAX_ASPECT = 10  # the longest films (whole spine, whole leg) are about 1 : 4
MAX_READS = 50_000  # of header parts; a file of 40 MB in parts of 4 KB takes about 30,000
MAX_SCANS = 50  # of a JPEG; progressive encoders write about ten
MAX_SEGMENTS = 2_000  # of a JPEG, scans included
MAX_TILES = 4_096  # of a JPEG 2000
MAX_LAYERS = 32  # quality layers of a JPEG 2000

DAMAGED = "is damaged: save or export it again"
CUT_OFF = "is cut off"
TOO_MANY_PARTS = "is built of far more parts than a radiograph needs: save or export it again"
_COMPRESSED = " in its compressed picture: copy or export it again"

_JPEG_MARKER = re.compile(rb"\xff[\x80-\xcf\xd8-\xfe]")  # neither stuffed data, a restart nor a fill byte
_START, _END, _SCAN, _FRAME_LS = 0xD8, 0xD9, 0xDA, 0xF7


class Unreadable(Exception):
    """Why a file cannot be read, worded to follow its name: ``is empty: save or export it again``."""


class Codestream(NamedTuple):
    """What the header of a compressed image declares; ``precision`` in bits."""

    width: int
    height: int
    components: int
    precision: int
    signed: bool = False


class LimitedReader(BytesIO):
    """A file in memory that can be read in at most ``MAX_READS`` pieces, because parsers spend time on each."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._reads_left = MAX_READS

    @override
    def read(self, size: int | None = -1, /) -> bytes:
        self._reads_left -= 1
        if self._reads_left < 0:
            raise Unreadable(TOO_MANY_PARTS)
        return super().read(size)


def check_size(width: int, height: int, *, colour: bool = False) -> None:
    """Check the declared size of an image in pixels, before any of them is decoded.

    Raises:
        Unreadable: more than ``MAX_PIXELS``, or ``MAX_COLOUR_PIXELS`` with several channels, a side under ``MIN_SIDE``
            or over ``MAX_ASPECT`` times the other.
    """
    size = f"is {width} × {height} pixels"
    if colour and MAX_COLOUR_PIXELS < width * height <= MAX_PIXELS:
        limit = f"at most {MAX_COLOUR_PIXELS // 1_000_000} million can be read in colour or with transparency"
        raise Unreadable(f"{size}, and {limit}: save it in greys, or make it smaller first")
    if width * height > MAX_PIXELS:
        raise Unreadable(f"{size}, and at most {MAX_PIXELS // 1_000_000} million can be read: make it smaller first")
    if min(width, height) < MIN_SIDE:
        raise Unreadable(f"{size}, and each side must have at least {MIN_SIDE}: use the picture at its full size")
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise Unreadable(f"{size}, a strip rather than a radiograph: use the whole picture")


def check_png(data: bytes) -> None:
    """Check that a PNG has at most one colour profile, as the standard says: each may unpack to a megabyte.

    Raises:
        Unreadable: several colour profiles.
    """
    if data.count(b"iCCP") > 1:
        raise Unreadable(TOO_MANY_PARTS)


def check_jpeg(stream: bytes) -> Codestream:
    """Return the declared size and precision of a JPEG or JPEG-LS stream (ITU-T T.81 B.1, B.2; T.87 C.2).

    Raises:
        Unreadable: no or several frames, or more scans and segments than the limits.
    """
    offset, scans, frames, jpeg_ls = 2, 0, list[Codestream](), False
    for _ in range(MAX_SEGMENTS):
        match = _JPEG_MARKER.search(stream, offset)
        if match is None or stream[match.start() + 1] == _END:
            # A decoder notices a missing end by itself, but the one of JPEG-LS may search for seconds.
            if len(frames) != 1 or (match is None and jpeg_ls):
                raise Unreadable(DAMAGED)
            return frames[0]
        offset, marker = match.end(), stream[match.start() + 1]
        if marker == _START:
            continue
        if marker == _FRAME_LS or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            jpeg_ls |= marker == _FRAME_LS
            height, width = _number(stream, offset + 3, 2), _number(stream, offset + 5, 2)
            frames.append(Codestream(width, height, _number(stream, offset + 7, 1), _number(stream, offset + 2, 1)))
        scans += marker == _SCAN
        if scans > MAX_SCANS:
            break
        offset += _number(stream, offset, 2)
    raise Unreadable(TOO_MANY_PARTS)


def check_jpeg_2000(stream: bytes) -> Codestream:
    """Return the declared size and precision of a bare JPEG 2000 codestream (ITU-T T.800 annex A).

    Raises:
        Unreadable: no codestream, cut off, or more tiles, layers or smaller blocks than the limits.
    """
    if not stream.startswith(b"\xff\x4f\xff\x51"):
        raise Unreadable(DAMAGED)
    right, bottom, left, top, tile_width, tile_height = (_number(stream, 8 + 4 * i, 4) for i in range(6))
    if min(tile_width, tile_height) < 1 or -(-right // tile_width) * -(-bottom // tile_height) > MAX_TILES:
        raise Unreadable(TOO_MANY_PARTS)
    components = _number(stream, 40, 2)
    offset = tile = 2
    for _ in range(8 * MAX_TILES):
        marker, length = _number(stream, offset, 2), _number(stream, offset + 2, 2)
        if marker in (0xFFD9, 0x0000):  # the end, or past it
            break
        if marker == 0xFF52:  # coding style
            if _number(stream, offset + 6, 2) > MAX_LAYERS:
                raise Unreadable(TOO_MANY_PARTS)
            _check_blocks(stream[offset + 4 : offset + 5], stream[offset + 9 : offset + 2 + length])
        elif marker == 0xFF53:  # coding style of one component, whose number takes one byte or two
            style = offset + (5 if components < 257 else 6)
            _check_blocks(stream[style : style + 1], stream[style + 1 : offset + 2 + length])
        elif marker == 0xFF90:  # tile part
            tile = offset
        elif marker == 0xFF93:  # data of the tile part
            tile_length = _number(stream, tile + 6, 4)
            if tile_length == 0:  # up to the end of the stream
                if not stream.rstrip(b"\0").endswith(b"\xff\xd9"):
                    raise Unreadable(CUT_OFF + _COMPRESSED)
                break
            offset = tile + max(tile_length, 14)
            if offset > len(stream):
                raise Unreadable(CUT_OFF + _COMPRESSED)
            continue
        offset += 2 + max(length, 2)
    else:
        raise Unreadable(TOO_MANY_PARTS)
    depth = _number(stream, 42, 1)
    return Codestream(right - left, bottom - top, components, (depth & 0x7F) + 1, depth > 0x7F)


def _number(stream: bytes, offset: int, size: int) -> int:
    return int.from_bytes(stream[offset : offset + size])


def _check_blocks(style: bytes, parameters: bytes) -> None:
    """Reject code blocks under 256 samples and precincts under 32 × 32 (T.800 tables A.13, A.20, A.21)."""
    if not style or len(parameters) < 5:
        raise Unreadable(DAMAGED)
    small_block = parameters[1] + parameters[2] + 4 < 8
    precincts = parameters[5:] if style[0] & 1 else b""
    if small_block or any(min(size & 15, size >> 4) < 5 for size in precincts):
        raise Unreadable(TOO_MANY_PARTS)
