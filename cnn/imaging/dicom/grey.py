"""The grey pipeline of DICOM (PS3.4 N.2): stored values, modality LUT or rescale, VOI LUT or window, polarity."""

import math
from collections.abc import Iterator

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag

from cnn.imaging.decoder_limits import Unreadable
from cnn.imaging.dicom.tables import DamagedTable, look_up, read_lut
from cnn.imaging.dicom.tags import Header, PixelFormat, name_tag
from cnn.imaging.grayscale import Decoded, every_kth

_SHAPES = ("LINEAR", "LINEAR_EXACT", "SIGMOID")
_MOST_CLIPPED = 0.95  # share of pixels that a window may make black or white
_CLIPPED_NOTED = 0.5
_LEAST_CONTRAST = 0.05  # of 0..1, between the darkest and the brightest twentieth of the pixels
_SAMPLE_PIXELS = 1_000_000  # at most this many are looked at for a window
_MAX_CHOICES = 8  # windows or tables that are tried


def to_decoded(stored: np.ndarray, form: PixelFormat, header: Header, padding: np.ndarray | None) -> Decoded:
    """Apply modality LUT or rescale, then VOI LUT or window, to stored values (H, W).

    Args:
        stored: as the standard defines them.
        form: what the values really use.
        header: the tags.
        padding: (H, W) bool, pixels known to be no image, or None.

    Raises:
        Unreadable: one single grey, or a lookup table that is damaged and has no other beside it.
    """
    padding = _find_padding(stored, form, header, padding)
    _check_greys(stored, padding)
    notes = header.notes
    values, low, high = _apply_modality(stored, form, header)
    looked_up = _apply_voi_lut(values, header, signed=low < 0)
    greys = None if looked_up else _apply_windows(values, padding, header)
    stretch = not looked_up and greys is None and form.stored > 8
    if looked_up:
        values, high = looked_up
        low = 0.0
    elif greys is not None:
        values, low, high = greys, 0.0, 1.0
    inverted = _is_inverted(form, header)
    return Decoded(values, low, high, tuple(notes), padding, inverted, stretch=stretch, stored=stored)


def _check_greys(stored: np.ndarray, padding: np.ndarray | None) -> None:
    """Reject a picture of one grey, judged on its stored values outside of the padding."""
    first = stored.flat[0 if padding is None else int(padding.argmin())]
    different = stored != first if padding is None else (stored != first) & ~padding
    if not different.any():
        raise Unreadable(
            f"shows one single grey everywhere: all values in its Pixel Data (7FE0,0010) are {int(first)}:"
            " choose a file with a picture in it"
        )


def take_padding(words: np.ndarray, form: PixelFormat, header: Header) -> np.ndarray | None:
    """Return where words hold a padding value that is beyond the bits stored, and set them to 0."""
    values = header.decimals.get("PixelPaddingValue", ())
    low, high = _declared_range(form)
    if not values or not math.isfinite(values[0]) or low <= values[0] <= high or form.samples > 1:
        return None
    padding: np.ndarray = words == int(values[0]) % (1 << form.allocated)
    words[padding] = 0
    return padding


def _find_padding(
    stored: np.ndarray, form: PixelFormat, header: Header, beyond: np.ndarray | None
) -> np.ndarray | None:
    """Return (H, W) bool, pixels declared to be no image (PS3.3 C.7.5.1.1.2), or None if none or all are."""
    keys = ("PixelPaddingValue", "PixelPaddingRangeLimit")
    ends = [value for key in keys for value in header.decimals.get(key, ())[:1] if math.isfinite(value)]
    if not ends:
        return None
    if form.signed:  # the tag may be written as unsigned all the same
        ends = [value - 65536 if value > 32767 else value for value in ends]
    padding = (stored >= min(ends)) & (stored <= max(ends))
    if beyond is not None:
        padding |= beyond
    return padding if padding.any() and not padding.all() else None


def _declared_range(form: PixelFormat) -> tuple[float, float]:
    if form.signed:
        return -(2.0 ** (form.stored - 1)), 2.0 ** (form.stored - 1) - 1
    return 0.0, form.highest or 2.0**form.stored - 1


def _apply_modality(stored: np.ndarray, form: PixelFormat, header: Header) -> tuple[np.ndarray, float, float]:
    """Return values after the modality LUT or rescale (PS3.3 C.11.1), and the ends of their declared range."""
    low, high = _declared_range(form)
    for item in _items(header, "ModalityLUTSequence"):
        if _is_empty(item):
            header.notes.append(f"Ignored the empty {name_tag('ModalityLUTSequence')}.")
            continue
        try:
            entries, first, high = read_lut(item, header, signed=form.signed)
        except DamagedTable:
            raise Unreadable(_damaged("ModalityLUTSequence")) from None
        header.notes.append("Applied the value table of the file (modality LUT).")
        return look_up(stored, entries, first), 0.0, high
    slope, intercept = _read_rescale(header)
    if (slope, intercept) == (1, 0):
        return stored, low, high
    values = stored.astype(np.float32)
    values *= np.float32(slope)
    values += np.float32(intercept)
    low, high = sorted((low * slope + intercept, high * slope + intercept))
    return values, low, high


def _items(header: Header, keyword: str) -> list[Dataset]:
    value = header.ds.get(keyword)
    return list(value)[:_MAX_CHOICES] if isinstance(value, Sequence) else []


def _is_empty(item: Dataset) -> bool:
    parts = {Tag("LUTDescriptor"), Tag("LUTData")}
    return item.keys() <= {*parts, Tag("LUTExplanation")} and not any(item.get(part) for part in parts)


def _damaged(keyword: str) -> str:
    return f"has a damaged lookup table, {name_tag(keyword)}: export it again"


def _read_rescale(header: Header) -> tuple[float, float]:
    slopes, intercepts = (header.decimals.get(key, ()) for key in ("RescaleSlope", "RescaleIntercept"))
    if not slopes and not intercepts:
        return 1.0, 0.0
    slope, intercept = (slopes or (1.0,))[0], (intercepts or (0.0,))[0]
    for keyword, value, senseless in (
        ("RescaleSlope", slope, not abs(slope) > 1e-30),
        ("RescaleIntercept", intercept, not math.isfinite(intercept)),
    ):
        if senseless:
            what = "0" if value == 0 else "no number"
            header.notes.append(f"Ignored the rescale values of the file: {name_tag(keyword)} is {what}.")
            return 1.0, 0.0
    if not slopes:
        header.notes.append(f"{name_tag('RescaleSlope')} is missing: read as 1.")
    if not intercepts:
        header.notes.append(f"{name_tag('RescaleIntercept')} is missing: read as 0.")
    return slope, intercept


def _apply_voi_lut(values: np.ndarray, header: Header, *, signed: bool) -> tuple[np.ndarray, float] | None:
    """Return greys through the first VOI LUT that can be used (PS3.3 C.11.2.1.1) and their highest, or None."""
    damaged, tag = False, name_tag("VOILUTSequence")
    for item in _items(header, "VOILUTSequence"):
        if _is_empty(item):
            header.notes.append(f"Ignored an empty {tag}.")
            continue
        try:
            entries, first, high = read_lut(item, header, signed=signed)
        except DamagedTable:
            damaged = True
            continue
        greys = look_up(values, entries, first)
        if greys.min() == greys.max():
            header.notes.append(f"Ignored a {tag} that makes every pixel the same.")
            continue
        header.notes.append("Applied the grey table of the file (VOI LUT).")
        if entries.max() * 2.0 <= high:
            high = float(entries.max())
        return greys, high
    if damaged and not next(_read_windows(header, quiet=True), None):
        raise Unreadable(_damaged("VOILUTSequence"))
    if damaged:
        header.notes.append(f"Ignored a damaged {tag}.")
    return None


def _read_windows(header: Header, *, quiet: bool = False) -> Iterator[tuple[float, float, str]]:
    """Yield centre, width and shape of each window of the file (PS3.3 C.11.2.1.2) that can be one; note the others."""
    notes = [] if quiet else header.notes
    centres, widths = (header.decimals.get(key, ()) for key in ("WindowCenter", "WindowWidth"))
    declared = str(header.ds.get("VOILUTFunction") or "LINEAR").strip().upper()
    if declared not in _SHAPES:
        notes.append(f"Read an unknown {name_tag('VOILUTFunction')} as LINEAR.")
        declared = "LINEAR"
    if len(centres) != len(widths):
        notes.append("Ignored a grey window of the file that makes no sense: centre or width is missing.")
    for centre, width in zip(centres[:_MAX_CHOICES], widths, strict=False):
        if not math.isfinite(centre) or not width > 0:
            notes.append("Ignored a grey window of the file that makes no sense: " + _name_window(centre, width))
        elif declared == "LINEAR" and width < 1:
            notes.append(f"Read the grey window of width {width:g}, too narrow for LINEAR, as LINEAR_EXACT.")
            yield centre, width, "LINEAR_EXACT"
        else:
            yield centre, width, declared


def _name_window(centre: float, width: float) -> str:
    numbers = (f"{number:g}" if math.isfinite(number) else "no number" for number in (centre, width))
    return "centre {}, width {}.".format(*numbers)


def _apply_windows(values: np.ndarray, padding: np.ndarray | None, header: Header) -> np.ndarray | None:
    """Return (H, W) float32 in 0..1 through the first window that leaves a picture, or None."""
    step = -(-values.size // _SAMPLE_PIXELS)
    sample = every_kth(values, step, padding)
    for centre, width, shape in _read_windows(header):
        greys, name = _apply_window(sample, centre, width, shape), _name_window(centre, width)
        black, white = float((greys <= 0.001).mean()), float((greys >= 0.999).mean())
        if black + white > _MOST_CLIPPED:
            colour = "white" if white > black else "black"
            if min(black, white) > 0.02:
                colour = "black or white"
            share = black + white if colour == "black or white" else max(black, white)
            header.notes.append(
                f"Ignored a grey window of the file, which makes {_percent(share)} of it {colour}: {name}"
            )
        elif float(np.subtract(*np.percentile(greys, (95, 5)))) < _LEAST_CONTRAST:
            header.notes.append(f"Ignored a grey window of the file, which leaves hardly any contrast: {name}")
        else:
            header.notes.append(f"Applied the grey window of the file: {name}")
            if black + white > _CLIPPED_NOTED:
                header.notes.append(f"The grey window makes {_percent(black + white)} of the pixels black or white.")
            return _apply_window(values, centre, width, shape, in_place=True)
    return None


def _percent(share: float) -> str:
    return f"{100 * share:.1f}".removesuffix(".0") + " %"


def _apply_window(values: np.ndarray, centre: float, width: float, shape: str, *, in_place: bool = False) -> np.ndarray:
    """Return float32 in 0..1: 0 below the window, 1 above it (PS3.3 C.11.2.1.2.1, C.11.2.1.3)."""
    grey: np.ndarray = values.astype(np.float32, copy=not in_place)
    if shape == "LINEAR":  # counts whole grey levels: half a level to the left, one level narrower
        centre, width = centre - 0.5, max(width - 1, 1e-6)
    grey -= np.float32(centre)
    if shape == "SIGMOID":
        grey *= np.float32(-4)
        grey /= np.float32(width)
        np.clip(grey, -80, 80, out=grey)
        np.exp(grey, out=grey)
        grey += np.float32(1)
        np.reciprocal(grey, out=grey)
        return grey
    grey /= np.float32(width)
    grey += np.float32(0.5)
    np.clip(grey, 0.0, 1.0, out=grey)
    return grey


def _is_inverted(form: PixelFormat, header: Header) -> bool:
    """Return whether low values are bright, as Photometric Interpretation or Presentation LUT Shape says; note it."""
    shape = str(header.ds.get("PresentationLUTShape") or "").strip().upper()
    monochrome1 = form.photometric == "MONOCHROME1"
    if monochrome1:
        header.notes.append("Inverted: in this file low values are bright (MONOCHROME1).")
        if shape == "IDENTITY":
            header.notes.append(f"{name_tag('PresentationLUTShape')} IDENTITY disagrees with MONOCHROME1.")
    elif shape == "INVERSE":
        header.notes.append(f"Inverted: {name_tag('PresentationLUTShape')} is INVERSE, although MONOCHROME2.")
    return monochrome1 or shape == "INVERSE"
