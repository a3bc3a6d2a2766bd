"""Figures of maps: many stacked into a volume, one before and after ReLU, and the volumes along two layers."""

import base64
import io
from collections.abc import Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray
from PIL import Image
from plotly.subplots import make_subplots

from cnn.imaging.radiograph import Radiograph, read_radiograph
from cnn.imaging.samples.built_in import SAMPLES
from cnn.ops.feature_stack import TwoLayers
from cnn.ops.windows import Array
from ui.shell import theme


@st.cache_data(show_spinner=False)
def load_sample(key: str) -> Radiograph:
    """The built-in radiograph ``key``. Raises ``UserError`` when it is not installed."""
    return read_radiograph(*next(load_sample for load_sample in SAMPLES if load_sample.key == key).read())


def show_stack(maps: Array, names: Sequence[str], chosen: int) -> None:
    """The maps (K, H, W) one behind the other, each shifted a little, and side by side with their names."""
    colours = theme.palette()
    count, height, width = maps.shape
    pictures = [encode_signed_map(one) for one in maps]
    step, large = 14, 170
    tall = round(large * height / width)
    layers = "".join(
        f'<img src="{picture}" alt="" style="position:absolute;left:{step * k}px;bottom:{step * k}px;'
        f'width:{large}px;height:{tall}px;border:2px solid {colours.output};z-index:{count - k}">'
        for k, picture in enumerate(pictures)
    )
    tiles = "".join(
        f'<figure style="margin:0;width:104px"><img src="{picture}" alt="Map {k + 1}: {escape(name)}" '
        f'style="width:100%;border:2px solid {colours.kernel if k == chosen else colours.line}">'
        f'<figcaption style="font-size:0.85rem;line-height:1.3">{k + 1}. {escape(name)}'
        f"{' (below)' if k == chosen else ''}</figcaption></figure>"
        for k, (name, picture) in enumerate(zip(names, pictures, strict=True))
    )
    label = f"{count} maps of {height} by {width} numbers, stacked: a volume of depth {count}"
    st.html(
        f'<div style="display:flex;flex-wrap:wrap;gap:2rem;align-items:center;color:{colours.text}">'
        f'<div role="img" aria-label="{label}">'
        f'<div style="position:relative;width:{large + step * count}px;height:{tall + step * count}px">{layers}</div>'
        f'<div style="color:{colours.output};font-weight:700">{width} x {height} x {count}</div></div>'
        f'<div style="display:flex;flex-wrap:wrap;gap:0.8rem;flex:1 1 280px">{tiles}</div></div>'
    )


def show_relu(before: Array, after: Array, *, key: str, description: str) -> None:
    """One map (H, W) before ReLU and after, on one scale; pointing at a pixel tells its number."""
    most = float(np.abs(before).max()) or 1.0
    figure = make_subplots(rows=1, cols=2, subplot_titles=["x", "max(0, x)"], horizontal_spacing=0.04)
    for place, one in enumerate((before, after), start=1):
        heat = go.Heatmap(
            z=np.round(one, 4), coloraxis="coloraxis", hovertemplate="row %{y}, column %{x}: %{z:.3f}<extra></extra>"
        )
        figure.add_trace(heat, row=1, col=place)
    figure.update_xaxes(visible=False, fixedrange=True, constrain="domain")
    figure.update_yaxes(visible=False, fixedrange=True, autorange="reversed", constrain="domain")
    for number in ("", "2"):
        figure.update_layout({f"yaxis{number}": {"scaleanchor": f"x{number}"}})
    bar = {"orientation": "h", "y": -0.02, "yanchor": "top", "thickness": 12}
    figure.update_layout(
        height=440,
        margin={"t": 84},
        coloraxis={"colorscale": theme.DIVERGING, "cmin": -most, "cmax": most, "colorbar": bar},
    )
    theme.show_figure(figure, key=key, description=description, heading="One map before ReLU and after")


def show_two_layers(layers: TwoLayers, *, told: bool) -> None:
    """The volumes and filters of two layers in a row; the depth of the second filters is a question mark until told."""
    colours = theme.palette()
    f = layers.kernel_size
    unknown = f"{layers.first}" if told else "?"
    boxes = [
        ("input", f"{layers.side}x{layers.side}x{layers.depth}", "image"),
        ("kernel", f"{layers.first} filters of {f}x{f}x{layers.depth}", "CONV, then ReLU"),
        ("output", f"{layers.between}x{layers.between}x{layers.first}", "maps"),
        ("kernel", f"{layers.second} filters of {f}x{f}x{unknown}", "CONV, then ReLU"),
        ("output", f"{layers.after}x{layers.after}x{layers.second}", "maps"),
    ]
    drawn = '<span aria-hidden="true">→</span>'.join(
        f'<div style="border:2px solid {getattr(colours, role)};background:{getattr(colours, f"{role}_fill")};'
        f'border-radius:4px;padding:0.4rem 0.7rem;text-align:center"><strong>{text}</strong><br>{what}</div>'
        for role, text, what in boxes
    )
    st.html(
        f'<div style="display:flex;flex-wrap:wrap;gap:0.5rem;align-items:center;color:{colours.text}">{drawn}</div>'
    )


def encode_signed_map(feature_map: Array, limit: float | None = None) -> str:
    """Encode a map (H, W) as a picture in a data URL: negative blue, 0 white, positive red.

    Values of magnitude ``limit`` have full strength; by default the largest magnitude of the map.
    """
    limit = limit or float(np.abs(feature_map).max()) or 1.0
    negative, positive = (bytes.fromhex(colour[1:]) for colour in (theme.LIGHT.negative, theme.LIGHT.positive))
    channels = zip(negative, (247, 247, 247), positive, strict=True)
    pixels = np.stack([np.interp(feature_map / limit, [-1, 0, 1], channel) for channel in channels], axis=-1)
    return encode_png(pixels.round().astype(np.uint8))


def encode_png(pixels: NDArray[np.uint8]) -> str:
    """Encode (H, W, 3 or 4) pixels as a PNG in a data URL."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
