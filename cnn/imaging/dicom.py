"""Decode an uploaded DICOM file. No tag other than the ones listed here is ever parsed."""

import logging
import math
import warnings

import numpy as np
import pydicom_jpeg_decoder
from PIL import Image
from pydicom import config, uid
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import get_frame
from pydicom.filereader import read_dataset, read_preamble
from pydicom.multival import MultiValue
from pydicom.pixels.decoders.base import get_decoder
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag, Tag

from cnn.imaging.decoder_limits import LimitedReader, Unreadable, check_jpeg, check_jpeg_2000, check_size
from cnn.imaging.grayscale import Decoded

# Warnings and logs of the library quote values out of the file, which may be a patient's.
config.settings.reading_validation_mode = config.IGNORE
logging.getLogger("pydicom").setLevel(logging.CRITICAL)
warnings.filterwarnings("ignore", module=r"pydicom(\.|$)")
pydicom_jpeg_decoder.install_plugins()

_NATIVE = (uid.ImplicitVRLittleEndian, uid.ExplicitVRLittleEndian, uid.ExplicitVRBigEndian)
_PLUGIN = {  # transfer syntax -> the one decoder that is used for it; all others are rejected
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
_JPEG_2000 = (uid.JPEG2000Lossless, uid.JPEG2000)
_ITEM = b"\xfe\xff\x00\xe0"  # tag of an encapsulated fragment
_MAX_FRAGMENTS = 10_000
_MAX_VALUE_BYTES = 2**20  # of any value but the pixels; the longest, a table of 65,536 words, takes an eighth
_PALETTE = ("Red", "Green", "Blue")

_DAMAGED_FILE = "is a damaged DICOM file: export it again"
_DAMAGED_TABLE = "has a damaged lookup table: export it again"
_NOT_DESCRIBED = "does not say how its picture is stored: export it again"

_KEYWORDS = [
    # how the pixels are stored
    *("SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames", "Rows", "Columns"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PixelSpacing", "ImagerPixelSpacing"),
    # what their values mean
    *("PixelPaddingValue", "PixelPaddingRangeLimit", "ModalityLUTSequence", "RescaleSlope", "RescaleIntercept"),
    *("VOILUTSequence", "WindowCenter", "WindowWidth", "VOILUTFunction"),
    *(f"{colour}PaletteColorLookupTable{part}" for colour in _PALETTE for part in ("Descriptor", "Data")),
]
_TAGS: list[BaseTag | int] = [Tag(keyword) for keyword in _KEYWORDS]


def decode(data: bytes) -> Decoded:
    """Decode a single-frame DICOM image along the standard's grey pipeline (PS3.4 N.2).

    Stored values, then modality LUT or rescale, then VOI LUT or window; the inversion of MONOCHROME1 is left to
    :func:`cnn.imaging.grayscale.to_gray`.

    Args:
        data: a DICOM file with preamble and file meta information (PS3.10).

    Raises:
        Unreadable: damaged, not allowed or too large, judged from the declared values before decoding.
    """
    ds = _parse(data)
    _check_declared(ds)
    stored = _decode_pixels(ds)
    if stored.ndim == 2 and ds.PhotometricInterpretation != "PALETTE COLOR":
        return _apply_grey_pipeline(stored, ds)
    rgb = stored if stored.ndim == 3 else _apply_palette(stored, ds)
    if rgb.dtype != np.uint8:
        rgb = np.clip(rgb >> max(int(ds.BitsStored) - 8, 0), 0, 255).astype(np.uint8)
    return Decoded(Image.fromarray(rgb), 0, 255, pixel_spacing_mm=_pixel_spacing(ds))


def _parse(data: bytes) -> Dataset:
    """Read the file meta information, then the listed tags.

    The library's own ``dcmread`` is avoided, because it inflates a deflated file whole.
    """
    stream = LimitedReader(data)
    try:
        read_preamble(stream, force=False)
        meta = read_dataset(
            stream, is_implicit_VR=False, is_little_endian=True, stop_when=lambda tag, _vr, _length: tag.group != 2
        )
        syntax = uid.UID(str(meta.get("TransferSyntaxUID", "")))
    except (Unreadable, MemoryError):
        raise
    except Exception:  # a hostile file can make the library raise anything
        raise Unreadable("has a damaged DICOM header: export it again") from None
    if syntax not in _NATIVE and syntax not in _PLUGIN:
        form = syntax.name if syntax in uid.AllTransferSyntaxes else "an unknown form"
        raise Unreadable(f"is stored as {form}, which is not read here: export it as uncompressed DICOM or as PNG")
    try:
        ds = read_dataset(
            stream,
            is_implicit_VR=syntax == uid.ImplicitVRLittleEndian,
            is_little_endian=syntax != uid.ExplicitVRBigEndian,
            specific_tags=[*_TAGS, Tag("PixelData")],
        )
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = syntax
        ds.set_original_encoding(syntax.is_implicit_VR, syntax.is_little_endian)
        _convert_values(ds)
    except (Unreadable, MemoryError):
        raise
    except Exception:
        raise Unreadable(_DAMAGED_FILE) from None
    return ds


def _convert_values(ds: Dataset) -> None:
    """Convert every value now: the library does it on first access, and raises anything where a value is wrong."""
    for tag in _TAGS:
        if tag not in ds:
            continue
        if (getattr(ds.get_item(tag), "length", 0) or 0) > _MAX_VALUE_BYTES:
            raise Unreadable(_DAMAGED_FILE)
        value = ds[tag].value
        if isinstance(value, Sequence) and value:
            for keyword in ("LUTDescriptor", "LUTData"):
                value[0].get(keyword)


def _whole_number(ds: Dataset, keyword: str, default: int | None = None) -> int:
    value = ds.get(keyword)
    if value in (None, "") and default is not None:
        return default
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        raise Unreadable(_NOT_DESCRIBED) from None


def _numbers(ds: Dataset, keyword: str) -> tuple[float, ...]:
    """Return the values of a tag as finite numbers of sane size, or nothing if one of them is not."""
    value = ds.get(keyword)
    try:
        numbers = tuple(float(each) for each in (value if isinstance(value, MultiValue | list) else [value]))
    except (TypeError, ValueError, OverflowError):
        return ()
    return numbers if all(math.isfinite(each) and abs(each) < 1e9 for each in numbers) else ()


def _is_signed(ds: Dataset) -> bool:
    return _whole_number(ds, "PixelRepresentation", 0) == 1


def _pixel_spacing(ds: Dataset) -> tuple[float, float] | None:
    for keyword in ("PixelSpacing", "ImagerPixelSpacing"):
        numbers = _numbers(ds, keyword)
        if len(numbers) == 2 and min(numbers) > 0:
            return numbers[0], numbers[1]
    return None


def _check_declared(ds: Dataset) -> None:
    """Reject a file by its declared values, before any pixel is decoded."""
    if "PixelData" not in ds:
        raise Unreadable("is a DICOM file without a picture: choose the one with the radiograph")
    frames = _whole_number(ds, "NumberOfFrames", 1)
    if frames > 1:
        raise Unreadable(f"holds {frames} frames, and one is read: export the one you mean as a single picture")
    check_size(_whole_number(ds, "Columns"), _whole_number(ds, "Rows"))
    allocated, stored = _whole_number(ds, "BitsAllocated"), _whole_number(ds, "BitsStored")
    if allocated not in (8, 16) or not 1 <= stored <= allocated:
        raise Unreadable(
            f"stores {stored} of {allocated} bits per pixel, and radiographs have 8 to 16: export it again"
        )
    photometric = str(ds.get("PhotometricInterpretation", ""))
    samples = _whole_number(ds, "SamplesPerPixel", 1)
    grey = photometric in ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR")
    colour = photometric == "RGB" or photometric.startswith("YBR")
    if not (grey and samples == 1) and not (colour and samples == 3):
        raise Unreadable("has a kind of colour that is not known here: export it in greys")
    if _whole_number(ds, "PixelRepresentation", 0) not in (0, 1):
        raise Unreadable(_NOT_DESCRIBED)


def _decode_pixels(ds: Dataset) -> np.ndarray:
    """Return the stored values, (H, W) or (H, W, 3), decoded by the plugin of the table above and no other."""
    syntax = ds.file_meta.TransferSyntaxUID
    plugin = _PLUGIN.get(syntax, "")
    try:
        if plugin:
            _check_codestream(ds)
        pixels, _ = get_decoder(syntax).as_array(ds, index=0, decoding_plugin=plugin)
        return pixels
    except (Unreadable, MemoryError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # anything may be raised by hostile pixels; the Rust decoders panic outside Exception
        if plugin:
            raise Unreadable(
                f"is cut off, damaged or of a rare kind of {syntax.name} that cannot be decoded:"
                " export it as uncompressed DICOM or as PNG"
            ) from None
        raise Unreadable("is cut off or damaged and cannot be decoded: export it again") from None


def _check_codestream(ds: Dataset) -> None:
    """Reject a compressed frame whose own header declares another size than the file: decoders believe the frame."""
    syntax = ds.file_meta.TransferSyntaxUID
    if ds.PixelData.count(_ITEM) > _MAX_FRAGMENTS:
        raise Unreadable("is built of far more parts than a radiograph needs: export it again")
    if syntax == uid.RLELossless:  # has no size of its own, and its decoder stops at the declared one
        return
    frame = get_frame(ds.PixelData, 0, number_of_frames=1)
    size = check_jpeg_2000(frame) if syntax in _JPEG_2000 else check_jpeg(frame)
    if size != (ds.Columns, ds.Rows, ds.SamplesPerPixel):
        raise Unreadable("declares another size than its compressed picture has: export it again")


def _apply_palette(stored: np.ndarray, ds: Dataset) -> np.ndarray:
    """Return (H, W, 3) uint8 from indices (H, W) into the colour table of the file (PS3.3 C.7.6.3.1.5)."""
    rgb = np.empty((*stored.shape, 3), dtype=np.uint8)
    for channel, colour in enumerate(_PALETTE):
        descriptor, entries = (ds.get(f"{colour}PaletteColorLookupTable{part}") for part in ("Descriptor", "Data"))
        values, high = _look_up(stored, descriptor, entries, ds)
        rgb[..., channel] = np.clip(values // ((int(high) + 1) // 256), 0, 255)
    return rgb


def _apply_grey_pipeline(stored: np.ndarray, ds: Dataset) -> Decoded:
    """Apply modality LUT or rescale, then VOI LUT or window, to stored values (H, W)."""
    notes: list[str] = []
    padding = _find_padding(stored, ds)
    values, low, high = _apply_modality(stored, ds, notes)
    window = _read_window(ds)
    if ds.get("VOILUTSequence"):
        item = ds.VOILUTSequence[0]
        low, (values, high) = 0.0, _look_up(values, item.get("LUTDescriptor"), item.get("LUTData"), ds)
        notes.append("Applied the grey table of the file (VOI LUT).")
    elif window:
        centre, width, shape = window
        low, high, values = 0.0, 1.0, _apply_window(values, centre, width, shape)
        notes.append(f"Applied the window of the file: centre {centre:g}, width {width:g}.")
    if not window and (ds.get("WindowCenter") or ds.get("WindowWidth")):
        notes.append("Ignored the window of the file, which makes no sense.")
    inverted = ds.PhotometricInterpretation == "MONOCHROME1"
    return Decoded(values, low, high, tuple(notes), padding, inverted, pixel_spacing_mm=_pixel_spacing(ds))


def _find_padding(stored: np.ndarray, ds: Dataset) -> np.ndarray | None:
    """Return (H, W) bool, pixels declared to be no image (PS3.3 C.7.5.1.1.2), or None if none or all are."""
    ends = [value for key in ("PixelPaddingValue", "PixelPaddingRangeLimit") for value in _numbers(ds, key)[:1]]
    if not ends:
        return None
    if _is_signed(ds):  # the tag may be written as unsigned all the same
        ends = [value - 65536 if value > 32767 else value for value in ends]
    padding = (stored >= min(ends)) & (stored <= max(ends))
    return padding if padding.any() and not padding.all() else None


def _apply_modality(stored: np.ndarray, ds: Dataset, notes: list[str]) -> tuple[np.ndarray, float, float]:
    """Return values after the modality LUT or rescale (PS3.3 C.11.1), and the ends of their declared range."""
    if ds.get("ModalityLUTSequence"):
        item = ds.ModalityLUTSequence[0]
        values, high = _look_up(stored, item.get("LUTDescriptor"), item.get("LUTData"), ds)
        notes.append("Applied the value table of the file (modality LUT).")
        return values, 0.0, high
    bits = _whole_number(ds, "BitsStored")
    low, high = (-(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1) if _is_signed(ds) else (0.0, 2.0**bits - 1)
    if "RescaleSlope" not in ds or "RescaleIntercept" not in ds:
        return stored, low, high
    slopes, intercepts = _numbers(ds, "RescaleSlope"), _numbers(ds, "RescaleIntercept")
    if not slopes or not intercepts or not abs(slopes[0]) > 1e-6:
        raise Unreadable("has rescale values that make no sense: export it again")
    slope, intercept = slopes[0], intercepts[0]
    if (slope, intercept) == (1, 0):
        return stored, low, high
    values = stored.astype(np.float32)
    values *= np.float32(slope)
    values += np.float32(intercept)
    low, high = sorted((low * slope + intercept, high * slope + intercept))
    return values, low, high


def _look_up(values: np.ndarray, descriptor: object, data: object, ds: Dataset) -> tuple[np.ndarray, float]:
    """Map values (H, W) through a lookup table of the file (PS3.3 C.11.1.1, C.11.2.1.1).

    Args:
        values: stored or rescaled values.
        descriptor: number of entries, the value that the first entry is for, bits of an entry.
        data: the entries.
        ds: the data set, for its byte order and sign.

    Returns:
        The entries as (H, W) uint16, and their declared highest value.
    """
    try:
        entries, first, bits = (int(number) for number in descriptor)  # type: ignore[attr-defined]
        table = _read_table(data, entries or 65536, little_endian=ds.file_meta.TransferSyntaxUID.is_little_endian)
    except (TypeError, ValueError, OverflowError):
        raise Unreadable(_DAMAGED_TABLE) from None
    if not 8 <= bits <= 16:
        raise Unreadable(_DAMAGED_TABLE)
    if _is_signed(ds) and first > 32767:  # the tag may be written as unsigned all the same
        first -= 65536
    mapped = np.empty(values.shape, dtype=np.uint16)
    for row, line in enumerate(values):  # row by row: an index of the whole image would take eight bytes a pixel
        mapped[row] = table[np.clip(line.astype(np.float64) - first, 0, table.size - 1).astype(np.intp)]
    return mapped, 2.0**bits - 1


def _read_table(data: object, entries: int, *, little_endian: bool) -> np.ndarray:
    """Return the entries as uint16, from 16-bit words or from two 8-bit entries in each word."""
    if isinstance(data, bytes):
        data = np.frombuffer(data, dtype="<u2" if little_endian else ">u2").astype("<u2")
        if data.size < entries:
            data = data.view(np.uint8)
    table = np.asarray(data, dtype=np.uint16).reshape(-1)[:entries]
    if table.size != entries:
        raise ValueError
    return table


def _read_window(ds: Dataset) -> tuple[float, float, str] | None:
    """Return centre, width and shape of the first window of the file (PS3.3 C.11.2.1.2), if it makes sense."""
    centres, widths = _numbers(ds, "WindowCenter"), _numbers(ds, "WindowWidth")
    shape = str(ds.get("VOILUTFunction") or "LINEAR")
    narrowest = 1.0 if shape == "LINEAR" else 1e-6
    if not centres or not widths or widths[0] < narrowest or shape not in ("LINEAR", "LINEAR_EXACT", "SIGMOID"):
        return None
    return centres[0], widths[0], shape


def _apply_window(values: np.ndarray, centre: float, width: float, shape: str) -> np.ndarray:
    """Return (H, W) float32 in 0..1: 0 below the window, 1 above it (PS3.3 C.11.2.1.2.1, C.11.2.1.3)."""
    grey: np.ndarray = values.astype(np.float32)
    if shape == "LINEAR":  # counts whole grey levels: half a level to the left, one level narrower
        centre, width = centre - 0.5, max(width - 1, 1e-6)
    grey -= np.float32(centre)
    if shape == "SIGMOID":
        return 1 / (1 + np.exp(np.clip(-4 * grey / np.float32(width), -80, 80)))
    grey /= np.float32(width)
    grey += np.float32(0.5)
    np.clip(grey, 0.0, 1.0, out=grey)
    return grey
