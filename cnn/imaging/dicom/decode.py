"""Decode an uploaded DICOM file. No tag other than those listed in ``tags`` is ever parsed."""

from dataclasses import replace

import numpy as np
from PIL import Image

from cnn.imaging.dicom import grey
from cnn.imaging.dicom.pixels import decode_pixels, extract_values
from cnn.imaging.dicom.tables import apply_palette
from cnn.imaging.dicom.tags import Header, check_format, parse
from cnn.imaging.grayscale import Decoded


def decode(data: bytes) -> Decoded:
    """Decode a single-frame DICOM image along the standard's grey pipeline (PS3.4 N.2).

    Stored values, then modality LUT or rescale, then VOI LUT or window; the inversion of MONOCHROME1 is left to
    :func:`cnn.imaging.grayscale.to_gray`.

    Args:
        data: a DICOM file (PS3.10); preamble and file meta information may be missing.

    Raises:
        Unreadable: damaged, not allowed or too large, judged from the declared values before decoding.
    """
    header = parse(data)
    form = check_format(header)
    words, precision, frame_signed = decode_pixels(header, form)
    beyond = grey.take_padding(words, form, header)
    stored, form = extract_values(words, form, header, precision, frame_signed=frame_signed)
    del words  # may have 80 MB
    if stored.ndim == 2 and form.photometric != "PALETTE COLOR":
        decoded = grey.to_decoded(stored, form, header, beyond)
    else:
        colours = stored if stored.ndim == 3 else apply_palette(stored, form, header)
        if colours.dtype != np.uint8:
            colours = np.clip(colours >> max(form.stored - 8, 0), 0, 255).astype(np.uint8)
        mode = "YCbCr" if header.colour_space in ("YBR_FULL", "YBR_FULL_422") else "RGB"
        image = Image.frombuffer(mode, (form.columns, form.rows), np.ascontiguousarray(colours), "raw", mode, 0, 1)
        decoded = Decoded(image, 0, 255, tuple(header.notes))
    return replace(decoded, pixel_spacing_mm=_pixel_spacing(header))


def _pixel_spacing(header: Header) -> tuple[float, float] | None:
    for keyword in ("PixelSpacing", "ImagerPixelSpacing"):
        numbers = header.decimals.get(keyword, ())
        if len(numbers) == 2 and min(numbers) > 0:
            return numbers[0], numbers[1]
    return None
