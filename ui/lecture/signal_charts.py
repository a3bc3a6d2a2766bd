"""Figures of signals: a trace smoothed, a shape found in a trace, and rows of numbers below each other."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots

from cnn.ops.signals import Match, Signal, Trace, template_peak
from ui.shell import theme


def show_smoothing(trace: Trace, smoothed: Signal, *, key: str, description: str) -> None:
    """The noisy trace, thin, under the smoothed one."""
    colours = theme.palette()
    figure = go.Figure()
    figure.add_scatter(x=trace.seconds, y=trace.values, name="signal", line={"color": colours.input, "width": 1})
    figure.add_scatter(x=trace.seconds, y=smoothed, name="smoothed", line={"color": colours.output, "width": 3})
    figure.update_layout(height=300)
    figure.update_xaxes(title="seconds")
    figure.update_yaxes(title="millivolts")
    theme.show_figure(figure, key=key, description=description, heading="The trace, and smoothed")


def show_kernel(weights: Signal, *, key: str, description: str) -> None:
    """The weights of a kernel as bars around its middle."""
    colours = theme.palette()
    reach = len(weights) // 2
    figure = go.Figure(go.Bar(x=np.arange(-reach, reach + 1), y=weights, marker={"color": colours.kernel}, width=0.8))
    figure.update_layout(height=300, bargap=0)
    figure.update_xaxes(title="offset, samples")
    figure.update_yaxes(title="weight", rangemode="tozero")
    theme.show_figure(figure, key=key, description=description, heading="The kernel")


def show_matching(trace: Trace, shape: Signal, found: Match, *, key: str, description: str) -> None:
    """Above: the trace with the template laid where it fits best. Below: the score of every place."""
    colours = theme.palette()
    under = slice(found.best, found.best + len(shape))
    beneath = trace.values[under]
    laid = shape - shape.mean() + beneath.mean()
    places = trace.seconds[template_peak() : template_peak() + len(found.scores)]
    when = places[found.best]
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.6, 0.4], vertical_spacing=0.06)
    signal = go.Scatter(x=trace.seconds, y=trace.values, name="signal", line={"color": colours.input, "width": 1})
    shown = go.Scatter(x=trace.seconds[under], y=laid, name="template", line={"color": colours.kernel, "width": 3})
    score = go.Scatter(x=places, y=found.scores, name="score", line={"color": colours.output, "width": 2})
    best = go.Scatter(
        x=[when], y=[found.score], name="best match", mode="markers+text", text=[f"best: {found.score:.2f}"],
        textposition="middle right" if when < trace.seconds[-1] * 0.7 else "middle left", textfont={"size": 15},
        marker={"color": colours.output, "size": 13, "symbol": "star"},
    )  # fmt: skip
    figure.add_traces([signal, shown, score, best], rows=[1, 1, 2, 2], cols=[1, 1, 1, 1])
    figure.add_vrect(
        x0=trace.seconds[under][0], x1=trace.seconds[under][-1], row=1, col=1,
        fillcolor=colours.kernel_fill, line={"color": colours.kernel, "dash": "dot"}, layer="below",
    )  # fmt: skip
    figure.update_layout(height=430)
    figure.update_xaxes(title="seconds", row=2, col=1)
    figure.update_yaxes(title="millivolts", row=1, col=1)
    figure.update_yaxes(title="score", range=[-1.1, 1.25], row=2, col=1)
    theme.show_figure(figure, key=key, description=description, heading="The template where it fits best")


def show_rows(table: Mapping[str, Sequence[float] | Signal], *, label: str) -> None:
    """Rows of equally many numbers, NaN as a question mark; scrolls sideways by itself where the page is narrow."""
    colours = theme.palette()
    length = max(len(values) for values in table.values())
    head = "".join(f'<th scope="col">{place + 1}</th>' for place in range(length))
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(f"<td>{'?' if np.isnan(value) else f'{round(float(value), 3) + 0.0:g}'}</td>" for value in values)
        + "</tr>"
        for name, values in table.items()
    )
    style = (
        ".number-rows { overflow-x: auto; } .number-rows table { border-collapse: collapse; }"
        ".number-rows th, .number-rows td { padding: 0.25rem 0.6rem; text-align: right;"
        f" border-bottom: 1px solid {colours.line}; font-variant-numeric: tabular-nums; }}"
        f".number-rows th {{ font-weight: 400; color: {colours.muted}; }}"
        f".number-rows th[scope=row] {{ text-align: left; white-space: nowrap; color: {colours.text}; }}"
    )
    st.html(
        f'<style>{style}</style><div class="number-rows" tabindex="0" role="region" aria-label="{escape(label)}">'
        f'<table><thead><tr><th scope="row">position</th>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )
