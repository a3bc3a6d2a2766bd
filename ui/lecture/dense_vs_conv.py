"""Figures on why there are CNNs: weights to scale, pictures and their shuffle, and how well networks then learn."""

import base64
import io
import math
from collections.abc import Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from PIL import Image

from cnn.layers.dense_vs_conv import LayerCost
from cnn.lecture.pixel_shuffle.results import NETWORKS, ORDERS, Experiment
from cnn.ops.windows import Array
from ui.lecture.layer_summary import say_bytes
from ui.shell import theme
from ui.widgets import tables

_LARGEST = 260  # pixels of the side of the largest square


def to_scale(layers: Sequence[LayerCost]) -> None:
    """A square for each layer whose area stands for its weights, in one scale."""
    colours = theme.palette()
    most = max(layer.weights.value for layer in layers)
    tiles = []
    for layer in layers:
        side = _LARGEST * math.sqrt(layer.weights.value / most)
        small = side < 12
        ring = f"outline:1px dashed {colours.muted};outline-offset:12px;margin-bottom:22px" if small else ""
        tiles.append(
            f'<div style="text-align:center;max-width:300px"><div style="width:{max(1, side):.2f}px;'
            f"height:{max(1, side):.2f}px;margin:0 auto 0.5rem;background:{colours.kernel};{ring}"
            f'"></div><strong>{escape(layer.name)}</strong><br>{layer.weights.value:,} weights<br>'
            f"{_side(side)}</div>"
        )
    label = "Weights to scale: " + ", ".join(f"{layer.name} {layer.weights.value:,}" for layer in layers)
    st.html(
        f'<div role="img" aria-label="{escape(label)}" style="display:flex;flex-wrap:wrap;gap:1rem 4rem;'
        f'align-items:flex-end;color:{colours.text}">{"".join(tiles)}</div>'
    )


def _side(pixels: float) -> str:
    if pixels >= 1:
        return f"a square of {pixels:.3g} pixels a side"
    return f"true to scale, {pixels:.2g} of a pixel a side: drawn as one"


def readers(layers: Sequence[LayerCost]) -> None:
    """The numbers behind the squares."""
    head = ["layer", "weights", "their memory", "numbers out", "each a sum over"]
    rows = [
        [
            layer.name, f"{layer.weights.value:,}", say_bytes(layer.memory), f"{layer.outputs.value:,}",
            f"{layer.reads.value:,}",
        ]
        for layer in layers
    ]  # fmt: skip
    tables.table(head, rows, label="Fully connected against convolution")


def pictures(shown: Sequence[Array], names: Sequence[str], side: int) -> None:
    """Pictures (H, W) of ink, 0 to 1, side by side, their pixels to be seen; ``side`` in pixels of the screen."""
    colours = theme.palette()
    tiles = "".join(
        f'<figure style="margin:0;width:{side}px"><img src="{_png(one)}" alt="{escape(name)}" style="width:100%;'
        f'image-rendering:pixelated;border:1px solid {colours.line};box-sizing:border-box">'
        f'<figcaption style="font-size:0.85rem">{escape(name)}</figcaption></figure>'
        for one, name in zip(shown, names, strict=True)
    )
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:0.8rem;color:{colours.text}">{tiles}</div>')


def row(picture: Array, rows: range) -> None:
    """Some rows of a picture (H, W) laid out one behind the other."""
    colours = theme.palette()
    flat = picture[rows.start : rows.stop].reshape(1, -1)
    said = f"Rows {rows.start + 1} to {rows.stop} of the leaf, one behind the other: {flat.size} numbers"
    st.html(
        f'<figure style="margin:0;color:{colours.text}"><img src="{_png(np.repeat(flat, 12, axis=0))}" '
        f'alt="{said}" style="width:100%;height:24px;image-rendering:pixelated;border:1px solid {colours.line};'
        f'box-sizing:border-box"><figcaption style="font-size:0.85rem">{said}</figcaption></figure>'
    )


def learning(found: Experiment, *, key: str) -> None:
    """Accuracy after each epoch of both networks, in order and shuffled: the seeds' mean, in a band of them all."""
    colours = theme.palette()
    figure = go.Figure()
    ink = dict(zip(NETWORKS, (colours.input, colours.kernel), strict=True))
    for (network, order), trained in found.curves.items():
        dash = "solid" if order == ORDERS[0] else "dot"
        epochs = list(range(1, len(trained.mean) + 1))
        low, high = (100 * edge(trained.accuracy, axis=0) for edge in (np.min, np.max))
        figure.add_scatter(
            x=[*epochs, *epochs[::-1]], y=[*high, *low[::-1]], fill="toself", line={"width": 0}, hoverinfo="skip",
            fillcolor=ink[network], opacity=0.15, showlegend=False,
        )  # fmt: skip
        figure.add_scatter(
            x=epochs, y=100 * trained.mean, name=f"{network}, {order}", mode="lines",
            line={"color": ink[network], "dash": dash, "width": 3},
            hovertemplate="epoch %{x}: %{y:.1f} percent<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    guess = 100 / len(found.names)
    figure.add_hline(y=guess, line={"color": colours.muted, "dash": "dash"}, annotation_text="guessing")
    figure.update_layout(height=430)
    figure.update_xaxes(title="epoch", range=[0.5, len(epochs) + 0.5])
    figure.update_yaxes(title="right, percent", range=[0, 103])
    theme.show(
        figure,
        key=key,
        heading="What both networks learn",
        description=f"Share of {found.kept_out:,} pictures kept out of training that were named rightly, after "
        "each epoch, once through all training pictures: the mean of three trainings with different seeds, and the "
        "range of the three. "
        "Trained beforehand by `python -m cnn.training.pixel_shuffle`, not on this page.",
    )
    rows = [
        [
            network, *(found.curves[network, order].told() for order in ORDERS), f"{-found.lost(network):+.1f}",
        ]
        for network in NETWORKS
    ]  # fmt: skip
    head = ["network", *ORDERS, "points"]
    tables.table(head, rows, label="Right after the last epoch")


def _png(ink: Array) -> str:
    """(H, W), 0 to 1, as a picture in an address: clear where there is no ink, so that it suits light and dark."""
    colour = bytes.fromhex(theme.palette().text[1:])
    pixels = np.empty((*ink.shape, 4), dtype=np.uint8)
    pixels[..., :3] = list(colour)
    pixels[..., 3] = np.round(255 * np.clip(ink, 0, 1))
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
