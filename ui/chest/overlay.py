"""Draw a saliency map over its film: for the page, and as an image with colour bar and caption to download.

The opacity of a pixel is proportional to the absolute value of the map, so the film is visible where the map is 0. The
scale is fixed.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps
from plotly.colors import get_colorscale, hex_to_rgb

from cnn import cards
from cnn.attribution.attribution import Attribution, Meaning, describe
from cnn.errors import UserError
from ui.shell import theme
from ui.widgets.film_viewer import ViewedMap

STEPS = 255
"""Levels of the map on each side of 0; as many as there are greys, so that rounding changes no colour."""
OPACITY = 0.8
"""Opacity of a map wherever the reader does not choose it."""
SIDE = 640
"""Side in pixels of the black square that every film of the page is centred on."""

LEGENDS: dict[Meaning, tuple[str, str]] = {
    "evidence": ("against {name}", "for {name}"),
    "strength": ("weak", "strong, without sign"),
}
"""Labels of the two ends of the colour bar."""


def overlay_map(greys: np.ndarray, attribution: Attribution, opacity: float) -> np.ndarray:
    """Draw ``attribution`` in colour over a film.

    Args:
        greys: The film, (h, w) uint8.
        attribution: A map of any size.
        opacity: Opacity of the value 1, 0..1.

    Returns:
        (h, w, 3) uint8.
    """
    small = Image.fromarray(attribution.scaled().astype(np.float32))
    values = np.asarray(small.resize(greys.shape[::-1], Image.Resampling.BILINEAR))  # (h, w) in -1..1
    levels = np.round(STEPS * values).astype(np.int16) + STEPS
    colours: np.ndarray = _blend_table(attribution.signed, opacity)[levels, greys]
    return colours


@lru_cache(maxsize=16)
def _blend_table(signed: bool, opacity: float) -> np.ndarray:
    """Return the colour of each level, from -1 to 1, over each grey: (2 STEPS + 1, 256, 3) uint8."""
    values = np.linspace(-1, 1, 2 * STEPS + 1)
    table: np.ndarray = np.round(_blend(values[:, None], np.arange(256), signed, opacity)).astype(np.uint8)
    return table


def _blend(values: np.ndarray, greys: np.ndarray | int, signed: bool, opacity: float) -> np.ndarray:
    """Return the colours of map values over greys of a shape that broadcasts with theirs: (..., 3) in 0..255."""
    alpha = (opacity * np.abs(values))[..., None]
    blended: np.ndarray = (1 - alpha) * np.asarray(greys)[..., None] + alpha * _colours(values, signed)
    return blended


def _colours(values: np.ndarray, signed: bool) -> np.ndarray:
    """Return the colour of each value at full opacity: (..., 3) in 0..255."""
    if signed:
        positive, negative = np.array(hex_to_rgb(theme.FILM_POSITIVE)), np.array(hex_to_rgb(theme.FILM_NEGATIVE))
        return np.where(values[..., None] > 0, positive, negative)
    positions, colours = zip(*get_colorscale(theme.SEQUENTIAL), strict=True)
    channels = np.array([hex_to_rgb(colour) for colour in colours]).T  # (3, stops)
    return np.stack([np.interp(values, positions, channel) for channel in channels], axis=-1)


def view_map(attribution: Attribution, title: str, description: str = "") -> ViewedMap:
    """Return a map for the viewer; without a description, in the words of :func:`describe`."""
    return ViewedMap(
        title,
        attribution.scaled(),
        attribution.signed,
        attribution.scale,
        legend(attribution),
        description or describe(attribution),
    )


def to_colour(greys: np.ndarray) -> np.ndarray:
    """Return ``greys`` (h, w) as (h, w, 3)."""
    return np.repeat(greys[..., None], 3, axis=-1)


def light_box(picture: np.ndarray) -> np.ndarray:
    """Return ``picture``, (h, w) or (h, w, 3) uint8, scaled to fit and centred on black: (SIDE, SIDE, 3)."""
    image = Image.fromarray(picture).convert("RGB")
    return np.asarray(ImageOps.pad(image, (SIDE, SIDE), Image.Resampling.LANCZOS))


def legend(attribution: Attribution) -> tuple[str, str]:
    """Return the labels of the left and the right end of the colour bar."""
    low, high = LEGENDS[attribution.meaning]
    return low.format(name=attribution.class_name), high.format(name=attribution.class_name)


def _bar_colours(attribution: Attribution, opacity: float, count: int) -> np.ndarray:
    """Return ``count`` colours from one end of the scale to the other, over mid grey: (count, 3) uint8."""
    values = np.linspace(-1 if attribution.signed else 0, 1, count)
    return np.round(_blend(values, 128, attribution.signed, opacity)).astype(np.uint8)


def colour_bar_html(attribution: Attribution, opacity: float) -> str:
    """Return the scale of a map as HTML: its colours over mid grey, its numbers and the meaning of its ends."""
    low, high = legend(attribution)
    stops = ",".join(f"rgb({red},{green},{blue})" for red, green, blue in _bar_colours(attribution, opacity, 11))
    numbers = ("−1", "0", "+1") if attribution.signed else ("0", "", "1")
    return (
        f'<div class="colour-bar" style="--colours: {stops}"><div></div>'
        f'<div class="ends" aria-hidden="true">{"".join(f"<span>{number}</span>" for number in numbers)}</div>'
        f'<div class="ends"><span>{escape(low)}</span><span>{escape(high)}</span></div></div>'
    )


@dataclass(frozen=True)
class Panel:
    """One image of a sheet, (h, w, 3) uint8, with its title and, if it is a map, what its colour bar needs."""

    title: str
    picture: np.ndarray
    attribution: Attribution | None = None


def render_sheet(panels: Sequence[Panel], caption: Sequence[str], opacity: float) -> bytes:
    """Return a PNG of ``panels`` side by side, with titles and colour bars, above the lines of ``caption``."""
    margin, gap, line, bar = 24, 16, 26, 14
    font, bold = ImageFont.load_default(17), ImageFont.load_default(20)
    top = margin + line + 8
    below = top + SIDE + 12
    text_top = below + bar + 2 * line + 8
    width = 2 * margin + len(panels) * SIDE + (len(panels) - 1) * gap
    page = Image.new("RGB", (width, text_top + len(caption) * line + margin), "white")
    draw = ImageDraw.Draw(page)
    for number, panel in enumerate(panels):
        left = margin + number * (SIDE + gap)
        draw.text((left, margin), panel.title, "black", bold)
        page.paste(Image.fromarray(light_box(panel.picture)), (left, top))
        if panel.attribution is not None:
            colours = _bar_colours(panel.attribution, opacity, SIDE)
            page.paste(Image.fromarray(np.repeat(colours[None], bar, axis=0)), (left, below))
            low, high = legend(panel.attribution)
            draw.text((left, below + bar + 4), f"{-1 if panel.attribution.signed else 0}: {low}", "black", font)
            draw.text((left + SIDE, below + bar + 4), f"{high}: 1", "black", font, anchor="ra")
    for number, text in enumerate(caption):
        draw.text((margin, text_top + number * line), text, "black", font)
    png = io.BytesIO()
    page.save(png, format="PNG")
    return png.getvalue()


def describe_guidance(network: str) -> str:
    """Return a sentence, after a space, if the network's last feature maps were trained with boxes; else nothing."""
    try:
        recipe = cards.read_card(cards.WEIGHTS_FOLDER, "transfer" if network == "ensemble" else network)["recipe"]
    except UserError:
        return ""
    return _GUIDANCE if isinstance(recipe, dict) and recipe["guidance"] else ""


_GUIDANCE = (
    " In training, the network was also shown boxes that radiologists drew around opacities (white areas in the "
    "lungs) of other patients. Grad-CAM reads the layer that learned from them, so it is no surprise that its map "
    "points at an opacity."
)
