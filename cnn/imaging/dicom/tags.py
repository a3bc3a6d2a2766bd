"""Parse a DICOM file: the listed tags and no others, with the standard's defaults and a note where one is missing."""

import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

from pydicom import uid
from pydicom.datadict import dictionary_description
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag, Tag
from pydicom.valuerep import VR

from cnn.imaging.decoder_limits import LimitedReader, Unreadable, check_size

NATIVE = (uid.ImplicitVRLittleEndian, uid.ExplicitVRLittleEndian, uid.ExplicitVRBigEndian)
PLUGINS = {  # transfer syntax -> the one decoder that is used for it; all others are rejected
    uid.JPEGBaseline8Bit: "pillow",
    uid.JPEGExtended12Bit: "pillow",
    uid.JPEGLossless: "pydicom-jpeg-decoder",
    uid.JPEGLosslessSV1: "pydicom-jpeg-decoder",
    uid.JPEGLSLossless: "pyjpegls",
    uid.JPEGLSNearLossless: "pyjpegls",
    uid.JPEG2000Lossless: "pillow",
    uid.JPEG2000: "pillow",
    uid.RLELossless: "pylibjpeg",
}
PALETTE = ("Red", "Green", "Blue")

_MAX_VALUE_BYTES = 2**20  # of any value but the pixels; the longest, a table of 65,536 words, takes an eighth
_MAX_FRAGMENTS = 10_000
_UNDEFINED = 2**32 - 1
_ITEM, _END_OF_SEQUENCE = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0\0\0\0\0"
_EXPLICIT = {str(vr).encode() for vr in VR if len(str(vr)) == 2}
_FIRST_GROUPS = (0x0002, 0x0008, 0x0010, 0x0028)  # that a file without preamble may begin with
_TEXTS = ("DS", "IS", "UN", "LO", "SH", "CS")
_JPEG_FRAMES = {
    0xC0: uid.JPEGBaseline8Bit,
    0xC1: uid.JPEGExtended12Bit,
    0xC3: uid.JPEGLossless,
    0xF7: uid.JPEGLSLossless,
}

_WHOLE_NUMBERS = (
    *("SamplesPerPixel", "PlanarConfiguration", "NumberOfFrames", "Rows", "Columns"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"),
)
_DECIMALS = (
    *("PixelSpacing", "ImagerPixelSpacing", "RescaleSlope", "RescaleIntercept", "WindowCenter", "WindowWidth"),
    *("PixelPaddingValue", "PixelPaddingRangeLimit"),
)
_DECIMAL_TAGS: dict[int, str] = {Tag(keyword): keyword for keyword in _DECIMALS}
_TABLES = tuple(
    f"{kind}{colour}PaletteColorLookupTable{part}"
    for colour in PALETTE
    for kind, part in (("", "Descriptor"), ("", "Data"), ("Segmented", "Data"))
)
_KEYWORDS = (
    *(*_WHOLE_NUMBERS, *_DECIMALS, *_TABLES, "PhotometricInterpretation", "PresentationLUTShape", "VOILUTFunction"),
    *("ModalityLUTSequence", "VOILUTSequence"),
)
_OVERLAY_BITS = [Tag(group, 0x0102) for group in range(0x6000, 0x6020, 2)]
_TAGS: list[BaseTag | int] = [*(Tag(keyword) for keyword in _KEYWORDS), *_OVERLAY_BITS]
_PIXEL_DATA, _FLOAT_PIXELS = Tag("PixelData"), (Tag("FloatPixelData"), Tag("DoubleFloatPixelData"))


def name_tag(keyword: str) -> str:
    """Return the name and number of a tag, fit for a sentence: ``Rows (0028,0010)``."""
    tag = Tag(keyword)
    return f"{dictionary_description(tag)} ({tag.group:04X},{tag.element:04X})"


@dataclass
class Header:
    """The listed tags of a DICOM file.

    Attributes:
        ds: values of the tags.
        syntax: transfer syntax of the pixels.
        pixels: value of Pixel Data: native samples, or one compressed frame.
        pixels_vr: value representation of Pixel Data.
        decimals: the tags that hold decimals, NaN where a value is none.
        notes: what was read otherwise than the file says, one short sentence each.
        colour_space: of the decoded pixels, once they are: a frame may say otherwise than the tags.
    """

    ds: Dataset
    syntax: uid.UID
    pixels: bytes = b""
    pixels_vr: str = "OW"
    decimals: dict[str, tuple[float, ...]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    colour_space: str = ""

    def overlay_mask(self) -> int:
        """Return the bits of a stored word that the file declares to be overlays (PS3.3 C.9.2)."""
        positions = [self.ds[tag].value for tag in _OVERLAY_BITS if tag in self.ds]
        return sum({1 << position for position in positions if isinstance(position, int) and 0 < position < 16})


@dataclass(frozen=True)
class PixelFormat:
    """How the pixels are stored (PS3.3 C.7.6.3, PS3.5 8.1.1), checked and complete."""

    rows: int
    columns: int
    samples: int
    photometric: str
    allocated: int
    stored: int
    high: int
    signed: bool
    planar: int
    highest: float = 0
    """Largest value, where the values use more bits than are declared, else 0."""


def looks_like_dicom(data: bytes) -> bool:
    """Return whether the first bytes are those of a DICOM file, with or without its preamble."""
    if data[128:132] == b"DICM" or data[:4] == b"DICM":
        return True
    groups = struct.unpack("<H", data[:2]) + struct.unpack(">H", data[:2]) if len(data) > 16 else ()
    if not any(group in _FIRST_GROUPS for group in groups):
        return False
    return data[4:6] in _EXPLICIT or (groups[0] in _FIRST_GROUPS and data[5:8] == b"\0\0\0" and data[4] % 2 == 0)


def parse(data: bytes, more: Iterable[str] = ()) -> Header:
    """Read the file meta information, then the listed tags, and those of the keywords ``more``.

    The library's own ``dcmread`` is avoided, because it inflates a deflated file whole.

    Raises:
        Unreadable: cut off, damaged, without a picture, or in a transfer syntax that is not read.
    """
    notes: list[str] = []
    start = 132 if data[128:132] == b"DICM" else 4 * (data[:4] == b"DICM")
    if start != 132:
        notes.append("Read without the preamble that a DICOM file begins with.")
    declared, start = _read_meta(data, start)
    syntax = declared or _guess_encoding(data, start)
    if syntax not in NATIVE and syntax not in PLUGINS:
        form = syntax.name if syntax in uid.AllTransferSyntaxes else "an unknown form"
        raise Unreadable(
            f"is stored as {form}, which is not read here ({name_tag('TransferSyntaxUID')}):"
            " export it as uncompressed DICOM or as PNG"
        )
    tags = [*_TAGS, *map(Tag, more), _PIXEL_DATA]
    ds, element = _read_tags(data, start, syntax, tags)
    if element is None:  # a sequence without end hides what is behind it
        ds, element = _read_tags(data + _END_OF_SEQUENCE, start, syntax, tags)
        if element is not None:
            notes.append("The sequence delimiter at the end of the file is missing.")
    if element is None:
        raise Unreadable(f"is a DICOM file without a picture ({name_tag('PixelData')} is missing): choose another")
    if not isinstance(element, RawDataElement):
        raise Unreadable(f"has a sequence for its {name_tag('PixelData')}: export it again")
    header = Header(ds, syntax, element.value or b"", element.VR or "OW", notes=notes)
    _take_frame(header, encapsulated=element.length == _UNDEFINED)
    if header.syntax != declared:
        reason = "does not say how it is stored" if not declared else "says otherwise"
        notes.append(f"Read as {header.syntax.name}: the file {reason} ({name_tag('TransferSyntaxUID')}).")
    _convert_values(header)
    return header


def _read_meta(data: bytes, start: int) -> tuple[uid.UID | None, int]:
    """Return the declared transfer syntax, if there is one, and where the data set begins."""
    if data[start : start + 2] != b"\x02\x00":
        return None, start
    stream = LimitedReader(data)
    stream.seek(start)
    try:
        meta = read_dataset(stream, False, True, stop_when=lambda tag, _vr, _length: tag.group != 2)
        syntax = str(meta.get("TransferSyntaxUID") or "").strip()
    except (Unreadable, MemoryError):
        raise
    except Exception:  # a hostile file can make the library raise anything
        raise Unreadable("has a damaged DICOM header (file meta information, group 0002): export it again") from None
    return uid.UID(syntax) if syntax else None, stream.tell()


def _guess_encoding(data: bytes, start: int) -> uid.UID:
    if data[start + 4 : start + 6] not in _EXPLICIT:
        return uid.ImplicitVRLittleEndian
    return uid.ExplicitVRLittleEndian if data[start] else uid.ExplicitVRBigEndian


def _read_tags(
    data: bytes, start: int, syntax: uid.UID, tags: list[BaseTag | int]
) -> tuple[Dataset, RawDataElement | DataElement | None]:
    """Return the listed tags of the data set, and the element of its pixels or None.

    Raises:
        Unreadable: cut off before the pixels, or damaged.
    """
    stream, ends = LimitedReader(data), dict[int, int]()
    stream.seek(start)

    def record_end(tag: BaseTag, _vr: str | None, length: int) -> bool:
        ends[int(tag)] = _UNDEFINED if length == _UNDEFINED else stream.tell() + length
        return False

    try:
        ds = read_dataset(
            stream,
            is_implicit_VR=syntax == uid.ImplicitVRLittleEndian,
            is_little_endian=syntax != uid.ExplicitVRBigEndian,
            specific_tags=tags,
            stop_when=record_end,
        )
        element = ds.get_item(_PIXEL_DATA) if _PIXEL_DATA in ds else None
        if element is not None:
            del ds[_PIXEL_DATA]
    except (Unreadable, MemoryError):
        raise
    except Exception:
        raise Unreadable("is a damaged DICOM file, whose tags cannot be read: export it again") from None
    if element is None and any(int(tag) in ends for tag in _FLOAT_PIXELS):
        raise Unreadable("has decimals for pixels (7FE0,0008 or 7FE0,0009), not read here: export it as PNG")
    last = list(ends.values())[-1] if ends else 0
    if element is None and last not in (len(data), _UNDEFINED) and _PIXEL_DATA not in ends:
        stage = f"before {name_tag('PixelData')}"
        raise Unreadable(f"is cut off or damaged {stage}: copy or export it again")
    return ds, element


def _take_frame(header: Header, *, encapsulated: bool) -> None:
    """Join the fragments of a compressed frame (PS3.5 A.4), and correct a syntax that the pixels contradict."""
    if not encapsulated and not header.pixels.startswith(_ITEM):
        if header.syntax in PLUGINS:
            header.syntax = uid.ExplicitVRLittleEndian
        return
    if header.syntax in NATIVE and not encapsulated:
        return
    parts, offset = list[bytes](), 0
    while header.pixels[offset : offset + 4] == _ITEM and len(parts) <= _MAX_FRAGMENTS:
        end = offset + 8 + int.from_bytes(header.pixels[offset + 4 : offset + 8], "little")
        parts.append(header.pixels[offset + 8 : end])
        offset = end
    if len(parts) > _MAX_FRAGMENTS:
        raise Unreadable("is built of far more parts than a radiograph needs: export it again")
    header.pixels = b"".join(parts[1:])  # behind the table of offsets
    if not header.pixels:
        raise Unreadable(f"is cut off: its compressed {name_tag('PixelData')} is empty: copy or export it again")
    if header.syntax in NATIVE:
        header.syntax = _guess_compression(header.pixels)


def _guess_compression(frame: bytes) -> uid.UID:
    if frame.startswith(b"\xff\x4f\xff\x51"):
        return uid.JPEG2000
    if frame.startswith(b"\xff\xd8"):
        offset = 2
        while offset < min(len(frame), 2**16) and frame[offset : offset + 1] == b"\xff":
            if frame[offset + 1] in _JPEG_FRAMES:
                return _JPEG_FRAMES[frame[offset + 1]]
            offset += 2 + max(int.from_bytes(frame[offset + 2 : offset + 4]), 2)
    if len(frame) > 64 and frame[4:8] == b"\x40\0\0\0":  # the first segment behind a header of 64 bytes
        return uid.RLELossless
    raise Unreadable(f"is compressed and does not say how ({name_tag('TransferSyntaxUID')}): export it again")


def _convert_values(header: Header) -> None:
    """Convert every value now: the library does it on first access, and raises anything where a value is wrong."""
    for tag in [tag for tag in _TAGS if tag in header.ds]:
        try:
            _convert_value(header, tag)
        except MemoryError:
            raise
        except Exception:  # a hostile value can make the library raise anything
            name = f"{dictionary_description(tag)} ({tag >> 16:04X},{tag & 0xFFFF:04X})"
            raise Unreadable(f"has a damaged tag, {name}: export it again") from None


def _convert_value(header: Header, tag: int) -> None:
    if (getattr(header.ds.get_item(tag), "length", 0) or 0) > _MAX_VALUE_BYTES:
        raise ValueError
    if keyword := _DECIMAL_TAGS.get(tag):
        header.decimals[keyword] = _read_decimals(header, keyword)
        return
    value = header.ds[tag].value
    if isinstance(value, Sequence):
        for item in value:
            for part in ("LUTDescriptor", "LUTData"):
                item.get(part)


def _read_decimals(header: Header, keyword: str) -> tuple[float, ...]:
    """Return the values of a tag, NaN where one is no finite number of sane size; nothing if it is empty."""
    raw = header.ds.get_item(keyword)
    value, vr = getattr(raw, "value", None), getattr(raw, "VR", None)
    is_text = vr in _TEXTS or (vr is None and not keyword.startswith("PixelPadding"))
    if isinstance(value, bytes) and is_text:
        texts = value.decode("ascii", "replace").strip(" \0").split("\\")
        if any(text.count(",") == 1 and "." not in text for text in texts):
            header.notes.append(f"Read the comma in {name_tag(keyword)} as a decimal point.")
            texts = [text.replace(",", ".") for text in texts]
        values: list[object] = [] if texts == [""] else list(texts)
    else:
        value = header.ds[keyword].value
        values = list(value) if isinstance(value, MultiValue | list) else [] if value in (None, "") else [value]
    return tuple(_to_float(each) for each in values)


def _to_float(value: object) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return math.nan
    return number if math.isfinite(number) and abs(number) < 1e9 else math.nan


def _whole_number(ds: Dataset, keyword: str) -> int | None:
    """Return the value of a tag, None where it is missing or empty."""
    value = ds.get(keyword)
    if value is None or value == "" or value == []:
        return None
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        raise Unreadable(f"has no whole number as {name_tag(keyword)}: export it again") from None


def check_format(header: Header) -> PixelFormat:
    """Check the declared values before any pixel is decoded, and complete them with the standard's defaults.

    Raises:
        Unreadable: too large, several frames, or a way to store pixels that is not read; the tag is named.
    """
    ds, notes = header.ds, header.notes

    def default(keyword: str, value: int) -> int:
        declared = _whole_number(ds, keyword)
        if declared is None:
            notes.append(f"{name_tag(keyword)} is missing: read as {value}.")
        return value if declared is None else declared

    frames = _whole_number(ds, "NumberOfFrames") or 1
    if frames > 1:
        raise Unreadable(f"holds {frames} frames, and one is read: export the one you mean as a single picture")
    rows, columns, allocated = (_require(ds, keyword) for keyword in ("Rows", "Columns", "BitsAllocated"))
    check_size(columns, rows)
    photometric = str(ds.get("PhotometricInterpretation") or "").strip()
    colour = photometric.upper().startswith(("RGB", "YBR"))
    samples = default("SamplesPerPixel", 3 if colour else 1)
    photometric = _check_photometric(photometric, samples, header)
    check_size(columns, rows, colour=samples == 3 or photometric == "PALETTE COLOR")
    if allocated not in (8, 16):
        raise Unreadable(f"has {allocated} bits per pixel, not 8 or 16 ({name_tag('BitsAllocated')}): export it again")
    high = _whole_number(ds, "HighBit")
    stored = default("BitsStored", allocated if high is None else min(high + 1, allocated))
    if not 1 <= stored <= allocated:
        raise Unreadable(f"stores {stored} of {allocated} bits per pixel ({name_tag('BitsStored')}): export it again")
    high = default("HighBit", stored - 1)
    if not stored - 1 <= high < allocated:
        notes.append(f"Ignored {name_tag('HighBit')}, which says {high} with {stored} bits stored.")
        high = stored - 1
    sign = default("PixelRepresentation", 0)
    if sign not in (0, 1):
        raise Unreadable(f"says {sign}, not 0 or 1, as {name_tag('PixelRepresentation')}: export it again")
    planar = default("PlanarConfiguration", 0) if samples == 3 else 0
    if planar not in (0, 1):
        raise Unreadable(f"says {planar}, not 0 or 1, as {name_tag('PlanarConfiguration')}: export it again")
    return PixelFormat(rows, columns, samples, photometric, allocated, stored, high, sign == 1, planar)


def _require(ds: Dataset, keyword: str) -> int:
    value = _whole_number(ds, keyword)
    if value is None:
        raise Unreadable(f"does not say how its picture is stored ({name_tag(keyword)} is missing): export it again")
    return value


def _check_photometric(declared: str, samples: int, header: Header) -> str:
    photometric = declared.upper()
    if not photometric:
        photometric = "MONOCHROME2"
        if samples == 3:
            photometric = "YBR_FULL_422" if header.syntax == uid.JPEGBaseline8Bit else "RGB"
        header.notes.append(f"{name_tag('PhotometricInterpretation')} is missing: read as {photometric}.")
    grey = photometric in ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR")
    colour = photometric == "RGB" or photometric.startswith("YBR")
    if not (grey and samples == 1) and not (colour and samples == 3):
        tags = f"{name_tag('PhotometricInterpretation')} with {samples} as {name_tag('SamplesPerPixel')}"
        raise Unreadable(f"has a kind of colour that is not known here ({tags}): export it in greys")
    if declared and photometric != declared:
        header.notes.append(f"{name_tag('PhotometricInterpretation')} is in lower case: read as {photometric}.")
    return photometric
