"""What every file format shares on its way to grey: limits on size, the colour rule, one scale from 0 to 1."""

import numpy as np
from PIL import Image, ImageChops

MAX_PIXELS = 40_000_000
MIN_SIDE = 64
MAX_ASPECT = 10  # a strip; the longest films (whole spine, whole leg) are about 1 : 4

_SAMPLE_PIXELS = 20_000  # the colour rule looks at an even grid of at most this many pixels
_STRAY_CHROMA = 0.10  # distance from the picture's own tint that an eye sees as another colour
_STRONG_CHROMA = 0.40  # no tinted film or monitor is as colourful as this
_COLOUR_SHARE = 0.05  # markers, rulers and stamps cover less
_GREY_CHROMA = 0.02  # less, on average, is the rounding of a JPEG


class Unreadable(Exception):
    """Why a file cannot be read, worded to follow its name: ``is empty: save or export it again``."""


def check_size(width: int, height: int) -> None:
    """Refuse a picture by its declared size, before any pixel is decoded.

    Raises:
        Refused: more than ``MAX_PIXELS``, a side under ``MIN_SIDE`` or over ``MAX_ASPECT`` times the other.
    """
    size = f"is {width} × {height} pixels"
    if width * height > MAX_PIXELS:
        raise Unreadable(f"{size}, and at most {MAX_PIXELS // 1_000_000} million can be read: make it smaller first")
    if min(width, height) < MIN_SIDE:
        raise Unreadable(f"{size}, and each side must have at least {MIN_SIDE}: use the picture at its full size")
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise Unreadable(f"{size}, a strip rather than a radiograph: use the whole picture")


def grey_of_colour(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    """Take the grey of a picture that is stored with colour, transparency or both.

    Transparent parts show black, the background of a radiograph. Luminance is that of ITU-R BT.601.

    Args:
        image: mode RGB, RGBA or LA.

    Returns:
        The picture in mode L, and notes on what was done.

    Raises:
        Refused: the picture has colours of its own, beyond one tint or a small marker.
    """
    notes = []
    if image.mode != "LA":
        share, chroma = _colours(image)
        if share > _COLOUR_SHARE:
            raise Unreadable(
                f"has colour and does not look like a radiograph ({share:.0%} of its pixels are coloured):"
                " choose a chest X-ray in greys"
            )
        if share or chroma > _GREY_CHROMA:
            notes.append("Turned a little colour into grey.")
    grey = image.convert("L")
    if image.mode in ("LA", "RGBA"):
        alpha = image.getchannel("A")
        if np.asarray(alpha).min() < 255:
            grey = ImageChops.multiply(grey, alpha)
            notes.append("Put transparent parts on black.")
    return grey, tuple(notes)


def scale_greys(
    values: np.ndarray, low: float, high: float, *, ignore: np.ndarray | None = None
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Bring stored greys to 0..1 by their declared range, or by the used one where little of the depth is used.

    A 12-bit film in a 16-bit file would come out nearly black on the declared range, so a picture deeper than 8 bits
    which uses less than half of it is stretched to its darkest and brightest pixel.

    Args:
        values: (H, W), any real dtype.
        low, high: the declared range.
        ignore: (H, W) bool, pixels that do not count for the used range.

    Returns:
        (H, W) float32 in 0..1, and a note where the picture was stretched.
    """
    if values.dtype == np.uint8 and (low, high) == (0, 255):  # nearly every upload, and none can leave 0..1
        return np.divide(values, np.float32(255), dtype=np.float32), ()
    notes: tuple[str, ...] = ()
    if high - low > 255:
        seen = True if ignore is None else ~ignore
        darkest = float(values.min(where=seen, initial=values.max()))
        brightest = float(values.max(where=seen, initial=values.min()))
        if darkest < brightest and brightest - darkest < (high - low) / 2:
            notes = (f"Stretched the greys: {darkest:g} to {brightest:g} of {low:g} to {high:g} are used.",)
            low, high = darkest, brightest
    grey = np.subtract(values, np.float32(low), dtype=np.float32)
    if not high > low:
        return np.zeros_like(grey), ()
    grey /= np.float32(high - low)
    return np.clip(grey, 0.0, 1.0, out=grey), notes


def _colours(image: Image.Image) -> tuple[float, float]:
    """Share of pixels whose colour is strong or stray, and the mean chroma (largest minus smallest channel, 0..1).

    A film photographed on a light box, or saved with a bluish or sepia tint, has one hue that follows its brightness.
    That tint does not count, only what strays from it; nor does a marker become the tint of its own brightness.
    """
    rgb = _grid(image)
    luminance = rgb @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    difference = rgb[:, [2, 0]] - luminance[:, None]  # blue and red minus luminance, as Cb and Cr
    chroma = rgb.max(axis=-1) - rgb.min(axis=-1)
    strong = chroma > _STRONG_CHROMA
    shares = [
        (strong | (np.hypot(*(difference - tint).T) > _STRAY_CHROMA)).mean()
        for tint in (0, _tint(luminance, difference))
    ]
    return float(min(shares)), float(chroma.mean())


def _tint(luminance: np.ndarray, difference: np.ndarray) -> np.ndarray:
    """The usual colour difference at the brightness of each pixel, (N, 2), one level in sixteen being outvoted."""
    level = (luminance * 15.999).astype(np.intp)
    met = np.unique(level)
    medians = np.array([np.median(difference[level == each], axis=0) for each in met])
    curve = np.column_stack([np.interp(np.arange(-1, 17), met, each) for each in medians.T])
    return np.median([curve[:-2], curve[1:-1], curve[2:]], axis=0)[level]


def _grid(image: Image.Image) -> np.ndarray:
    """Every k-th pixel of every k-th row as (N, 3) float32 in 0..1, transparent parts black."""
    step = int(np.ceil(np.sqrt(image.width * image.height / _SAMPLE_PIXELS)))
    size = (max(image.width // step, 1), max(image.height // step, 1))
    pixels = np.asarray(image.resize(size, Image.Resampling.NEAREST), dtype=np.float32) / 255
    rgb = pixels[..., :3] * pixels[..., 3:] if pixels.shape[-1] == 4 else pixels
    return rgb.reshape(-1, 3)
