"""A saliency map laid over its film: as pixels for the page, and as a picture with colour bar and caption to keep.

A colour is as opaque as its value is large, so the film shows wherever the map says nothing. The scale is fixed.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape

import numpy as np
import plotly.colors
from PIL import Image, ImageDraw, ImageFont

from cnn.attribution.attribution import Attribution, Meaning
from ui.shell import theme

STEPS = 255
"""Values of a map that are told apart on each side of 0: no blend is off by a grey."""
BORDER = 2
"""Width of an outline in pixels."""
SIDE = 640
"""Side of the square, black light box that every picture of the page lies on, in pixels."""

LEGENDS: dict[Meaning, tuple[str, str]] = {
    "evidence": ("against {name}", "for {name}"),
    "brightness": ("darker here: more {name}", "brighter here: more {name}"),
    "strength": ("no effect", "strong effect on {name}"),
}
"""What the two ends of the colour bar say."""


def overlay_map(picture: np.ndarray, attribution: Attribution, opacity: float) -> np.ndarray:
    """``attribution`` in colour over ``picture`` (h, w) uint8: (h, w, 3) uint8. ``opacity`` 0..1 is that of value 1."""
    small = Image.fromarray(attribution.scaled().astype(np.float32))
    values = np.asarray(small.resize(picture.shape[::-1], Image.Resampling.BILINEAR))  # (h, w) in -1..1
    places = np.round(STEPS * values).astype(np.int16) + STEPS
    return _blends(attribution.signed, opacity)[places, picture]


@lru_cache(maxsize=16)
def _blends(signed: bool, opacity: float) -> np.ndarray:
    """The colour of each value, from -1 to 1 in 2 STEPS, over each grey: (2 STEPS + 1, 256, 3) uint8."""
    values = np.linspace(-1, 1, 2 * STEPS + 1)
    alpha = (opacity * np.abs(values))[:, None, None]
    blended = (1 - alpha) * np.arange(256)[:, None] + alpha * _colours(values, signed)[:, None]
    return np.round(blended).astype(np.uint8)


def draw_outline(picture: np.ndarray, mask: np.ndarray, colour: str = theme.FILM_TRUTH) -> np.ndarray:
    """``picture`` (h, w, 3) uint8 with the border of ``mask`` (H, W) bool drawn on it in a hex ``colour``."""
    height, width = picture.shape[:2]
    shape = np.asarray(Image.fromarray(mask).resize((width, height)))
    drawn = picture.copy()
    drawn[shape & ~_inside(shape)] = _rgb(colour)
    return drawn


def _inside(shape: np.ndarray) -> np.ndarray:
    """Where ``shape`` (h, w) bool has nothing but itself around, BORDER pixels far: one side after the other."""
    for _ in range(2):  # thirty times as fast as Pillow's MinFilter, which also keeps all other threads waiting
        padded, length = np.pad(shape, ((BORDER, BORDER), (0, 0)), mode="edge"), len(shape)
        shape = np.logical_and.reduce([padded[start : start + length] for start in range(2 * BORDER + 1)]).T
    return shape


def light_box(picture: np.ndarray) -> np.ndarray:
    """``picture``, (h, w) or (h, w, 3) uint8, as large as fits in the middle of a black square: (SIDE, SIDE, 3)."""
    image = Image.fromarray(picture).convert("RGB")
    scale = SIDE / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    image = image.resize((width, height), Image.Resampling.LANCZOS)
    square = Image.new("RGB", (SIDE, SIDE))
    square.paste(image, ((SIDE - image.width) // 2, (SIDE - image.height) // 2))
    return np.asarray(square)


def legend(attribution: Attribution) -> tuple[str, str]:
    """What the left and the right end of the colour bar mean."""
    low, high = LEGENDS[attribution.meaning]
    return low.format(name=attribution.class_name), high.format(name=attribution.class_name)


def colour_bar_html(attribution: Attribution, opacity: float) -> str:
    """The scale of a map as HTML: the colours as they lie over mid grey, with what its ends mean."""
    low, high = legend(attribution)
    positions = np.linspace(-1 if attribution.signed else 0, 1, 11)
    stops = [_css(colour) for colour in _over_grey(positions, attribution.signed, opacity)]
    numbers = ("−1", "0", "+1") if attribution.signed else ("0", "", "1")
    marks = "".join(f"<span>{number}</span>" for number in numbers)
    row = "display:flex;justify-content:space-between;gap:0.75rem"
    return (
        '<div style="font-size:0.85rem;line-height:1.3">'
        f'<div style="height:0.7rem;border:1px solid {theme.palette().line};'
        f'background:linear-gradient(to right,{",".join(stops)})"></div>'
        f'<div aria-hidden="true" style="{row}">{marks}</div>'
        f'<div style="{row}"><span>{escape(low)}</span><span style="text-align:right">{escape(high)}</span></div></div>'
    )


@dataclass(frozen=True)
class Panel:
    """One picture of a sheet, (h, w, 3) uint8, with its title and, where it is a map, its colour bar."""

    title: str
    picture: np.ndarray
    attribution: Attribution | None = None


def render_sheet(panels: Sequence[Panel], caption: Sequence[str], opacity: float) -> bytes:
    """A PNG of ``panels`` side by side, each with its title and colour bar, over the lines of ``caption``."""
    margin, gap, line, bar = 24, 16, 26, 14
    font, bold = ImageFont.load_default(17), ImageFont.load_default(20)
    width = max(2 * margin + len(panels) * SIDE + (len(panels) - 1) * gap, 0)
    top = margin + line + 8
    below = top + SIDE + 12
    page = Image.new("RGB", (width, below + bar + 2 * line + 8 + len(caption) * line + margin), "white")
    draw = ImageDraw.Draw(page)
    for number, panel in enumerate(panels):
        left = margin + number * (SIDE + gap)
        draw.text((left, margin), panel.title, "black", bold)
        page.paste(Image.fromarray(light_box(panel.picture)), (left, top))
        if panel.attribution is not None:
            _draw_bar(page, draw, (left, below), panel.attribution, opacity, font)
    for number, text in enumerate(caption):
        draw.text((margin, below + bar + 2 * line + 8 + number * line), text, "black", font)
    png = io.BytesIO()
    page.save(png, format="PNG")
    return png.getvalue()


def _draw_bar(
    page: Image.Image, draw: ImageDraw.ImageDraw, corner: tuple[int, int], attribution: Attribution, opacity: float,
    font: ImageFont.ImageFont | ImageFont.FreeTypeFont,
) -> None:  # fmt: skip
    left, top = corner
    height = 14
    positions = np.linspace(-1 if attribution.signed else 0, 1, SIDE)
    strip = np.round(_over_grey(positions, attribution.signed, opacity)).astype(np.uint8)
    page.paste(Image.fromarray(np.repeat(strip[None], height, axis=0)), (left, top))
    low, high = legend(attribution)
    draw.text((left, top + height + 4), f"{-1 if attribution.signed else 0}: {low}", "black", font)
    draw.text((left + SIDE, top + height + 4), f"{high}: 1", "black", font, anchor="ra")


def _over_grey(values: np.ndarray, signed: bool, opacity: float) -> np.ndarray:
    """Colours of ``values`` (N,) as they look over mid grey: (N, 3)."""
    alpha = (opacity * np.abs(values))[..., None]
    return (1 - alpha) * 128 + alpha * _colours(values, signed)


def _colours(values: np.ndarray, signed: bool) -> np.ndarray:
    """The colour of each value at full opacity: (..., 3) in 0..255."""
    if signed:
        return np.where(values[..., None] > 0, _rgb(theme.FILM_POSITIVE), _rgb(theme.FILM_NEGATIVE))
    stops = plotly.colors.get_colorscale(theme.SEQUENTIAL)
    places = [place for place, _ in stops]
    table = np.array([_rgb(colour) for _, colour in stops])  # (stops, 3)
    return np.stack([np.interp(values, places, table[:, channel]) for channel in range(3)], axis=-1)


def _rgb(colour: str) -> tuple[int, int, int]:
    return plotly.colors.hex_to_rgb(colour)


def _css(colour: np.ndarray) -> str:
    return f"rgb({','.join(str(round(float(part))) for part in colour)})"
