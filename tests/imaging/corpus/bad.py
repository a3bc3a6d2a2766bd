"""Files that must be refused, each with words of the sentence; ``HEAVY`` ones must be refused without their weight."""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image
from pydicom import uid
from pydicom.sequence import Sequence

from tests.imaging.corpus.build import (
    HEIGHT,
    LAST_BLOCK,
    PATIENT,
    PNG_SIGNATURE,
    WIDTH,
    chunk,
    compressed,
    dataset,
    deflated,
    deflated_zeros,
    dicom,
    grey_image,
    jpeg_2000,
    jpeg_lossless,
    jpeg_ls_stream,
    lines,
    lut,
    photograph,
    picture,
    png,
    rle,
    saved,
    written,
)

LIMIT = 40 * 1024 * 1024


@dataclass(frozen=True)
class Bad:
    """A file that must be refused, and words of the sentence."""

    data: bytes
    says: str


BAD: dict[str, Callable[[], Bad]] = {}
HEAVY: dict[str, Callable[[], Bad]] = {}


def _bad(name: str, says: str, data: Callable[[], bytes]) -> None:
    BAD[name] = lambda: Bad(data(), says)


def _heavy(name: str, says: str, data: Callable[[], bytes]) -> None:
    HEAVY[name] = lambda: Bad(data(), says)


@cache
def _png() -> bytes:
    return saved(grey_image(), "PNG")


@cache
def _jpeg() -> bytes:
    return saved(grey_image(), "JPEG")


def _after_header(extra: bytes) -> bytes:
    return _png()[:33] + extra + _png()[33:]


def _animation() -> bytes:
    frames = [grey_image(), Image.fromarray(255 - picture())]
    return saved(frames[0], "PNG", save_all=True, append_images=frames[1:])


def _stereo() -> bytes:
    frames = [grey_image().convert("RGB"), Image.fromarray(255 - picture()).convert("RGB")]
    return saved(frames[0], "MPO", save_all=True, append_images=frames[1:])


def _low_bits() -> bytes:
    samples = np.dstack([picture(12)] * 3)
    return png(WIDTH, HEIGHT, 16, 2, lines(samples))


NOT_ONE = "is not a PNG, JPEG or DICOM file"
_bad("empty.png", "is empty", lambda: b"")
_bad("one byte.png", NOT_ONE, lambda: b"\x89")
_bad("text.dcm", NOT_ONE, lambda: b"patient: nobody\n" * 20)
_bad("gif named.png", "is GIF, which is not read here", lambda: saved(grey_image(), "GIF"))
_bad("tiff named.png", "is TIFF, which is not read here", lambda: saved(grey_image(), "TIFF"))
_bad("bmp named.jpg", "is BMP, which is not read here", lambda: saved(grey_image(), "BMP"))
_bad("webp named.png", "is WEBP, which is not read here", lambda: saved(grey_image(), "WEBP"))
_bad("bare jpeg 2000.jpg", "is JPEG 2000, which is not read here", lambda: jpeg_2000(picture()))
_bad("phone.heic", "is HEIC, which is not read here", lambda: b"\0\0\0\x18ftypheic" + bytes(300))
_bad("volume.nii", "is NIfTI, which is not read here", lambda: bytes(344) + b"n+1\0" + bytes(300))
_bad("document.pdf", "is PDF, which is not read here", lambda: b"%PDF-1.7\n" + b"\0" * 300)
_bad("archive.zip", "is ZIP, which is not read here", lambda: b"PK\x03\x04" + b"\0" * 300)
_bad("too many bytes.png", "at most 40 MB", lambda: _png() + bytes(LIMIT + 1 - len(_png())))
_bad("png and dicom.png", "PNG and DICOM at once", lambda: _png()[:128] + b"DICM" + dicom(picture())[132:])
_bad("jpeg and dicom.dcm", "JPEG and DICOM at once", lambda: _jpeg()[:128] + b"DICM" + dicom(picture())[132:])

_bad("signature only.png", "damaged", lambda: PNG_SIGNATURE)
_bad("half.png", "cut off or damaged", lambda: _png()[: len(_png()) // 2])
_bad("half.jpg", "cut off or damaged", lambda: _jpeg()[: len(_jpeg()) // 2])
_bad("wrong checksum.png", "damaged", lambda: _png()[:29] + bytes(4) + _png()[33:])
_bad("no frame.jpg", "damaged", lambda: b"\xff\xd8\xff\xe0\x00\x04\x00\x00\xff\xd9")
_bad("two frames.jpg", "damaged", lambda: _jpeg()[:-2] + _jpeg()[2:])

_bad("narrow.png", "is 200 × 63 pixels", lambda: saved(Image.fromarray(picture(8, 63, 200)), "PNG"))
_bad("strip.png", "a strip", lambda: saved(Image.fromarray(picture(8, 64, 641)), "PNG"))
_bad("one pixel.png", "at least 64", lambda: saved(Image.new("L", (1, 1)), "PNG"))
_bad("no pixels.png", "damaged", lambda: png(0, 0, 8, 0, b""))
_bad("animation.png", "holds 2 pictures", _animation)
_bad("two pictures.jpg", "holds 2 pictures", _stereo)
_bad("photograph.jpg", "has colour and does not look", lambda: saved(Image.fromarray(photograph()), "JPEG"))
_bad("photograph.png", "% of its pixels are coloured", lambda: saved(Image.fromarray(photograph()), "PNG"))
_bad(
    "red.png",
    "has colour",
    lambda: saved(Image.merge("RGB", (grey_image(), *[Image.new("L", (WIDTH, HEIGHT))] * 2)), "PNG"),
)
_bad("blank.png", "one single grey", lambda: saved(Image.new("L", (100, 100), 80), "PNG"))
_bad("blank 16-bit.png", "one single grey", lambda: saved(Image.fromarray(np.full((99, 99), 700, np.uint16)), "PNG"))
_bad("invisible.png", "one single grey", lambda: saved(Image.new("RGBA", (100, 100), (9, 99, 200, 0)), "PNG"))
_bad("12 bits in 16-bit colour.png", "low bits", _low_bits)

# -- DICOM -------------------------------------------------------------------------------------------------------------


def _cut(data: bytes, share: float) -> bytes:
    return data[: int(len(data) * share)]


def _declared(**tags: object) -> bytes:
    return dicom(picture(), **tags)


def _no_picture() -> bytes:
    return written(dataset(picture()))


def _deflated(zeros: int) -> bytes:
    """A data set that is deflated whole, with that many zeros behind it."""
    plain = written(dataset(picture()))
    start = 144 + int.from_bytes(plain[140:144], "little")
    explicit, other = b"UI\x14\x001.2.840.10008.1.2.1\0", b"UI\x16\x001.2.840.10008.1.2.1.99"
    meta = plain[:start].replace(explicit, other)
    meta = meta[:140] + struct.pack("<I", len(meta) - 144) + meta[144:]
    return meta + deflated(plain[start:]) + deflated_zeros(zeros) + LAST_BLOCK


_bad("half.dcm", "is cut off", lambda: _cut(dicom(picture()), 0.5))
_bad("header only.dcm", "is cut off", lambda: dicom(picture())[:200])
_bad(
    "half jpeg-ls.dcm",
    "damaged",
    lambda: compressed(picture(), uid.JPEGLSLossless, _cut(jpeg_ls_stream(picture(), 8), 0.5)),
)
_bad(
    "half jpeg lossless.dcm",
    "is cut off",
    lambda: compressed(picture(16), uid.JPEGLosslessSV1, _cut(jpeg_lossless(picture(16)), 0.3)),
)
_bad("half rle.dcm", "is cut off", lambda: compressed(picture(), uid.RLELossless, _cut(rle(picture()), 0.5)))
_bad("empty frame.dcm", "damaged", lambda: compressed(picture(), uid.JPEGBaseline8Bit, b"\0\0"))
_bad("jpeg in jpeg 2000.dcm", "damaged", lambda: compressed(picture(), uid.JPEG2000, _jpeg()))
_bad("deflated.dcm", "Deflated Explicit VR Little Endian, which is not read here", lambda: _deflated(0))
_bad(
    "video.dcm",
    "an unknown form",
    lambda: dicom(picture(), uid.ExplicitVRLittleEndian).replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.77"),
)
_bad("no picture.dcm", "without a picture", _no_picture)
_bad("frames.dcm", "holds 7 frames", lambda: _declared(NumberOfFrames=7))
_bad("no rows.dcm", "does not say how", lambda: _declared(Rows=None))
_bad("zero rows.dcm", "at least 64", lambda: _declared(Rows=0))
_bad("32 bits.dcm", "has 32 bits per pixel", lambda: _declared(BitsAllocated=32, BitsStored=32))
_bad("9 of 8 bits.dcm", "stores 9 of 8 bits", lambda: _declared(BitsStored=9))
_bad("four samples.dcm", "kind of colour", lambda: _declared(SamplesPerPixel=4))
_bad("inks.dcm", "kind of colour", lambda: _declared(PhotometricInterpretation="CMYK"))
_bad("photograph.dcm", "has colour and does not look", lambda: dicom(photograph()))
_bad("blank.dcm", "one single grey", lambda: dicom(np.full((HEIGHT, WIDTH), 9, np.uint8)))
_bad("all padding.dcm", "one single grey", lambda: dicom(np.full((HEIGHT, WIDTH), 9, np.uint8), PixelPaddingValue=9))
_bad(
    "table of an unknown kind.dcm",
    "damaged",
    lambda: _declared(VOILUTSequence=lut(np.arange(256), 0, 8)).replace(b"\x28\x00\x06\x30OW", b"\x28\x00\x06\x30Ow"),
)
_bad("table too short.dcm", "lookup table", lambda: _declared(VOILUTSequence=_short_table()))
_bad(
    "name in the frames.dcm",
    "",
    lambda: _declared(NumberOfFrames="1234567890123456").replace(b"1234567890123456", PATIENT.encode()),
)
_bad("no colour table.dcm", "lookup table", lambda: _declared(PhotometricInterpretation="PALETTE COLOR"))


def _short_table() -> Sequence:
    items = lut(np.arange(100), 0, 8)
    items[0].LUTDescriptor = [4000, 0, 8]
    return items


# -- heavy -------------------------------------------------------------------------------------------------------------


def _png_bomb(width: int, height: int, depth: int, colour: int, row: int) -> bytes:
    zeros = height * (1 + row)
    checksum = struct.pack(">I", (zeros % 65521) << 16 | 1)
    packed = b"\x78\xda" + deflated_zeros(zeros) + LAST_BLOCK + checksum
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return PNG_SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def _claims(width: int, height: int) -> bytes:
    return PNG_SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)) + _png()[33:]


def _many(part: bytes) -> bytes:
    return part * ((LIMIT - 100_000) // len(part))


def _jpeg_claims(width: int, height: int) -> bytes:
    at = _jpeg().index(b"\xff\xc0")
    return _jpeg()[: at + 5] + struct.pack(">HH", height, width) + _jpeg()[at + 9 :]


def _scans(times: int) -> bytes:
    data = saved(Image.fromarray(picture(8, 2000, 2000)), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * times + b"\xff\xd9"


def _nested(depth: int, *, closed: bool) -> bytes:
    data = dicom(picture())
    at = data.index(b"\xe0\x7f\x10\x00")
    opened = struct.pack("<HH2sHIHHI", 0x0040, 0x0275, b"SQ", 0, 2**32 - 1, 0xFFFE, 0xE000, 2**32 - 1)
    shut = struct.pack("<HHIHHI", 0xFFFE, 0xE00D, 0, 0xFFFE, 0xE0DD, 0)
    return data[:at] + opened * depth + shut * depth * closed + data[at:]


def _nested_table(depth: int) -> bytes:
    """A VOI LUT sequence in a VOI LUT sequence and so on, of explicit lengths, which are read late."""
    data = dicom(picture(), uid.ImplicitVRLittleEndian)
    at = data.index(b"\xe0\x7f\x10\x00")
    inside = b""
    for _ in range(depth):
        item = struct.pack("<HHI", 0xFFFE, 0xE000, len(inside)) + inside
        inside = struct.pack("<HHI", 0x0028, 0x3010, len(item)) + item
    return data[:at] + inside + data[at:]


def _elements(times: int) -> bytes:
    data = dicom(picture(), uid.ImplicitVRLittleEndian)
    at = data.index(b"\x28\x00\x02\x00")
    return data[:at] + struct.pack("<HHI", 0x0011, 0x1001, 0) * times + data[at:]


def _long_window() -> bytes:
    data = dicom(picture(), uid.ImplicitVRLittleEndian)
    at = data.index(b"\xe0\x7f\x10\x00")
    values = b"1\\" * 9_000_000
    return data[:at] + struct.pack("<HHI", 0x0028, 0x1050, len(values)) + values + data[at:]


def _jpeg_2000_claims(offset: int, value: bytes) -> bytes:
    frame = jpeg_2000(picture())
    return compressed(picture(), uid.JPEG2000Lossless, frame[:offset] + value + frame[offset + len(value) :])


BIG = "at most 40 million"
PARTS = "far more parts"
_heavy("89 megapixels of nothing.png", BIG, lambda: _png_bomb(9459, 9459, 8, 0, 9459))
_heavy("179 megapixels of nothing.png", BIG, lambda: _png_bomb(13377, 13377, 8, 0, 13377))
_heavy("1-bit giant.png", "million pixels", lambda: _png_bomb(60000, 60000, 1, 0, 7500))
_heavy("claims four billion.png", "million pixels", lambda: _claims(2**31 - 1, 2**31 - 1))
_heavy("just over.png", BIG, lambda: _claims(8001, 5000))
_heavy("claims four billion.jpg", "million pixels", lambda: _jpeg_claims(65535, 65535))
_heavy("tiny chunks.png", PARTS, lambda: _after_header(_many(chunk(b"prVt", b""))))
_heavy("tiny data chunks.png", PARTS, lambda: _after_header(_many(chunk(b"IDAT", b""))))
_heavy("profiles.png", PARTS, lambda: _after_header(_many(chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(2**20), 9)))))
_heavy(
    "texts.png", "damaged", lambda: _after_header(_many(chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(2**20 - 9), 9))))
)
_heavy("tiny segments.jpg", PARTS, lambda: _jpeg()[:2] + _many(b"\xff\xef\0\2") + _jpeg()[2:])
_heavy("fill bytes.jpg", PARTS, lambda: _jpeg()[:2] + _many(b"\xff") + _jpeg()[2:])
_heavy("scans.jpg", PARTS, lambda: _scans(200))
_heavy("deflated bomb.dcm", "Deflated", lambda: _deflated(600 * 10**6))
_heavy(
    "rle claims 1.6 billion.dcm",
    BIG,
    lambda: compressed(picture(), uid.RLELossless, rle(picture()), Rows=40000, Columns=40000),
)
_heavy(
    "rle claims 38 million.dcm",
    "is cut off",
    lambda: compressed(picture(), uid.RLELossless, rle(picture()), Rows=6200, Columns=6200),
)
_heavy("jpeg 2000 hides its size.dcm", "", lambda: _jpeg_2000_claims(8, struct.pack(">II", 30000, 30000)))
_heavy("jpeg 2000 of tiny tiles.dcm", PARTS, lambda: _jpeg_2000_claims(24, struct.pack(">II", 1, 1)))
_heavy(
    "jpeg 2000 of tiny blocks.dcm",
    PARTS,
    lambda: compressed(picture(), uid.JPEG2000Lossless, jpeg_2000(picture(), codeblock_size=(4, 4))),
)
_heavy(
    "jpeg hides its size.dcm",
    "another size",
    lambda: compressed(picture(), uid.JPEGBaseline8Bit, _jpeg_claims(60000, 60000)),
)
_heavy(
    "jpeg-ls hides its size.dcm",
    "another size",
    lambda: compressed(picture(), uid.JPEGLSLossless, jpeg_ls_stream(picture(8, 200, 200), 8)),
)
_heavy("nested.dcm", "damaged", lambda: _nested(3000, closed=True))
_heavy("nested without end.dcm", "damaged", lambda: _nested(3000, closed=False))
_heavy("nested tables.dcm", "lookup table", lambda: _nested_table(3000))
_heavy("tiny elements.dcm", PARTS, lambda: _elements(2_000_000))
_heavy("nine million windows.dcm", "damaged", _long_window)
_heavy(
    "fragments.dcm",
    PARTS,
    lambda: compressed(picture(), uid.JPEGBaseline8Bit, _jpeg()).replace(
        b"\xfe\xff\x00\xe0", b"\xfe\xff\x00\xe0\0\0\0\0" * 1_000_000 + b"\xfe\xff\x00\xe0", 1
    ),
)
