"""From a decoded image of any format to grey values from 0 to 1, the same way for every format."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops

from cnn.imaging.decoder_limits import Unreadable

# The limits of the colour rule. Chroma is the largest minus the smallest channel, in 0..1.
_SAMPLE_PIXELS = 20_000  # at most this many pixels are looked at, on an even grid
_STRAY_CHROMA = 0.10  # distance from the image's own tint that an eye sees as another colour
_STRONG_CHROMA = 0.70  # no tinted film, lamp or monitor is as colourful as this
_MAX_COLOURED_SHARE = 0.05  # markers, rulers and stamps cover less
_PERCENTILE_PIXELS = 1_000_000  # at most this many are looked at for percentiles
_BLOCK_ROWS = 256  # of a picture that is worked on in pieces
_GREY_CHROMA = 0.02  # less, on average, is the rounding of a JPEG


@dataclass(frozen=True)
class Decoded:
    """An image as its file stores it, ready for :func:`to_gray`.

    Attributes:
        values: grey values (H, W) of any real dtype; or an image of mode RGB, YCbCr, RGBA or LA, where the file has
            colour or transparency.
        low: smallest grey value that the file declares.
        high: largest grey value that the file declares.
        notes: what the decoder did to the stored values, one short sentence each, in order.
        padding: (H, W) bool, pixels that the file declares to be outside of the image.
        inverted: whether low values are bright.
        high_bytes_only: whether the file has 16 bits per channel of which the decoder returns the upper 8.
        stretch: whether the greys may be stretched to those used; not after a window of the file.
        pixel_spacing_mm: (row, column) distance of pixel centres.
        stored: (H, W) grey values of the file before any table or window; None where the file has colour.
    """

    values: np.ndarray | Image.Image
    low: float
    high: float
    notes: tuple[str, ...] = ()
    padding: np.ndarray | None = None
    inverted: bool = False
    high_bytes_only: bool = False
    stretch: bool = True
    pixel_spacing_mm: tuple[float, float] | None = None
    stored: np.ndarray | None = None


def to_gray(decoded: Decoded) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the image as (H, W) float32 from 0, black, to 1, white, and notes on all that was done to it.

    Values of type float32 are changed in place: a large film has 160 MB of them.

    Raises:
        Unreadable: the image has colours of its own, uses only low bits that are lost, or is one single grey.
    """
    notes = list(decoded.notes)
    values = decoded.values
    if isinstance(values, Image.Image):
        values = _remove_colour(values, notes)
    grey = _scale(values, decoded, notes)
    if decoded.inverted:
        np.subtract(1.0, grey, out=grey)
    if decoded.padding is not None:
        grey[decoded.padding] = 0.0
        notes.append("Made the padding around the picture black.")
    if decoded.high_bytes_only:
        if np.ptp(grey) < 0.25:
            raise Unreadable("hides its greys in the low bits of a 16-bit colour PNG: save it as a 16-bit grey PNG")
        notes.append("Used the upper 8 of 16 bits, since the PNG has colour or transparency.")
    if _is_constant(grey):
        raise Unreadable("shows one single grey everywhere: choose a file with a picture in it")
    return grey, tuple(notes)


def _remove_colour(image: Image.Image, notes: list[str]) -> np.ndarray:
    """Return luminance (ITU-R BT.601) as (H, W) uint8; transparent parts show black, a radiograph's background."""
    if image.mode != "LA":
        coloured, mean_chroma = _measure_colour(image)
        if coloured > _MAX_COLOURED_SHARE:
            raise Unreadable(
                f"has colour and does not look like a radiograph ({coloured:.0%} of its pixels are coloured):"
                " choose a chest X-ray in greys"
            )
        if coloured or mean_chroma > _GREY_CHROMA:
            notes.append("Took the greys of a picture with a tint or a little colour.")
    grey = image.getchannel("Y") if image.mode == "YCbCr" else image.convert("L")
    if image.mode in ("LA", "RGBA"):
        alpha = image.getchannel("A")
        if np.asarray(alpha).min() < 255:
            grey = ImageChops.multiply(grey, alpha)
            notes.append("Put transparent parts on black.")
    return np.asarray(grey)


def _scale(values: np.ndarray, decoded: Decoded, notes: list[str]) -> np.ndarray:
    """Map the declared range to 0..1, or the used one where little of the depth is used.

    A 12-bit film in a 16-bit file would be nearly black on the declared range, so an image deeper than 8 bits that uses
    less than half of it is stretched to its darkest and brightest pixel, outliers left out.
    """
    low, high = decoded.low, decoded.high
    if values.dtype == np.uint8 and (low, high) == (0, 255):  # nearly every upload; cannot leave 0..1
        return values / np.float32(255)
    if decoded.stretch:
        darkest, brightest, outliers = _find_used_range(values, decoded.padding)
        if darkest < brightest and brightest - darkest < (high - low) / 2:
            notes.append(f"Stretched the greys: {darkest:g} to {brightest:g} of {low:g} to {high:g} are used.")
            if outliers:
                share = f"{outliers:.2%}" if outliers >= 0.0001 else "under 0.01%"
                notes.append(f"Clipped {share} of the pixels, far darker or brighter than the others.")
            low, high = darkest, brightest
    grey: np.ndarray = values if values.dtype == np.float32 else np.empty(values.shape, np.float32)
    np.subtract(values, np.float32(low), out=grey, dtype=np.float32)
    if not high > low:
        return np.zeros_like(grey)
    grey /= np.float32(high - low)
    np.clip(grey, 0.0, 1.0, out=grey)
    return grey


def _find_used_range(values: np.ndarray, padding: np.ndarray | None) -> tuple[float, float, float]:
    """Return the darkest and the brightest value outside of the padding, and the share of outliers left out.

    An outlier, a stuck pixel or a burned-in marker, is further from the middle nine tenths of the values than these
    are wide.
    """
    counted = True if padding is None else ~padding
    darkest = float(values.min(where=counted, initial=values.max()))
    brightest = float(values.max(where=counted, initial=values.min()))
    sample = every_kth(values, -(-values.size // _PERCENTILE_PIXELS), padding)
    low, high = (float(end) for end in np.percentile(sample, (5, 95)))
    lowest, highest = low - (high - low), high + (high - low)
    if not high > low or (lowest <= darkest and brightest <= highest):
        return darkest, brightest, 0.0
    usual = (values >= lowest) & (values <= highest)
    if padding is not None:
        usual &= ~padding
    total = values.size if padding is None else int((~padding).sum())
    darkest = float(values.min(where=usual, initial=high))
    brightest = float(values.max(where=usual, initial=low))
    return darkest, brightest, 1 - float(usual.sum()) / total


def every_kth(values: np.ndarray, k: int, padding: np.ndarray | None) -> np.ndarray:
    """Return every ``k``-th of ``values`` (H, W) outside of ``padding``, without a copy of all of them."""
    if padding is None:
        return values.ravel()[::k]
    parts, skipped = [], 0
    for start in range(0, len(values), _BLOCK_ROWS):
        rows = slice(start, start + _BLOCK_ROWS)
        counted = values[rows][~padding[rows]]
        parts.append(counted[skipped::k])
        skipped = (skipped - counted.size) % k
    return np.concatenate(parts)


def to_8_bits(pixels: np.ndarray) -> np.ndarray:
    """Return greys (H, W) from 0 to 1 as uint8, rounded; only a few rows at a time exist twice."""
    rounded = np.empty(pixels.shape, np.uint8)
    for start in range(0, len(pixels), _BLOCK_ROWS):
        rows = slice(start, start + _BLOCK_ROWS)
        rounded[rows] = np.round(pixels[rows] * 255)
    return rounded


def _is_constant(grey: np.ndarray) -> bool:
    sample = grey[::8, ::8]  # decides in a moment for nearly every image
    return bool(sample.min() == sample.max() and grey.min() == grey.max())


def _measure_colour(image: Image.Image) -> tuple[float, float]:
    """Return the share of pixels whose colour is strong or stray, and the mean chroma.

    A film photographed on a light box, under a lamp, or saved with a bluish or sepia tint has one hue that follows its
    brightness and changes slowly across the picture. That tint does not count, only what strays from it; nor does a
    marker become the tint of its own brightness.
    """
    rgb, across = _sample_pixels(image)
    chroma = rgb.max(axis=-1) - rgb.min(axis=-1)
    if not chroma.any():  # most films in colour are grey
        return 0.0, 0.0
    luminance = rgb @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    difference = rgb[:, [2, 0]] - luminance[:, None]  # blue and red minus luminance, as Cb and Cr
    shares = []
    for tint in (np.float32(0), _estimate_tint(luminance, difference)):
        stray = _distance_from_light(luminance, difference - tint, across) > _STRAY_CHROMA
        shares.append((stray | (chroma > _STRONG_CHROMA)).mean())
    return float(min(shares)), float(chroma.mean())


def _distance_from_light(luminance: np.ndarray, difference: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Return how far the colour difference (N, 2) strays from that of a light that changes slowly, (N,).

    The light's colour is a polynomial of second degree in the position, multiplied by the luminance, and fitted by
    least squares three times, each time without the fifth of the pixels that stray most.
    """
    x, y = across.T
    light = luminance[:, None] * np.column_stack([np.ones_like(x), x, y, x * y, x * x, y * y])
    used = np.full(len(luminance), True)
    for _ in range(3):
        coefficients = np.linalg.lstsq(light[used], difference[used], rcond=None)[0]
        distance: np.ndarray = np.hypot(*(difference - light @ coefficients).T)
        used = distance <= max(np.quantile(distance, 0.8), _GREY_CHROMA)
    return distance


def _estimate_tint(luminance: np.ndarray, difference: np.ndarray) -> np.ndarray:
    """Return the usual colour difference (N, 2) at the brightness of each pixel.

    It is the median over 16 levels of brightness, smoothed by a median of three, so that one odd level has no effect.
    """
    level = (luminance * 15.999).astype(np.intp)
    present = np.unique(level)
    medians = np.array([np.median(difference[level == each], axis=0) for each in present])
    curve = np.column_stack([np.interp(np.arange(-1, 17), present, channel) for channel in medians.T])
    smoothed: np.ndarray = np.median([curve[:-2], curve[1:-1], curve[2:]], axis=0)
    return smoothed[level]


def _sample_pixels(image: Image.Image) -> tuple[np.ndarray, np.ndarray]:
    """Return every k-th pixel of every k-th row and its position, both float32.

    Returns:
        Colours (N, 3) in 0..1, transparent parts black; positions (N, 2) from -1 to 1.
    """
    step = int(np.ceil(np.sqrt(image.width * image.height / _SAMPLE_PIXELS)))
    size = (max(image.width // step, 1), max(image.height // step, 1))
    sample = image.resize(size, Image.Resampling.NEAREST)
    pixels = np.asarray(sample.convert("RGB") if image.mode == "YCbCr" else sample, dtype=np.float32) / 255
    rgb = pixels[..., :3] * pixels[..., 3:] if pixels.shape[-1] == 4 else pixels
    y, x = np.mgrid[-1 : 1 : rgb.shape[0] * 1j, -1 : 1 : rgb.shape[1] * 1j].astype(np.float32)
    return rgb.reshape(-1, 3), np.column_stack([x.ravel(), y.ravel()])
