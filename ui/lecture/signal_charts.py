"""Figures of signals: a trace smoothed, a template found in a trace, and rows of numbers below each other."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots

from cnn.ops.signals import Match, Signal, Trace, template_peak
from ui.shell import theme


def show_smoothing(trace: Trace, smoothed: Signal, *, key: str, description: str) -> None:
    """Plot the noisy trace, thin, under the smoothed one."""
    colours = theme.palette()
    figure = go.Figure()
    figure.add_scatter(x=trace.seconds, y=trace.values, name="signal", line={"color": colours.input, "width": 1})
    figure.add_scatter(x=trace.seconds, y=smoothed, name="smoothed", line={"color": colours.output, "width": 3})
    figure.update_layout(height=300, xaxis_title="seconds", yaxis_title="millivolts")
    theme.show_figure(figure, key=key, description=description, heading="The trace, and smoothed")


def show_kernel(weights: Signal, *, key: str, description: str) -> None:
    """Plot the weights of a kernel as bars around its middle."""
    reach = len(weights) // 2
    bars = go.Bar(x=np.arange(-reach, reach + 1), y=weights, marker={"color": theme.palette().kernel}, width=0.8)
    figure = go.Figure(bars)
    figure.update_layout(height=300, bargap=0, xaxis_title="offset, samples", yaxis_title="weight")
    figure.update_yaxes(rangemode="tozero")
    theme.show_figure(figure, key=key, description=description, heading="The kernel")


def show_matching(trace: Trace, template: Signal, match: Match, *, key: str, description: str) -> None:
    """Plot the trace with the template where it fits best, and below it the score of every position."""
    colours = theme.palette()
    covered = slice(match.best, match.best + len(template))
    seconds = trace.seconds[covered]
    aligned = template - template.mean() + trace.values[covered].mean()
    positions = trace.seconds[template_peak() : template_peak() + len(match.scores)]
    best = positions[match.best]
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.6, 0.4], vertical_spacing=0.06)
    figure.add_scatter(
        x=trace.seconds, y=trace.values, name="signal", line={"color": colours.input, "width": 1}, row=1, col=1
    )
    figure.add_scatter(x=seconds, y=aligned, name="template", line={"color": colours.kernel, "width": 3}, row=1, col=1)
    figure.add_scatter(
        x=positions, y=match.scores, name="score", line={"color": colours.output, "width": 2}, row=2, col=1
    )
    figure.add_scatter(
        x=[best],
        y=[match.score],
        name="best match",
        mode="markers+text",
        text=[f"best: {match.score:.2f}"],
        textposition="middle right" if best < trace.seconds[-1] * 0.7 else "middle left",
        textfont={"size": 15},
        marker={"color": colours.output, "size": 13, "symbol": "star"},
        row=2,
        col=1,
    )
    figure.add_vrect(
        x0=seconds[0],
        x1=seconds[-1],
        row=1,
        col=1,
        fillcolor=colours.kernel_fill,
        line={"color": colours.kernel, "dash": "dot"},
        layer="below",
    )
    figure.update_layout(height=430)
    figure.update_xaxes(title="seconds", row=2, col=1)
    figure.update_yaxes(title="millivolts", row=1, col=1)
    figure.update_yaxes(title="score", range=[-1.1, 1.25], row=2, col=1)
    theme.show_figure(figure, key=key, description=description, heading="The template where it fits best")


def show_rows(table: Mapping[str, Sequence[float] | Signal], *, label: str) -> None:
    """Show equally long rows of numbers by name, NaN as a question mark."""
    columns = range(1, max(len(values) for values in table.values()) + 1)
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{"".join(f"<td>{_format(value)}</td>" for value in values)}</tr>'
        for name, values in table.items()
    )
    st.html(
        f'<div class="number-rows" tabindex="0" role="region" aria-label="{escape(label)}">'
        f'<table><thead><tr><th scope="row">position</th>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _format(value: float) -> str:
    return "?" if np.isnan(value) else f"{round(float(value), 3) + 0.0:g}"
