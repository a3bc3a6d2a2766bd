"""Lookup tables of a DICOM file: modality and VOI LUTs, and palettes, plain or segmented."""

import numpy as np
from pydicom.dataset import Dataset

from cnn.imaging.decoder_limits import Unreadable
from cnn.imaging.dicom.tags import PALETTE, Header, PixelFormat, name_tag

_MAX_ENTRIES = 65536


class DamagedTable(Exception):
    """A lookup table whose descriptor and data do not fit."""


def read_lut(item: Dataset, header: Header, *, signed: bool) -> tuple[np.ndarray, int, float]:
    """Return entries, first mapped value and declared highest entry of a lookup table (PS3.3 C.11.1.1, C.11.2.1.1).

    Args:
        item: with LUT Descriptor and LUT Data.
        header: for the byte order.
        signed: whether the values that are mapped can be negative; then the first value is signed.

    Raises:
        DamagedTable: descriptor and data do not fit.
    """
    count, first, bits = read_descriptor(item.get("LUTDescriptor"), signed=signed)
    return _read_entries(item.get("LUTData"), count, header), first, 2.0**bits - 1


def read_descriptor(descriptor: object, *, signed: bool) -> tuple[int, int, int]:
    """Return number of entries, first mapped value and bits of an entry."""
    try:
        count, first, bits = (int(number) for number in descriptor)  # type: ignore[attr-defined]
    except (TypeError, ValueError, OverflowError):
        raise DamagedTable from None
    if not 8 <= bits <= 16 or not abs(count) <= _MAX_ENTRIES:
        raise DamagedTable
    if signed and first > 32767:  # the tag may be written as unsigned all the same
        first -= 65536
    return count % 65536 or _MAX_ENTRIES, first, bits


def look_up(values: np.ndarray, entries: np.ndarray, first: int) -> np.ndarray:
    """Map values (H, W) to (H, W) uint16; values before the first and behind the last entry take these."""
    mapped = np.empty(values.shape, dtype=np.uint16)
    for row, line in enumerate(values):  # row by row: an index of the whole image would take eight bytes a pixel
        mapped[row] = entries[np.clip(line.astype(np.float64) - first, 0, entries.size - 1).astype(np.intp)]
    return mapped


def _read_entries(data: object, count: int, header: Header) -> np.ndarray:
    """Return the entries as uint16, from 16-bit words or from two 8-bit entries in each word."""
    try:
        words = _to_words(data, header)
        if words.size < count:
            words = words.view(np.uint8)
        entries = words.astype(np.uint16)[:count]
    except (TypeError, ValueError, OverflowError):
        raise DamagedTable from None
    if entries.size != count:
        raise DamagedTable
    return entries


def _to_words(data: object, header: Header) -> np.ndarray:
    if isinstance(data, bytes):
        data = data[: len(data) // 2 * 2]
        return np.frombuffer(data, dtype="<u2" if header.syntax.is_little_endian else ">u2").astype("<u2")
    return np.asarray(data, dtype="<u2").reshape(-1)


def apply_palette(stored: np.ndarray, form: PixelFormat, header: Header) -> np.ndarray:
    """Return (H, W, 3) uint8 from indices (H, W) into the colour tables of the file (PS3.3 C.7.6.3.1.5, C.7.9.2).

    Raises:
        Unreadable: a table is missing or damaged; its tag is named.
    """
    tables = [_read_palette(colour, form, header) for colour in PALETTE]
    highest = max(int(entries.max()) for entries, _first, _bits in tables)
    rgb = np.empty((*stored.shape, 3), dtype=np.uint8)
    for channel, (entries, first, bits) in enumerate(tables):
        unused = 0 if highest <= 255 else bits - 8
        rgb[..., channel] = np.minimum(look_up(stored, entries, first) >> unused, 255)
    if highest <= 255 and tables[0][2] > 8:
        header.notes.append("The colour table says 16 bits and uses 8: read as 8.")
    return rgb


def _read_palette(colour: str, form: PixelFormat, header: Header) -> tuple[np.ndarray, int, int]:
    keyword = f"{colour}PaletteColorLookupTable"
    plain, segmented = header.ds.get(f"{keyword}Data"), header.ds.get(f"Segmented{keyword}Data")
    try:
        count, first, bits = read_descriptor(header.ds.get(f"{keyword}Descriptor"), signed=form.signed)
        if plain or not segmented:
            return _read_entries(plain, count, header), first, bits
        entries = np.array(_expand_segments(segmented, bits, header)[:count], dtype=np.uint16)
    except (DamagedTable, TypeError, ValueError, IndexError, OverflowError):
        raise Unreadable(
            f"has a missing or damaged lookup table, {name_tag(f'{keyword}Data')}: export it again"
        ) from None
    if entries.size != count:
        raise Unreadable(f"has a damaged lookup table, {name_tag(f'Segmented{keyword}Data')}: export it again")
    return entries, first, bits


def _expand_segments(data: object, bits: int, header: Header) -> list[int]:
    """Return the entries of a segmented palette (PS3.3 C.7.9.2): discrete, linear and indirect segments."""
    words = _to_words(data, header)
    numbers: list[int] = (words if bits > 8 else words.view(np.uint8)).tolist()
    entries = list[int]()
    starts = [(0, len(numbers))]
    while starts and len(entries) < _MAX_ENTRIES:
        position, segments = starts.pop()
        while position + 1 < len(numbers) and segments > 0 and len(entries) < _MAX_ENTRIES:
            kind, length = numbers[position], numbers[position + 1]
            segments -= 1
            if kind == 0:
                entries += numbers[position + 2 : position + 2 + length]
                position += 2 + length
            elif kind == 1:
                start, end = entries[-1], numbers[position + 2]
                entries += [round(start + (end - start) * step / length) for step in range(1, length + 1)]
                position += 3
            elif kind == 2 and not starts:  # a copy of earlier segments, whose offset is given in two parts
                size, parts = (2, numbers[position + 2 : position + 4]) if bits > 8 else (1, [])
                if not parts:
                    parts = [
                        int.from_bytes(bytes(numbers[position + at : position + at + 2]), "little") for at in (2, 4)
                    ]
                starts += [
                    (position + (4 if bits > 8 else 6), segments),
                    ((parts[0] + 65536 * parts[1]) // size, length),
                ]
                break
            else:
                raise DamagedTable
    return entries
