"""The heaviest films of every accepted format: few bytes, as many pixels as allowed, every step of the greys."""

from collections.abc import Callable

import numpy as np
from PIL import Image
from pydicom import uid

from tests.imaging.corpus.build import (
    compressed,
    dicom,
    jpeg_2000,
    jpeg_ls_stream,
    lines,
    lut,
    picture,
    png,
    rle,
    saved,
)

HEIGHT, WIDTH = 5000, 8000
COLOUR_SIDE = 4000
GREY_STEPS = {"RescaleSlope": 2, "RescaleIntercept": -5, "PixelPaddingValue": 0, "VOILUTFunction": "SIGMOID"}
"""Tags that make the grey pipeline as long as it can be: rescale, padding, and a window with an exponential."""
WINDOW = {"WindowCenter": 66000, "WindowWidth": 60000}


def grey(bits: int = 8) -> np.ndarray:
    """Return (HEIGHT, WIDTH) greys that compress well, with a black rim as films have."""
    greys = np.repeat(np.repeat(picture(bits, HEIGHT // 10, WIDTH // 10), 10, 0), 10, 1)
    greys[:450] = 0
    return greys


def image(mode: str = "L") -> Image.Image:
    """Return :func:`grey` as an image of ``mode``."""
    return Image.fromarray(grey()).convert(mode)


def square(bits: int = 8) -> np.ndarray:
    """Return (COLOUR_SIDE, COLOUR_SIDE) greys: as large as a picture in colour may be."""
    return grey(bits)[:COLOUR_SIDE, :COLOUR_SIDE]


def small_image(mode: str) -> Image.Image:
    """Return :func:`square` as an image of ``mode``."""
    return Image.fromarray(square()).convert(mode)


def _steps() -> dict[str, object]:
    return {**GREY_STEPS, **WINDOW}


def _table() -> dict[str, object]:
    return {"VOILUTSequence": lut(np.arange(65536) // 2 * 2 + 1, 0, 16)}


def _colour_tables() -> dict[str, object]:
    tags: dict[str, object] = {"PhotometricInterpretation": "PALETTE COLOR"}
    for colour in ("Red", "Green", "Blue"):
        tags[f"{colour}PaletteColorLookupTableDescriptor"] = [256, 0, 8]
        tags[f"{colour}PaletteColorLookupTableData"] = bytes(range(256))
    return tags


def _ybr(**options: object) -> bytes:
    frame = saved(small_image("RGB"), "JPEG", progressive=True, **options)
    values = np.broadcast_to(np.uint8(0), (COLOUR_SIDE, COLOUR_SIDE, 3))
    return compressed(values, uid.JPEGBaseline8Bit, frame, PhotometricInterpretation="YBR_FULL_422")


WORST: dict[str, Callable[[], bytes]] = {
    "grey8.png": lambda: saved(image(), "PNG"),
    "grey16.png": lambda: saved(Image.fromarray(grey(16)), "PNG"),
    "grey16 interlaced.png": lambda: _interlaced(),
    "grey and alpha.png": lambda: saved(small_image("LA"), "PNG"),
    "rgba8.png": lambda: saved(small_image("RGBA"), "PNG"),
    "rgb16.png": lambda: png(COLOUR_SIDE, COLOUR_SIDE, 16, 2, lines(np.repeat(square(16)[..., None], 3, 2))),
    "palette.png": lambda: saved(small_image("P"), "PNG"),
    "palette, transparent.png": lambda: saved(small_image("P"), "PNG", transparency=3),
    "black and white.png": lambda: saved(image("1"), "PNG"),
    "grey, progressive.jpg": lambda: saved(image(), "JPEG", progressive=True),
    "rgb, progressive.jpg": lambda: saved(image("RGB"), "JPEG", progressive=True, subsampling=0),
    "rgb, cut off.jpg": lambda: saved(image("RGB"), "JPEG", progressive=True, subsampling=0)[:-2],
    "rgb, on its side.jpg": lambda: saved(
        image("RGB"), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"
    ),
    "cmyk, progressive.jpg": lambda: saved(image("CMYK"), "JPEG", progressive=True),
    "native 8.dcm": lambda: dicom(grey()[: HEIGHT - 10], **_steps()),
    "jpeg 2000.dcm": lambda: compressed(grey(16), uid.JPEG2000Lossless, jpeg_2000(grey(16)), **_steps()),
    "jpeg-ls.dcm": lambda: compressed(grey(16), uid.JPEGLSLossless, jpeg_ls_stream(grey(16), 16), **_steps()),
    "jpeg-ls, table.dcm": lambda: compressed(grey(16), uid.JPEGLSLossless, jpeg_ls_stream(grey(16), 16), **_table()),
    "rle.dcm": lambda: compressed(grey(16), uid.RLELossless, rle(grey(16)), **_steps()),
    "palette rle.dcm": lambda: compressed(square(), uid.RLELossless, rle(square()), **_colour_tables()),
    "jpeg.dcm": lambda: compressed(grey(), uid.JPEGBaseline8Bit, saved(image(), "JPEG", progressive=True), **_steps()),
    "ybr.dcm": lambda: _ybr(subsampling=1),
    "jpeg 2000, colour.dcm": lambda: compressed(
        np.broadcast_to(np.uint8(0), (COLOUR_SIDE, COLOUR_SIDE, 3)),
        uid.JPEG2000,
        jpeg_2000(np.repeat(square()[..., None], 3, 2)),
        PhotometricInterpretation="YBR_ICT",
    ),
}
"""Name of a film: makes its bytes."""


def _interlaced() -> bytes:
    """Return an Adam7 PNG, which a decoder must hold whole."""
    greys, raw = grey(16), b""
    for top, left, down, across in (
        (0, 0, 8, 8),
        (0, 4, 8, 8),
        (4, 0, 8, 4),
        (0, 2, 4, 4),
        (2, 0, 4, 2),
        (0, 1, 2, 2),
        (1, 0, 2, 1),
    ):
        raw += lines(greys[top::down, left::across])
    return png(WIDTH, HEIGHT, 16, 0, raw, lace=1)
