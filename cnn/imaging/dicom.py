"""Greys from DICOM bytes that a stranger uploaded. No tag other than the ones listed here is ever parsed."""

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
from pydicom.pixels import get_decoder
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag, Tag

from cnn.imaging.decoder_limits import LimitedReader, check_jpeg, check_jpeg_2000
from cnn.imaging.grayscale import Unreadable, check_size, grey_of_colour, scale_greys

# Warnings and logs of the library quote values out of the file, which may be a patient's.
config.settings.reading_validation_mode = config.IGNORE
logging.getLogger("pydicom").setLevel(logging.CRITICAL)
warnings.filterwarnings("ignore", module=r"pydicom(\.|$)")
pydicom_jpeg_decoder.install_plugins()

_NATIVE = (uid.ImplicitVRLittleEndian, uid.ExplicitVRLittleEndian, uid.ExplicitVRBigEndian)
_PLUGIN = {  # transfer syntax -> the one decoder that is used for it; everything else is refused
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
_MAX_VALUE = 2**20  # bytes of any value but the pixels; the longest, a table of 65,536 words, takes an eighth
_PALETTE = ("Red", "Green", "Blue")

_TAGS: list[BaseTag | int] = [
    # what the picture is
    Tag("SamplesPerPixel"),
    Tag("PhotometricInterpretation"),
    Tag("PlanarConfiguration"),
    Tag("NumberOfFrames"),
    Tag("Rows"),
    Tag("Columns"),
    Tag("BitsAllocated"),
    Tag("BitsStored"),
    Tag("HighBit"),
    Tag("PixelRepresentation"),
    Tag("PixelSpacing"),
    Tag("ImagerPixelSpacing"),
    # what its values mean
    Tag("PixelPaddingValue"),
    Tag("PixelPaddingRangeLimit"),
    Tag("ModalityLUTSequence"),
    Tag("RescaleSlope"),
    Tag("RescaleIntercept"),
    Tag("VOILUTSequence"),
    Tag("WindowCenter"),
    Tag("WindowWidth"),
    Tag("VOILUTFunction"),
    *(Tag(f"{colour}PaletteColorLookupTableDescriptor") for colour in _PALETTE),
    *(Tag(f"{colour}PaletteColorLookupTableData") for colour in _PALETTE),
    Tag("PixelData"),
]

Decoded = tuple[np.ndarray, tuple[str, ...], tuple[float, float] | None]


def decode_dicom(data: bytes) -> Decoded:
    """Decode a single-frame DICOM picture along the standard's grey pipeline (PS3.4 N.2).

    Stored values, modality LUT or rescale, VOI LUT or window, inversion of MONOCHROME1.

    Args:
        data: a DICOM file with preamble and file meta information (PS3.10).

    Returns:
        (H, W) float32 in 0..1, notes on what was done, (row, column) pixel spacing in mm where it is given.

    Raises:
        Refused: not readable, not allowed or too large, judged from the declared values before decoding.
    """
    ds = _parse(data)
    _check_declared(ds)
    stored = _decode(ds)
    if stored.ndim == 3 or ds.PhotometricInterpretation == "PALETTE COLOR":
        grey, notes = _grey_of_colour(stored, ds)
    else:
        grey, notes = _grey(stored, ds)
    return grey, notes, _spacing(ds)


def _parse(data: bytes) -> Dataset:
    """File meta, then the listed tags. The library's own ``dcmread`` is avoided: it inflates a deflated file whole."""
    stream = LimitedReader(data)
    try:
        read_preamble(stream, force=False)
        meta = read_dataset(
            stream, is_implicit_VR=False, is_little_endian=True, stop_when=lambda tag, vr, length: tag.group != 2
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
            specific_tags=_TAGS,
        )
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = syntax
        ds.set_original_encoding(syntax.is_implicit_VR, syntax.is_little_endian)
        for tag in _TAGS[:-1]:
            if tag in ds and (getattr(ds.get_item(tag), "length", 0) or 0) > _MAX_VALUE:
                raise Unreadable("is a damaged DICOM file: export it again")
            value = ds[tag].value if tag in ds else None  # converted on first sight, where whatever is wrong shows
            for item in value[:1] if isinstance(value, Sequence) else []:
                for keyword in ("LUTDescriptor", "LUTData"):
                    item.get(keyword)
    except (Unreadable, MemoryError):
        raise
    except Exception:
        raise Unreadable("is a damaged DICOM file: export it again") from None
    return ds


def _whole(ds: Dataset, keyword: str, default: int | None = None) -> int:
    value = ds.get(keyword)
    if value in (None, "") and default is not None:
        return default
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        raise Unreadable("does not say how its picture is stored: export it again") from None


def _check_declared(ds: Dataset) -> None:
    if "PixelData" not in ds:
        raise Unreadable("is a DICOM file without a picture: choose the one with the radiograph")
    frames = _whole(ds, "NumberOfFrames", 1)
    if frames > 1:
        raise Unreadable(f"holds {frames} frames, and one is read: export the one you mean as a single picture")
    check_size(_whole(ds, "Columns"), _whole(ds, "Rows"))
    allocated, stored = _whole(ds, "BitsAllocated"), _whole(ds, "BitsStored")
    if allocated not in (8, 16) or not 1 <= stored <= allocated:
        raise Unreadable(
            f"stores {stored} of {allocated} bits per pixel, and radiographs have 8 to 16: export it again"
        )
    photometric = str(ds.get("PhotometricInterpretation", ""))
    samples = _whole(ds, "SamplesPerPixel", 1)
    grey = photometric in ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR")
    colour = photometric == "RGB" or photometric.startswith("YBR")
    if not (grey and samples == 1) and not (colour and samples == 3):
        raise Unreadable("has a kind of colour that is not known here: export it in greys")
    if _whole(ds, "PixelRepresentation", 0) not in (0, 1):
        raise Unreadable("does not say how its picture is stored: export it again")


def _decode(ds: Dataset) -> np.ndarray:
    """Stored values, (H, W) or (H, W, 3), decoded by the plugin of the table above and no other."""
    syntax = ds.file_meta.TransferSyntaxUID
    plugin = _PLUGIN.get(syntax, "")
    try:
        if plugin:
            _check_codestream(ds)
        decoder = get_decoder(syntax)
        pixels, _ = decoder.as_array(ds, index=0, decoding_plugin=plugin)
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
    """Refuse a compressed frame whose own header claims another picture than the file: decoders believe the frame."""
    syntax = ds.file_meta.TransferSyntaxUID
    if ds.PixelData.count(_ITEM) > _MAX_FRAGMENTS:
        raise Unreadable("is built of far more parts than a radiograph needs: export it again")
    if syntax == uid.RLELossless:  # has no size of its own, and its decoder stops at the declared one
        return
    frame = get_frame(ds.PixelData, 0, number_of_frames=1)
    width, height, samples = check_jpeg_2000(frame) if syntax in _JPEG_2000 else check_jpeg(frame)
    if (width, height, samples) != (ds.Columns, ds.Rows, ds.SamplesPerPixel):
        raise Unreadable("declares another size than its compressed picture has: export it again")


def _grey_of_colour(stored: np.ndarray, ds: Dataset) -> tuple[np.ndarray, tuple[str, ...]]:
    rgb = stored if stored.ndim == 3 else _painted(stored, ds)
    if rgb.dtype != np.uint8:
        rgb = np.clip(rgb >> max(int(ds.BitsStored) - 8, 0), 0, 255).astype(np.uint8)
    image, notes = grey_of_colour(Image.fromarray(rgb))
    grey, more = scale_greys(np.asarray(image), 0, 255)
    return grey, (*notes, *more)


def _painted(stored: np.ndarray, ds: Dataset) -> np.ndarray:
    """(H, W, 3) uint8 from indices (H, W) into the colour table of the file (PS3.3 C.7.6.3.1.5)."""
    rgb = np.empty((*stored.shape, 3), dtype=np.uint8)
    for channel, colour in enumerate(_PALETTE):
        described, data = (ds.get(f"{colour}PaletteColorLookupTable{part}") for part in ("Descriptor", "Data"))
        values, high = _look_up(stored, described, data, ds)
        rgb[..., channel] = np.clip(values // ((int(high) + 1) // 256), 0, 255)
    return rgb


def _grey(stored: np.ndarray, ds: Dataset) -> tuple[np.ndarray, tuple[str, ...]]:
    padding = _padding(stored, ds)
    values, low, high, notes = _modality(stored, ds)
    window = _window(ds)
    if ds.get("VOILUTSequence"):
        item = ds.VOILUTSequence[0]
        values, high = _look_up(values, item.get("LUTDescriptor"), item.get("LUTData"), ds)
        low = 0.0
        notes.append("Applied the grey table of the file (VOI LUT).")
    if window and not ds.get("VOILUTSequence"):
        centre, width, shape = window
        grey = _windowed(values, centre, width, shape)
        notes.append(f"Applied the window of the file: centre {centre:g}, width {width:g}.")
    else:
        if not window and (ds.get("WindowCenter") or ds.get("WindowWidth")):
            notes.append("Ignored the window of the file, which makes no sense.")
        grey, more = scale_greys(values, low, high, ignore=padding)
        notes += more
    if ds.PhotometricInterpretation == "MONOCHROME1":
        np.subtract(1.0, grey, out=grey)
        notes.append("Inverted: in this file low values are bright (MONOCHROME1).")
    if padding is not None:
        grey[padding] = 0.0
        notes.append("Made the padding around the picture black.")
    return grey, tuple(notes)


def _signed(ds: Dataset) -> bool:
    return _whole(ds, "PixelRepresentation", 0) == 1


def _padding(stored: np.ndarray, ds: Dataset) -> np.ndarray | None:
    """Where the file says that there is no picture (PS3.3 C.7.5.1.1.2), (H, W) bool, or None if nowhere."""
    ends = [value for key in ("PixelPaddingValue", "PixelPaddingRangeLimit") for value in _numbers(ds, key)[:1]]
    if not ends:
        return None
    if _signed(ds):  # the tag may be written as unsigned all the same
        ends = [value - 65536 if value > 32767 else value for value in ends]
    padding = (stored >= min(ends)) & (stored <= max(ends))
    return padding if padding.any() and not padding.all() else None


def _modality(stored: np.ndarray, ds: Dataset) -> tuple[np.ndarray, float, float, list[str]]:
    """Values after the modality LUT or rescale (PS3.3 C.11.1), and the range they are declared to have."""
    if ds.get("ModalityLUTSequence"):
        item = ds.ModalityLUTSequence[0]
        values, high = _look_up(stored, item.get("LUTDescriptor"), item.get("LUTData"), ds)
        return values, 0.0, high, ["Applied the value table of the file (modality LUT)."]
    bits = _whole(ds, "BitsStored")
    low, high = (-(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1) if _signed(ds) else (0.0, 2.0**bits - 1)
    if "RescaleSlope" not in ds or "RescaleIntercept" not in ds:
        return stored, low, high, []
    slope, intercept = (_numbers(ds, key)[:1] for key in ("RescaleSlope", "RescaleIntercept"))
    if not slope or not intercept or not abs(slope[0]) > 1e-6:
        raise Unreadable("has rescale values that make no sense: export it again")
    if slope[0] == 1 and intercept[0] == 0:
        return stored, low, high, []
    values = stored.astype(np.float32)
    values *= np.float32(slope[0])
    values += np.float32(intercept[0])
    low, high = sorted((low * slope[0] + intercept[0], high * slope[0] + intercept[0]))
    return values, low, high, []


def _look_up(values: np.ndarray, described: object, data: object, ds: Dataset) -> tuple[np.ndarray, float]:
    """Values (H, W) through a lookup table of the file (PS3.3 C.11.1.1, C.11.2.1.1), uint16, and its declared highest.

    Args:
        described: number of entries, the value that the first entry is for, bits of an entry.
        data: the entries.
    """
    try:
        entries, first, bits = (int(value) for value in described)  # type: ignore[attr-defined]
        table = _table(data, entries or 65536, little_endian=ds.file_meta.TransferSyntaxUID.is_little_endian)
    except (TypeError, ValueError, OverflowError):
        raise Unreadable("has a damaged lookup table: export it again") from None
    if not 8 <= bits <= 16:
        raise Unreadable("has a damaged lookup table: export it again")
    if _signed(ds) and first > 32767:  # the tag may be written as unsigned all the same
        first -= 65536
    mapped = np.empty(values.shape, dtype=np.uint16)
    for row, line in enumerate(values):  # row by row: an index of the whole picture would take eight bytes a pixel
        mapped[row] = table[np.clip(line.astype(np.float64) - first, 0, table.size - 1).astype(np.intp)]
    return mapped, 2.0**bits - 1


def _table(data: object, entries: int, *, little_endian: bool) -> np.ndarray:
    """The entries as uint16, from 16-bit words or from two 8-bit entries in each word."""
    if isinstance(data, bytes):
        data = np.frombuffer(data, dtype="<u2" if little_endian else ">u2").astype("<u2")
        if data.size < entries:
            data = data.view(np.uint8)
    table = np.asarray(data, dtype=np.uint16).reshape(-1)[:entries]
    if table.size != entries:
        raise ValueError
    return table


def _numbers(ds: Dataset, keyword: str) -> tuple[float, ...]:
    """The values of a tag as sane numbers, or nothing if one of them is not."""
    value = ds.get(keyword)
    try:
        numbers = tuple(float(each) for each in (value if isinstance(value, MultiValue | list) else [value]))
    except (TypeError, ValueError, OverflowError):
        return ()
    return numbers if all(math.isfinite(each) and abs(each) < 1e9 for each in numbers) else ()


def _window(ds: Dataset) -> tuple[float, float, str] | None:
    """Centre, width and shape of the first window that the file offers (PS3.3 C.11.2.1.2), if it makes sense."""
    centres, widths = _numbers(ds, "WindowCenter"), _numbers(ds, "WindowWidth")
    shape = str(ds.get("VOILUTFunction") or "LINEAR")
    narrowest = 1.0 if shape == "LINEAR" else 1e-6
    if not centres or not widths or widths[0] < narrowest or shape not in ("LINEAR", "LINEAR_EXACT", "SIGMOID"):
        return None
    return centres[0], widths[0], shape


def _windowed(values: np.ndarray, centre: float, width: float, shape: str) -> np.ndarray:
    """(H, W) float32 in 0..1: below the window black, above it white (PS3.3 C.11.2.1.2.1, C.11.2.1.3)."""
    grey = values.astype(np.float32)
    if shape == "LINEAR":  # counts whole grey levels: half a level to the left, one level narrower
        centre, width = centre - 0.5, max(width - 1, 1e-6)
    grey -= np.float32(centre)
    if shape == "SIGMOID":
        return 1 / (1 + np.exp(np.clip(-4 * grey / np.float32(width), -80, 80)))
    grey /= np.float32(width)
    grey += np.float32(0.5)
    return np.clip(grey, 0.0, 1.0, out=grey)


def _spacing(ds: Dataset) -> tuple[float, float] | None:
    for keyword in ("PixelSpacing", "ImagerPixelSpacing"):
        numbers = _numbers(ds, keyword)
        if len(numbers) == 2 and min(numbers) > 0:
            return numbers[0], numbers[1]
    return None
