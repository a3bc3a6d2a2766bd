"""Figures of the method bench: means with intervals against lines, the cascade of random weights, maps of one film."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from PIL import Image

from cnn.attribution.attribution import Attribution
from cnn.evaluation.saliency_report import Estimate
from ui.chest import overlay
from ui.shell import theme

_DASHES = ("dot", "dash", "longdash", "solid")
_SYMBOLS = ("circle", "square", "diamond", "cross", "x", "triangle-up", "triangle-down", "star", "hexagon", "bowtie")
_ROW, _REST = 34, 150  # pixels
_SMALL = 164
"""Width of a picture in a row of many, in pixels."""


def dots(
    estimates: Mapping[str, Estimate], lines: Mapping[str, float], *, heading: str, axis: str, key: str,
    description: str,
    own: Mapping[str, Estimate] | None = None, own_name: str = "", band: tuple[float, float] | None = None,
    band_name: str = "",
) -> None:  # fmt: skip
    """A dot with its interval for each method.

    Args:
        lines: values that hold for all methods, drawn from top to bottom.
        own: a value for each method to be compared with, drawn as an open mark.
        band: a range to be shaded.
    """
    colours = theme.palette()
    names = list(estimates)[::-1]
    figure = go.Figure()
    if band:
        figure.add_vrect(x0=band[0], x1=band[1], fillcolor=colours.padding_fill, line_width=0, layer="below")
        figure.add_scatter(x=[None], y=[names[0]], mode="markers", name=band_name,
                           marker={"symbol": "square", "size": 14, "color": colours.padding_fill})  # fmt: skip
    for (name, value), dash in zip(lines.items(), cycle(_DASHES)):
        figure.add_scatter(x=[value] * len(names), y=names, mode="lines", name=f"{name} {value:.2f}", hoverinfo="name",
                           line={"color": colours.kernel, "dash": dash, "width": 2})  # fmt: skip
    if own:
        figure.add_scatter(
            x=[own[name].mean for name in names], y=names, mode="markers", name=own_name,
            marker={"color": colours.kernel, "size": 12, "symbol": "diamond-open", "line": {"width": 2}},
        )  # fmt: skip
    means, ends = [estimates[name].mean for name in names], [estimates[name] for name in names]
    figure.add_scatter(
        x=means, y=names, mode="markers", name="method, with its 95 % interval",
        marker={"color": colours.input, "size": 11},
        error_x={"type": "data", "symmetric": False, "array": [one.high - one.mean for one in ends],
                 "arrayminus": [one.mean - one.low for one in ends], "color": colours.input, "thickness": 2},
    )  # fmt: skip
    figure.update_layout(height=_REST + _ROW * len(names), margin={"t": 116})
    figure.update_xaxes(title=axis)
    theme.show_figure(figure, key=key, description=description, heading=heading)


def cascade(
    curves: Mapping[str, Sequence[float]], stages: Sequence[str], passed: Mapping[str, bool], *, axis: str, key: str,
    description: str,
) -> None:  # fmt: skip
    """A line for each method over the stages of more and more random weights; those that fail are drawn in red."""
    colours = theme.palette()
    figure = go.Figure()
    for (name, values), symbol in zip(curves.items(), cycle(_SYMBOLS)):
        colour = colours.input if passed[name] else colours.positive
        figure.add_scatter(
            x=list(stages), y=list(values), name=f"{name} ({'pass' if passed[name] else 'fail'})",
            line={"color": colour, "dash": "solid" if passed[name] else "dash"},
            marker={"symbol": symbol, "size": 9}, mode="lines+markers",
        )  # fmt: skip
    figure.update_layout(height=560, margin={"t": 140})
    figure.update_xaxes(title="random from the last block down to")
    figure.update_yaxes(title=axis)
    theme.show_figure(figure, key=key, description=description, heading="Likeness to the map of the trained network")


def maps(film: np.ndarray, truth: np.ndarray, found: Mapping[str, tuple[Attribution, str]]) -> None:
    """The film (h, w) uint8 and every map over it, the truth outlined; each map comes with a few words."""
    small = Image.fromarray(film)
    small.thumbnail((2 * _SMALL, 2 * _SMALL))
    film = np.asarray(small)
    grey = np.repeat(film[..., None], 3, axis=-1)
    with st.container(horizontal=True):
        _picture("The film", overlay.draw_outline(grey, truth), "the lesion outlined")
        for title, (attribution, words) in found.items():
            _picture(title, overlay.draw_outline(overlay.overlay_map(film, attribution, 0.8), truth), words)


def _picture(title: str, picture: np.ndarray, words: str) -> None:
    with st.container(width=_SMALL):
        st.markdown(f"**{title}**")
        st.image(picture, alt=f"{title}: {words}", width=_SMALL)
        st.caption(words)
