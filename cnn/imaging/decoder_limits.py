"""What a compressed stream says of itself, read before a decoder believes it.

Size alone does not bound the work: a small file may ask a decoder for thousands of passes over the picture, millions
of header parts or blocks of a few pixels. Encoders of radiographs stay far below the limits here.
"""

import re
from io import BytesIO

from cnn.imaging.grayscale import Unreadable

MAX_READS = 50_000  # of header parts; a file of 20 MB in parts of 4 KB takes about 15,000
MAX_SCANS = 50  # of a JPEG; progressive encoders write about ten
MAX_SEGMENTS = 2_000  # of a JPEG, scans included
MAX_TILES = 4_096  # of a JPEG 2000
MAX_LAYERS = 32  # of quality, of a JPEG 2000

_MARKER = re.compile(rb"\xff[\x80-\xcf\xd8-\xfe]")  # neither stuffed data, a restart nor a fill byte
_START, _END, _SCAN, _FRAME_LS = 0xD8, 0xD9, 0xDA, 0xF7

_DAMAGED = "is damaged: save or export it again"
_INTRICATE = "is built of far more parts than a radiograph needs: save or export it again"


class LimitedReader(BytesIO):
    """A file in memory that may be read in at most ``MAX_READS`` pieces, since parsers spend time on each."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._left = MAX_READS

    def read(self, size: int | None = -1, /) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise Unreadable(_INTRICATE)
        return super().read(size)


def check_png(data: bytes) -> None:
    """Refuse a PNG with more than its one colour profile: each may unpack to a megabyte, which none keeps."""
    if data.count(b"iCCP") > 1:
        raise Unreadable(_INTRICATE)


def check_jpeg(stream: bytes) -> tuple[int, int, int]:
    """Width, height and components of a JPEG or JPEG-LS stream (ITU-T T.81 B.1, B.2; T.87 C.2).

    Raises:
        Refused: no or several frames, or more scans and segments than the limits.
    """
    at, scans, frames, jpeg_ls = 2, 0, list[tuple[int, int, int]](), False
    for _ in range(MAX_SEGMENTS):
        found = _MARKER.search(stream, at)
        if found is None or stream[found.start() + 1] == _END:
            # A decoder notices a missing end by itself, but the one of JPEG-LS may search for seconds.
            if len(frames) != 1 or (found is None and jpeg_ls):
                raise Unreadable(_DAMAGED)
            return frames[0]
        at, marker = found.end(), stream[found.start() + 1]
        if marker == _START:
            continue
        if marker == _FRAME_LS or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            jpeg_ls |= marker == _FRAME_LS
            height, width = (int.from_bytes(stream[at + i : at + i + 2]) for i in (3, 5))
            frames.append((width, height, int.from_bytes(stream[at + 7 : at + 8])))
        scans += marker == _SCAN
        if scans > MAX_SCANS:
            raise Unreadable(_INTRICATE)
        at += int.from_bytes(stream[at : at + 2])
    raise Unreadable(_INTRICATE)


def check_jpeg_2000(stream: bytes) -> tuple[int, int, int]:
    """Width, height and components of a bare JPEG 2000 codestream (ITU-T T.800 annex A).

    Raises:
        Refused: no codestream, or more tiles, layers or smaller blocks than the limits.
    """
    if not stream.startswith(b"\xff\x4f\xff\x51"):
        raise Unreadable(_DAMAGED)

    def number(offset: int, size: int) -> int:
        return int.from_bytes(stream[offset : offset + size])

    right, bottom, left, top, tile_width, tile_height = (number(8 + 4 * i, 4) for i in range(6))
    if min(tile_width, tile_height) < 1 or -(-right // tile_width) * -(-bottom // tile_height) > MAX_TILES:
        raise Unreadable(_INTRICATE)
    components = number(40, 2)
    at = tile = 2
    for _ in range(8 * MAX_TILES):
        marker, length = number(at, 2), number(at + 2, 2)
        if marker in (0xFFD9, 0x0000):  # the end, or past it
            break
        if marker == 0xFF52:  # coding style
            if number(at + 6, 2) > MAX_LAYERS:
                raise Unreadable(_INTRICATE)
            _check_blocks(stream[at + 4 : at + 5], stream[at + 9 : at + 2 + length])
        elif marker == 0xFF53:  # coding style of one component, whose number takes one byte or two
            style = at + (5 if components < 257 else 6)
            _check_blocks(stream[style : style + 1], stream[style + 1 : at + 2 + length])
        if marker == 0xFF90:  # a part of a tile
            tile = at
        if marker == 0xFF93:  # its data
            part = number(tile + 6, 4)
            if part == 0:  # up to the end of the stream
                break
            at = tile + max(part, 14)
        else:
            at += 2 + max(length, 2)
    else:
        raise Unreadable(_INTRICATE)
    return right - left, bottom - top, components


def _check_blocks(style: bytes, parameters: bytes) -> None:
    """Refuse code blocks under 256 samples and precincts under 32 × 32 (tables A.13, A.20, A.21)."""
    if not style or len(parameters) < 5:
        raise Unreadable(_DAMAGED)
    own_precincts = style[0] & 1
    if parameters[1] + parameters[2] + 4 < 8 or any(
        min(size & 15, size >> 4) < 5 for size in parameters[5:] if own_precincts
    ):
        raise Unreadable(_INTRICATE)
