"""Files that can be read, each with the greys that it must give."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from tests.imaging.corpus.build import HEIGHT, WIDTH, grey_image, lines, picture, png, saved, unit


@dataclass(frozen=True)
class Good:
    """A file that can be read: its greys (H, W) in 0..1, how exact they are, what the notes must mention."""

    data: bytes
    greys: np.ndarray
    notes: tuple[str, ...] = ()
    within: float = 1e-6
    spacing: tuple[float, float] | None = None


GOOD: dict[str, Callable[[], Good]] = {}


def good(name: str) -> Callable[[Callable[[], Good]], Callable[[], Good]]:
    return lambda maker: GOOD.setdefault(name, maker)


G8 = unit(picture(), 0, 255)
G16 = unit(picture(16), 0, 65535)


@good("1-bit.png")
def _() -> Good:
    values = picture(1)
    return Good(saved(Image.fromarray(values * 255).convert("1"), "PNG"), values.astype(float), ("black and white",))


@good("4-bit.png")
def _() -> Good:
    values = picture(4)
    packed = (values[:, ::2] << 4) | values[:, 1::2]
    return Good(png(WIDTH, HEIGHT, 4, 0, lines(packed)), unit(values, 0, 15))


@good("interlaced.png")
def _() -> Good:
    values, raw = picture(), b""
    for top, left, down, right in (
        (0, 0, 8, 8),
        (0, 4, 8, 8),
        (4, 0, 8, 4),
        (0, 2, 4, 4),
        (2, 0, 4, 2),
        (0, 1, 2, 2),
        (1, 0, 2, 1),
    ):
        raw += lines(values[top::down, left::right])
    return Good(png(WIDTH, HEIGHT, 8, 0, raw, lace=1), G8)


@good("palette.png")
def _() -> Good:
    image = Image.fromarray(255 - picture(), "P")
    image.putpalette([255 - i // 3 for i in range(768)])
    return Good(saved(image, "PNG"), G8)


@good("palette with a hole.png")
def _() -> Good:
    image = Image.fromarray(picture(), "P")
    image.putpalette([i // 3 for i in range(768)])
    return Good(saved(image, "PNG", transparency=200), np.where(picture() == 200, 0, G8), ("transparent",))


@good("grey and alpha.png")
def _() -> Good:
    alpha = np.full((HEIGHT, WIDTH), 255, np.uint8)
    alpha[:, 64:] = 128
    image = Image.merge("LA", (grey_image(), Image.fromarray(alpha)))
    return Good(saved(image, "PNG"), G8 * alpha / 255, ("transparent",), within=0.005)


@good("colour and alpha.png")
def _() -> Good:
    alpha = np.full((HEIGHT, WIDTH), 255, np.uint8)
    alpha[:20] = 0
    image = Image.merge("RGBA", (*[grey_image()] * 3, Image.fromarray(alpha)))
    return Good(saved(image, "PNG"), G8[20:], ("transparent", "20 at the top"), within=0.003)


@good("colour outside, transparent.png")
def _() -> Good:
    alpha = np.full((HEIGHT, WIDTH), 255, np.uint8)
    alpha[:60] = 0
    rgb = np.dstack([picture()] * 3)
    rgb[:60] = (255, 0, 0)
    image = Image.merge("RGBA", (*Image.fromarray(rgb).split(), Image.fromarray(alpha)))
    return Good(saved(image, "PNG"), G8 * (alpha / 255), ("transparent",), within=0.003)


@good("red marker.png")
def _() -> Good:
    rgb = np.dstack([picture()] * 3)
    rgb[4:16, 4:34] = (220, 30, 30)
    greys = G8.copy()
    greys[4:16, 4:34] = (0.299 * 220 + 0.587 * 30 + 0.114 * 30) / 255
    return Good(saved(Image.fromarray(rgb), "PNG"), greys, ("colour",), within=0.003)


@good("sepia.png")
def _() -> Good:
    tint = np.array([1.0, 0.88, 0.68])
    rgb = np.rint(picture()[..., None] * tint).astype(np.uint8)
    return Good(saved(Image.fromarray(rgb), "PNG"), rgb @ np.array([0.299, 0.587, 0.114]) / 255, ("colour",), 0.003)


@good("blue film with a red marker.jpg")
def _() -> Good:
    rgb = np.rint(picture()[..., None] * np.array([0.75, 0.85, 1.0])).astype(np.uint8)
    rgb[4:18, 4:34] = (200, 40, 40)
    greys = rgb @ np.array([0.299, 0.587, 0.114]) / 255
    return Good(saved(Image.fromarray(rgb), "JPEG", quality=95, subsampling=0), greys, ("colour",), within=0.06)


@good("tungsten light.jpg")
def _() -> Good:
    rgb = np.rint(picture()[..., None] * np.array([1.0, 0.72, 0.4])).astype(np.uint8)
    greys = rgb @ np.array([0.299, 0.587, 0.114]) / 255
    return Good(saved(Image.fromarray(rgb), "JPEG", quality=95, subsampling=0), greys, ("tint",), within=0.03)


@good("warm to cold light.png")
def _() -> Good:
    across = np.linspace(0, 1, WIDTH)[None, :, None]
    light = (1 - across) * np.array([1.0, 0.72, 0.4]) + across * np.array([0.6, 0.8, 1.0])
    rgb = np.rint(picture()[..., None] * light).astype(np.uint8)
    return Good(saved(Image.fromarray(rgb), "PNG"), rgb @ np.array([0.299, 0.587, 0.114]) / 255, ("tint",), 0.003)


def _framed(grey: int, noise: int, kind: str, **options: object) -> Good:
    canvas = np.full((HEIGHT + 10, WIDTH + 50), grey) + np.random.default_rng(0).integers(-noise, noise + 1, (1, 178))
    canvas[4:-6, 20:-30] = picture()
    data = saved(Image.fromarray(canvas.clip(0, 255).astype(np.uint8)), kind, **options)
    return Good(data, G8, ("4 at the top, 6 at the bottom, 20 at the left, 30 at the right",), within=0.03)


def _preview() -> bytes:
    films = [Image.fromarray(picture(8, HEIGHT // side, WIDTH // side)).convert("RGB") for side in (1, 2)]
    return saved(films[0], "MPO", save_all=True, append_images=films[1:], quality=95)


def _last_rows_lost() -> Good:
    greys = G16.copy()
    greys[-1:] = 0
    return Good(saved(Image.fromarray(picture(16)), "PNG")[:-60], greys, ("the last 1 of 96 rows",))


@good("12 of 16 bits.png")
def _() -> Good:
    values = picture(12) + 1000
    return Good(saved(Image.fromarray(values), "PNG"), unit(values, 1000, 5095), ("1000 to 5095 of 0 to 65535",))


@good("16-bit with alpha.png")
def _() -> Good:
    samples = np.dstack([picture(16), np.full((HEIGHT, WIDTH), 65535, np.uint16)])
    return Good(png(WIDTH, HEIGHT, 16, 4, lines(samples)), G16, ("upper 8 of 16",), within=0.004)


@good("16-bit colour.png")
def _() -> Good:
    samples = np.dstack([picture(16)] * 3)
    return Good(png(WIDTH, HEIGHT, 16, 2, lines(samples)), G16, ("upper 8 of 16",), within=0.004)


@good("film behind it.jpg")
def _() -> Good:
    film = b"\0\0\0\x18ftypmp42" + b"\xff\xda\0\4" * 3000
    return Good(saved(grey_image(), "JPEG", quality=95) + film, G8, within=0.03)


STORED_UPRIGHT: dict[int, Callable[[np.ndarray], np.ndarray]] = {  # EXIF: where row 0 and column 0 of the file belong
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: np.transpose,
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).T,
    8: np.rot90,
}


def _turned(kind: str, orientation: int) -> Good:
    exif = Image.Exif()
    exif[0x0112] = orientation
    notes = () if orientation == 1 else (f"orientation {orientation}",)
    data = saved(grey_image(), kind, exif=exif, **({"quality": 95} if kind == "JPEG" else {}))
    return Good(data, STORED_UPRIGHT[orientation](G8), notes, within=0.03)


for _orientation in STORED_UPRIGHT:
    GOOD[f"exif {_orientation}.jpg"] = lambda orientation=_orientation: _turned("JPEG", orientation)
GOOD["exif 6.png"] = lambda: _turned("PNG", 6)

GOOD.update(
    {
        "8-bit grey.png": lambda: Good(saved(grey_image(), "PNG"), G8),
        "png named.jpg": lambda: Good(saved(grey_image(), "PNG"), G8),
        "smallest.png": lambda: Good(
            saved(Image.fromarray(picture(8, 64, 64)), "PNG"), unit(picture(8, 64, 64), 0, 255)
        ),
        "longest.png": lambda: Good(
            saved(Image.fromarray(picture(8, 64, 640)), "PNG"), unit(picture(8, 64, 640), 0, 255)
        ),
        "grey with a hole.png": lambda: Good(
            saved(grey_image(), "PNG", transparency=200), np.where(picture() == 200, 0, G8), ("transparent",)
        ),
        "opaque alpha.png": lambda: Good(saved(grey_image().convert("RGBA"), "PNG"), G8),
        "grey stored as colour.png": lambda: Good(saved(grey_image().convert("RGB"), "PNG"), G8),
        "black frame.png": lambda: _framed(0, 0, "PNG"),
        "white frame.png": lambda: _framed(255, 0, "PNG"),
        "noisy grey frame.png": lambda: _framed(120, 5, "PNG"),
        "preview behind it.jpg": lambda: Good(_preview(), G8, ("first picture",), within=0.03),
        "without its end.jpg": lambda: Good(
            saved(grey_image(), "JPEG", quality=95)[:-2], G8, ("no row is lost",), within=0.03
        ),
        "last rows lost.png": lambda: _last_rows_lost(),
        "16-bit.png": lambda: Good(saved(Image.fromarray(picture(16)), "PNG"), unit(picture(16), 0, 65535)),
        "zip behind it.png": lambda: Good(saved(grey_image(), "PNG") + b"PK\x03\x04" + b"\0" * 400, G8),
        "8-bit grey.jpg": lambda: Good(saved(grey_image(), "JPEG", quality=95), G8, within=0.03),
        "progressive.jpg": lambda: Good(
            saved(grey_image().convert("RGB"), "JPEG", quality=95, progressive=True), G8, within=0.03
        ),
        "cmyk.jpg": lambda: Good(
            saved(grey_image().convert("RGB").convert("CMYK"), "JPEG", quality=95), G8, ("CMYK",), within=0.04
        ),
        "script in a comment.jpg": lambda: Good(
            saved(grey_image(), "JPEG", quality=95, comment=b"<script>alert(1)</script>"), G8, within=0.03
        ),
        "unreadable exif.jpg": lambda: Good(
            saved(grey_image(), "JPEG", quality=95, exif=b"Exif\0\0MM\0*\xff\xff\xff\xff"), G8, within=0.03
        ),
    }
)
