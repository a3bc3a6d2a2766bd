"""Figures of feature maps: stacked into a volume, before and after ReLU, and the volumes along two layers."""

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

MAP_WIDTH, SHIFT = 170, 14
"""Pixels of the width of a map in the stack, and between it and the next."""


@st.cache_data(show_spinner=False)
def load_sample(key: str) -> Radiograph:
    """Read the built-in radiograph ``key``. Raises ``UserError`` when it is not installed."""
    return read_radiograph(*next(sample for sample in SAMPLES if sample.key == key).read())


def show_stack(maps: Array, names: Sequence[str], selected: int) -> None:
    """Show the maps (K, H, W) one behind the other, each shifted a little, and side by side with their names."""
    count, height, width = maps.shape
    images = [encode_signed_map(feature_map) for feature_map in maps]
    shown_height = round(MAP_WIDTH * height / width)
    stacked = "".join(
        f'<img src="{image}" alt="" style="left:{SHIFT * k}px;bottom:{SHIFT * k}px;width:{MAP_WIDTH}px;'
        f'height:{shown_height}px;z-index:{count - k}">'
        for k, image in enumerate(images)
    )
    tiles = "".join(
        f'<figure class="tile map{" kernel" if k == selected else ""}" style="width:104px">'
        f'<img src="{image}" alt="Map {k + 1}: {escape(name)}">'
        f"<figcaption>{k + 1}. {escape(name)}{' (below)' if k == selected else ''}</figcaption></figure>"
        for k, (name, image) in enumerate(zip(names, images, strict=True))
    )
    label = f"{count} maps of {height} by {width} numbers, stacked: a volume of depth {count}"
    size = f"width:{MAP_WIDTH + SHIFT * count}px;height:{shown_height + SHIFT * count}px"
    st.html(
        f'<div class="tiles middle wide"><div role="img" aria-label="{label}">'
        f'<div class="stack" style="{size}">{stacked}</div><div>{width} x {height} x {count}</div></div>'
        f'<div class="tiles" style="flex:1 1 280px">{tiles}</div></div>'
    )


def show_relu(before: Array, after: Array, *, key: str, description: str) -> None:
    """Show a map (H, W) before and after ReLU on one scale; pointing at a pixel tells its number."""
    limit = float(np.abs(before).max()) or 1.0
    figure = make_subplots(rows=1, cols=2, subplot_titles=["x", "max(0, x)"], horizontal_spacing=0.04)
    for column, values in enumerate((before, after), start=1):
        heatmap = go.Heatmap(
            z=np.round(values, 4),
            coloraxis="coloraxis",
            hovertemplate="row %{y}, column %{x}: %{z:.3f}<extra></extra>",
        )
        figure.add_trace(heatmap, row=1, col=column)
    figure.update_xaxes(visible=False, fixedrange=True, constrain="domain")
    figure.update_yaxes(visible=False, fixedrange=True, autorange="reversed", constrain="domain")
    figure.update_layout(yaxis={"scaleanchor": "x"}, yaxis2={"scaleanchor": "x2"})
    bar = {"orientation": "h", "y": -0.02, "yanchor": "top", "thickness": 12}
    figure.update_layout(
        height=440,
        margin={"t": 84},
        coloraxis={"colorscale": theme.DIVERGING, "cmin": -limit, "cmax": limit, "colorbar": bar},
    )
    theme.show_figure(figure, key=key, description=description, heading="One map before ReLU and after")


def show_two_layers(layers: TwoLayers, *, revealed: bool) -> None:
    """Show the volumes and filters of two layers in a row, the depth of the second filters only when ``revealed``."""
    f = layers.kernel_size
    depth = f"{layers.first}" if revealed else "?"
    boxes = [
        ("input", f"{layers.side}x{layers.side}x{layers.depth}", "image"),
        ("kernel", f"{layers.first} filters of {f}x{f}x{layers.depth}", "CONV, then ReLU"),
        ("output", f"{layers.between}x{layers.between}x{layers.first}", "maps"),
        ("kernel", f"{layers.second} filters of {f}x{f}x{depth}", "CONV, then ReLU"),
        ("output", f"{layers.after}x{layers.after}x{layers.second}", "maps"),
    ]
    drawn = '<span aria-hidden="true">→</span>'.join(
        f'<div class="box {role}"><strong>{size}</strong><br>{caption}</div>' for role, size, caption in boxes
    )
    st.html(f'<div class="tiles middle near">{drawn}</div>')


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
