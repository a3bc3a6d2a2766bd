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
    PATIENT,
    PNG_SIGNATURE,
    WIDTH,
    chunk,
    compressed,
    dataset,
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

LIMIT = 20 * 1024 * 1024


@dataclass(frozen=True)
class Bad:
    """A file that must be refused, and words of the sentence."""

    data: bytes
    says: str


BAD: dict[str, Callable[[], Bad]] = {}
HEAVY: dict[str, Callable[[], Bad]] = {}


def _simple(name: str, data: Callable[[], bytes], says: str, *, heavy: bool = False) -> None:
    (HEAVY if heavy else BAD)[name] = lambda: Bad(data(), says)


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
_simple("empty.png", lambda: b"", "is empty")
_simple("one byte.png", lambda: b"\x89", NOT_ONE)
_simple("text.dcm", lambda: b"patient: nobody\n" * 20, NOT_ONE)
_simple("gif named.png", lambda: saved(grey_image(), "GIF"), NOT_ONE)
_simple("tiff named.png", lambda: saved(grey_image(), "TIFF"), NOT_ONE)
_simple("bmp named.jpg", lambda: saved(grey_image(), "BMP"), NOT_ONE)
_simple("webp named.png", lambda: saved(grey_image(), "WEBP"), NOT_ONE)
_simple("bare jpeg 2000.jpg", lambda: jpeg_2000(picture()), NOT_ONE)
_simple("document.pdf", lambda: b"%PDF-1.7\n" + b"\0" * 300, NOT_ONE)
_simple("archive.zip", lambda: b"PK\x03\x04" + b"\0" * 300, NOT_ONE)
_simple("dicom without preamble.dcm", lambda: dicom(picture())[132:], NOT_ONE)
_simple("too many bytes.png", lambda: _png() + bytes(LIMIT + 1 - len(_png())), "at most 20 MB")
_simple("png and dicom.png", lambda: _png()[:128] + b"DICM" + dicom(picture())[132:], "PNG and DICOM at once")
_simple("jpeg and dicom.dcm", lambda: _jpeg()[:128] + b"DICM" + dicom(picture())[132:], "JPEG and DICOM at once")

_simple("signature only.png", lambda: PNG_SIGNATURE, "damaged")
_simple("half.png", lambda: _png()[: len(_png()) // 2], "cut off or damaged")
_simple("half.jpg", lambda: _jpeg()[: len(_jpeg()) // 2], "cut off or damaged")
_simple("wrong checksum.png", lambda: _png()[:29] + bytes(4) + _png()[33:], "damaged")
_simple("no frame.jpg", lambda: b"\xff\xd8\xff\xe0\x00\x04\x00\x00\xff\xd9", "damaged")
_simple("two frames.jpg", lambda: _jpeg()[:-2] + _jpeg()[2:], "damaged")

_simple("narrow.png", lambda: saved(Image.fromarray(picture(8, 63, 200)), "PNG"), "is 200 × 63 pixels")
_simple("strip.png", lambda: saved(Image.fromarray(picture(8, 64, 641)), "PNG"), "a strip")
_simple("one pixel.png", lambda: saved(Image.new("L", (1, 1)), "PNG"), "at least 64")
_simple("no pixels.png", lambda: png(0, 0, 8, 0, b""), "damaged")
_simple("animation.png", _animation, "holds 2 pictures")
_simple("two pictures.jpg", _stereo, "holds 2 pictures")
_simple("photograph.jpg", lambda: saved(Image.fromarray(photograph()), "JPEG"), "has colour and does not look")
_simple("photograph.png", lambda: saved(Image.fromarray(photograph()), "PNG"), "% of its pixels are coloured")
_simple("red.png", lambda: saved(Image.merge("RGB", (grey_image(), *[Image.new("L", (WIDTH, HEIGHT))] * 2)), "PNG"),
        "has colour")  # fmt: skip
_simple("blank.png", lambda: saved(Image.new("L", (100, 100), 80), "PNG"), "one single grey")
_simple("blank 16-bit.png", lambda: saved(Image.fromarray(np.full((99, 99), 700, np.uint16)), "PNG"), "one single grey")
_simple("invisible.png", lambda: saved(Image.new("RGBA", (100, 100), (9, 99, 200, 0)), "PNG"), "one single grey")
_simple("12 bits in 16-bit colour.png", _low_bits, "low bits")

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
    explicit, deflated = b"UI\x14\x001.2.840.10008.1.2.1\0", b"UI\x16\x001.2.840.10008.1.2.1.99"
    meta = plain[:start].replace(explicit, deflated)
    meta = meta[:140] + struct.pack("<I", len(meta) - 144) + meta[144:]
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    parts = [squeeze.compress(plain[start:]), *(squeeze.compress(bytes(10**6)) for _ in range(zeros // 10**6))]
    return b"".join([meta, *parts, squeeze.flush()])


_simple("half.dcm", lambda: _cut(dicom(picture()), 0.5), "damaged")
_simple("header only.dcm", lambda: dicom(picture())[:200], "DICOM")
_simple("half jpeg-ls.dcm", lambda: compressed(picture(), uid.JPEGLSLossless, _cut(jpeg_ls_stream(picture(), 8), 0.5)),
        "damaged")  # fmt: skip
_simple("half jpeg lossless.dcm",
        lambda: compressed(picture(16), uid.JPEGLosslessSV1, _cut(jpeg_lossless(picture(16)), 0.3)),
        "is cut off")  # fmt: skip
_simple("half rle.dcm", lambda: compressed(picture(), uid.RLELossless, _cut(rle(picture()), 0.5)), "is cut off")
_simple("empty frame.dcm", lambda: compressed(picture(), uid.JPEGBaseline8Bit, b"\0\0"), "damaged")
_simple("jpeg in jpeg 2000.dcm", lambda: compressed(picture(), uid.JPEG2000, _jpeg()), "damaged")
_simple("deflated.dcm", lambda: _deflated(0), "Deflated Explicit VR Little Endian, which is not read here")
_simple("video.dcm", lambda: dicom(picture(), uid.ExplicitVRLittleEndian).replace(
        b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.77"), "an unknown form")  # fmt: skip
_simple("no picture.dcm", _no_picture, "without a picture")
_simple("frames.dcm", lambda: _declared(NumberOfFrames=7), "holds 7 frames")
_simple("no rows.dcm", lambda: _declared(Rows=None), "does not say how")
_simple("zero rows.dcm", lambda: _declared(Rows=0), "at least 64")
_simple("32 bits.dcm", lambda: _declared(BitsAllocated=32, BitsStored=32), "stores 32 of 32 bits")
_simple("9 of 8 bits.dcm", lambda: _declared(BitsStored=9), "stores 9 of 8 bits")
_simple("four samples.dcm", lambda: _declared(SamplesPerPixel=4), "kind of colour")
_simple("inks.dcm", lambda: _declared(PhotometricInterpretation="CMYK"), "kind of colour")
_simple("photograph.dcm", lambda: dicom(photograph()), "has colour and does not look")
_simple("blank.dcm", lambda: dicom(np.full((HEIGHT, WIDTH), 9, np.uint8)), "one single grey")
_simple("all padding.dcm", lambda: dicom(np.full((HEIGHT, WIDTH), 9, np.uint8), PixelPaddingValue=9), "one single grey")
_simple("window beside the picture.dcm", lambda: _declared(WindowCenter=9000, WindowWidth=10), "one single grey")
_simple("rescaled by zero.dcm", lambda: _declared(RescaleSlope=0, RescaleIntercept=3), "rescale values")
_simple("table of an unknown kind.dcm", lambda: _declared(VOILUTSequence=lut(np.arange(256), 0, 8)).replace(
        b"\x28\x00\x06\x30OW", b"\x28\x00\x06\x30Ow"), "damaged")  # fmt: skip
_simple("table too short.dcm", lambda: _declared(VOILUTSequence=_short_table()), "lookup table")
_simple("name in the frames.dcm", lambda: _declared(NumberOfFrames="1234567890123456").replace(
        b"1234567890123456", PATIENT.encode()), "")  # fmt: skip
_simple("no colour table.dcm", lambda: _declared(PhotometricInterpretation="PALETTE COLOR"), "lookup table")


def _short_table() -> Sequence:
    items = lut(np.arange(100), 0, 8)
    items[0].LUTDescriptor = [4000, 0, 8]
    return items


# -- heavy -------------------------------------------------------------------------------------------------------------


def _png_bomb(width: int, height: int, depth: int, colour: int, row: int) -> bytes:
    deflate = zlib.compressobj(9)
    packed = b"".join(deflate.compress(bytes(1 + row)) for _ in range(height)) + deflate.flush()
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
_simple("89 megapixels of nothing.png", lambda: _png_bomb(9459, 9459, 8, 0, 9459), BIG, heavy=True)
_simple("179 megapixels of nothing.png", lambda: _png_bomb(13377, 13377, 8, 0, 13377), BIG, heavy=True)
_simple("1-bit giant.png", lambda: _png_bomb(60000, 60000, 1, 0, 7500), "million pixels", heavy=True)
_simple("claims four billion.png", lambda: _claims(2**31 - 1, 2**31 - 1), "million pixels", heavy=True)
_simple("just over.png", lambda: _claims(8001, 5000), BIG, heavy=True)
_simple("claims four billion.jpg", lambda: _jpeg_claims(65535, 65535), "million pixels", heavy=True)
_simple("tiny chunks.png", lambda: _after_header(_many(chunk(b"prVt", b""))), PARTS, heavy=True)
_simple("tiny data chunks.png", lambda: _after_header(_many(chunk(b"IDAT", b""))), PARTS, heavy=True)
_simple("profiles.png", lambda: _after_header(_many(chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(2**20), 9)))), PARTS,
        heavy=True)  # fmt: skip
_simple("texts.png", lambda: _after_header(_many(chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(2**20 - 9), 9)))),
        "damaged", heavy=True)  # fmt: skip
_simple("tiny segments.jpg", lambda: _jpeg()[:2] + _many(b"\xff\xef\0\2") + _jpeg()[2:], PARTS, heavy=True)
_simple("fill bytes.jpg", lambda: _jpeg()[:2] + _many(b"\xff") + _jpeg()[2:], PARTS, heavy=True)
_simple("scans.jpg", lambda: _scans(200), PARTS, heavy=True)
_simple("deflated bomb.dcm", lambda: _deflated(600 * 10**6), "Deflated", heavy=True)
_simple("rle claims 1.6 billion.dcm",
        lambda: compressed(picture(), uid.RLELossless, rle(picture()), Rows=40000, Columns=40000), BIG,
        heavy=True)  # fmt: skip
_simple("rle claims 38 million.dcm",
        lambda: compressed(picture(), uid.RLELossless, rle(picture()), Rows=6200, Columns=6200), "is cut off",
        heavy=True)  # fmt: skip
_simple("jpeg 2000 hides its size.dcm", lambda: _jpeg_2000_claims(8, struct.pack(">II", 30000, 30000)), "", heavy=True)
_simple("jpeg 2000 of tiny tiles.dcm", lambda: _jpeg_2000_claims(24, struct.pack(">II", 1, 1)), PARTS, heavy=True)
_simple("jpeg 2000 of tiny blocks.dcm",
        lambda: compressed(picture(), uid.JPEG2000Lossless, jpeg_2000(picture(), codeblock_size=(4, 4))), PARTS,
        heavy=True)  # fmt: skip
_simple("jpeg hides its size.dcm", lambda: compressed(picture(), uid.JPEGBaseline8Bit, _jpeg_claims(60000, 60000)),
        "another size", heavy=True)  # fmt: skip
_simple("jpeg-ls hides its size.dcm",
        lambda: compressed(picture(), uid.JPEGLSLossless, jpeg_ls_stream(picture(8, 200, 200), 8)), "another size",
        heavy=True)  # fmt: skip
_simple("nested.dcm", lambda: _nested(3000, closed=True), "damaged", heavy=True)
_simple("nested without end.dcm", lambda: _nested(3000, closed=False), "damaged", heavy=True)
_simple("nested tables.dcm", lambda: _nested_table(3000), "lookup table", heavy=True)
_simple("tiny elements.dcm", lambda: _elements(2_000_000), PARTS, heavy=True)
_simple("nine million windows.dcm", _long_window, "damaged", heavy=True)
_simple("fragments.dcm",
        lambda: compressed(picture(), uid.JPEGBaseline8Bit, _jpeg()).replace(
            b"\xfe\xff\x00\xe0", b"\xfe\xff\x00\xe0\0\0\0\0" * 1_000_000 + b"\xfe\xff\x00\xe0", 1), PARTS,
        heavy=True)  # fmt: skip
