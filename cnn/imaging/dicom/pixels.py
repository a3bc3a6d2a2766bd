"""From the Pixel Data of a DICOM file to stored values: decoders, missing ends, and the bits that are used."""

from dataclasses import replace
from typing import Any

import numpy as np
from pydicom import uid
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import Decoder, get_decoder

from cnn.imaging.decoder_limits import CUT_OFF, Unreadable, check_jpeg, check_jpeg_2000
from cnn.imaging.dicom.tags import PLUGINS, Header, PixelFormat, name_tag

_LOSSLESS_JPEG = {syntax: Decoder(syntax) for syntax in (uid.JPEGLossless, uid.JPEGLosslessSV1)}
"""Decoders of our own: the plugin would change pydicom's for the whole process."""
for _decoder in _LOSSLESS_JPEG.values():
    _decoder.add_plugin(PLUGINS[_decoder.UID], ("pydicom_jpeg_decoder", "decode_frame"))

_JPEG_2000 = (uid.JPEG2000Lossless, uid.JPEG2000)
_WHOLE_ONLY = (*_JPEG_2000, uid.JPEGLSLossless, uid.JPEGLSNearLossless)
_END = b"\xff\xd9"  # of JPEG, JPEG-LS and JPEG 2000
_BLOCK_ROWS = 16  # that a baseline JPEG decodes at once
_ROWS_COMPARED = 256
_UNCORRECTED: dict[str, Any] = dict.fromkeys(
    ("correct_unused_bits", "apply_j2k_sign_correction", "apply_jls_sign_correction"), False
)


def decoder_of(syntax: uid.UID) -> Decoder:
    """Return pydicom's decoder of a transfer syntax, with the plugin that is used for it."""
    return _LOSSLESS_JPEG.get(syntax) or get_decoder(syntax)


def decode_pixels(header: Header, form: PixelFormat) -> tuple[np.ndarray, int, bool]:
    """Return the stored words, the bits that they may use, and whether they are negative beyond their own sign bit.

    Returns:
        Words (H, W) or (H, W, 3), unsigned, as the decoder of the table gives them and no other; the precision of the
        frame, and whether the frame says itself that it is signed.

    Raises:
        Unreadable: cut off by more than the last row, damaged, or of another size than declared.
    """
    if header.syntax not in PLUGINS:
        return _decode_native(header, form), form.allocated, False
    if header.syntax == uid.RLELossless:  # has no size of its own, and its decoder stops at the declared one
        return _decode_rle(header, form), form.allocated, False
    frame, complete = _find_end(header)
    codestream = check_jpeg_2000(frame) if header.syntax in _JPEG_2000 else check_jpeg(frame + _END * (not complete))
    size = codestream.width, codestream.height
    if size != (form.columns, form.rows) or codestream.components != form.samples:
        raise Unreadable(
            "declares another size than its compressed picture has, as Columns (0028,0011), Rows (0028,0010) or"
            " Samples per Pixel (0028,0002): export it again"
        )
    if header.syntax == uid.JPEGExtended12Bit and codestream.precision > 8:
        raise Unreadable("is stored as JPEG Extended with 12 bits, not read here: export it as uncompressed DICOM")
    if complete:
        words = _run_decoder(header, form, frame)
    elif header.syntax in _WHOLE_ONLY:  # their streams can be checked, and nothing but the marker may be missing
        words = _run_decoder(header, form, frame + _END)
    else:
        words = _decode_without_end(header, form, frame)
    return words, codestream.precision, codestream.signed


def _find_end(header: Header) -> tuple[bytes, bool]:
    """Return the frame without its padding, and whether its end marker is there; note where it is not."""
    frame = header.pixels.rstrip(b"\0")
    if frame.endswith(_END):
        return frame, True
    header.notes.append("The end marker of the compressed picture is missing.")
    return frame.removesuffix(b"\xff"), False


def _decode_native(header: Header, form: PixelFormat) -> np.ndarray:
    subsampled = form.photometric == "YBR_FULL_422"  # two bytes a pixel
    row = form.columns * (2 if subsampled else form.samples) * form.allocated // 8
    missing = row * form.rows - len(header.pixels)
    if missing > row:
        raise Unreadable(
            f"{CUT_OFF}: {missing:,} bytes of {name_tag('PixelData')} are missing: copy or export it again"
        )
    pixels = header.pixels
    if missing > 0:
        pixels += pixels[len(pixels) - row : len(pixels) - row + missing]
        header.notes.append(f"The last {missing} bytes are missing: filled from the row above.")
    return _run_decoder(header, form, pixels)


def _decode_rle(header: Header, form: PixelFormat) -> np.ndarray:
    try:
        return _run_decoder(header, form, header.pixels)
    except Unreadable:
        row = b"\0" * (2 * form.columns)  # zeros, one by one (PS3.5 annex G)
        words = _run_decoder(header, form, header.pixels + row)
    words[-1] = words[-2]
    header.notes.append("The compressed picture is cut off in the last row: filled from the row above.")
    return words


def _decode_without_end(header: Header, form: PixelFormat, frame: bytes) -> np.ndarray:
    """Decode a JPEG without end marker with two fillers: rows in which they differ are missing."""
    filler = bytes(2 * form.columns * _BLOCK_ROWS)
    words, other = (_run_decoder(header, form, frame + bits + _END) for bits in (filler, b"\x55" * len(filler)))
    missing = np.flatnonzero((words != other).reshape(form.rows, -1).any(axis=1))
    if not missing.size:
        return words
    first = int(missing[0])
    allowed = 1 if header.syntax in (uid.JPEGLossless, uid.JPEGLosslessSV1) else _BLOCK_ROWS
    if first < form.rows - allowed:
        share = 1 - first / form.rows
        raise Unreadable(f"{CUT_OFF}: the lowest {share:.0%} of its picture are missing: copy or export it again")
    words[first:] = words[first - 1]
    header.notes.append("The compressed picture is cut off in the last row: filled from the row above.")
    return words


def _run_decoder(header: Header, form: PixelFormat, pixels: bytes) -> np.ndarray:
    """Return unsigned words (H, W) or (H, W, 3); the library corrects neither signs, unused bits nor colours."""
    syntax = header.syntax
    plugin = PLUGINS.get(syntax, "")
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.set_original_encoding(syntax.is_implicit_VR, syntax.is_little_endian)
    ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.NumberOfFrames = form.rows, form.columns, form.samples, 1
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = form.allocated, form.stored, form.high, 0
    ds.PhotometricInterpretation, ds.PlanarConfiguration = form.photometric, form.planar
    ds.PixelData = encapsulate([pixels]) if plugin else pixels
    ds["PixelData"].VR = "OB" if plugin else header.pixels_vr
    try:
        words, decoded = decoder_of(syntax).as_array(ds, raw=True, index=0, decoding_plugin=plugin, **_UNCORRECTED)
        header.colour_space = str(decoded["photometric_interpretation"])
        return np.require(words.astype(words.dtype.newbyteorder("="), copy=False), requirements="W")
    except (Unreadable, MemoryError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # anything may be raised by hostile pixels; the Rust decoders panic outside Exception
        if plugin:
            raise Unreadable(
                f"{CUT_OFF}, damaged or of a rare kind of {syntax.name}: its {name_tag('PixelData')} cannot be decoded:"
                " export it as uncompressed DICOM or as PNG"
            ) from None
        raise Unreadable(f"has {name_tag('PixelData')} that cannot be decoded: export it again") from None


def extract_values(
    words: np.ndarray, form: PixelFormat, header: Header, precision: int, *, frame_signed: bool
) -> tuple[np.ndarray, PixelFormat]:
    """Return the stored values in the words of a decoder, and the format that they really have.

    The value is ``(word >> (HighBit + 1 - BitsStored)) & mask``, with the sign of its highest bit (PS3.5 8.1.1). Where
    other bits hold anything that the file does not declare to be an overlay, the smoother reading is taken.

    Args:
        words: unsigned, (H, W) or (H, W, 3).
        form: as declared.
        header: for the declared overlays, and the notes.
        precision: bits of a compressed frame.
        frame_signed: whether the frame declares itself to be signed; the decoder has then added half of its range.
    """
    if frame_signed:
        words = words - words.dtype.type(1 << (precision - 1))  # wraps to two's complement
    if form.high >= precision:  # the frame has fewer bits than the file says, and all of them are used
        form = replace(form, high=min(form.stored, precision) - 1)
        if form.signed:
            form = replace(form, stored=form.high + 1)
    shift = max(form.high + 1 - form.stored, 0)
    if form.stored == form.allocated and not shift:
        return (words.view(f"i{words.dtype.itemsize}") if form.signed else words), form
    full = (1 << form.allocated) - 1
    used = ((1 << form.stored) - 1) << shift
    overlays = header.overlay_mask() & full & ~used
    others = full & ~used & ~overlays
    present = int(np.bitwise_or.reduce(words, axis=None))  # without a copy of the picture
    if present & overlays:
        header.notes.append("Left out the overlay that is stored in the pixels (60xx,0102).")
    values = _take_bits(words, shift, form.stored, signed=form.signed)
    if not present & others:
        return values, form
    rest = words & others
    if form.signed and not shift and _extends_sign(rest, values, others):
        return values, form
    return _choose_reading(words & ~words.dtype.type(overlays), values, rest, form, header)


def _take_bits(words: np.ndarray, shift: int, bits: int, *, signed: bool) -> np.ndarray:
    """Return bits ``shift`` to ``shift + bits - 1`` of unsigned words, signed as their highest one says."""
    width = 8 * words.dtype.itemsize
    shifted = words << (width - bits - shift)
    result: np.ndarray = (shifted.view(f"i{words.dtype.itemsize}") if signed else shifted) >> (width - bits)
    return result


def _extends_sign(rest: np.ndarray, values: np.ndarray, others: int) -> bool:
    return bool((rest[values < 0] == others).all() and not rest[values >= 0].any())


def _choose_reading(
    words: np.ndarray, values: np.ndarray, rest: np.ndarray, form: PixelFormat, header: Header
) -> tuple[np.ndarray, PixelFormat]:
    """Return ``values``, or all used bits of ``words`` where that is the smoother picture; note which."""
    bits, stored = int(words.max()).bit_length(), form.stored
    whole = words.view(f"i{words.dtype.itemsize}") if form.signed else words
    if form.high + 1 > stored:  # something is below the declared bits
        if bits <= stored:
            header.notes.append(f"{name_tag('HighBit')} says {form.high}, but the lower {stored} bits are used.")
            lower = replace(form, high=stored - 1)
            return _take_bits(words, 0, stored, signed=form.signed), lower
    else:
        rows = np.flatnonzero(rest.reshape(len(rest), -1).any(axis=1))
        rows = rows[:: -(-rows.size // _ROWS_COMPARED)]
        if _roughness(whole[rows]) < _roughness(values[rows]):
            bits = form.allocated if form.signed else bits
            header.notes.append(f"The values use {bits} bits: {name_tag('BitsStored')} says {stored}, read all.")
            return whole, replace(form, stored=bits, high=bits - 1, highest=float(whole.max()))
    header.notes.append(f"Left out bits outside of the {stored} that {name_tag('BitsStored')} declares.")
    return values, form


def _roughness(values: np.ndarray) -> float:
    return float(np.abs(np.diff(values.astype(np.float32), axis=1)).sum())
