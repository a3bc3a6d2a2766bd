"""Figures of signals: a trace smoothed, a template found in a trace, and rows of numbers below each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots

from cnn.ops.signals import Correlation, Match, Signal, Trace
from ui.shell import theme


@dataclass(frozen=True)
class Line:
    """A signal to plot: its values by position, and the titles of both axes."""

    positions: Signal
    values: Signal
    along: str
    up: str

    @classmethod
    def of_trace(cls, trace: Trace) -> "Line":
        """Return a simulated electrocardiogram."""
        return cls(trace.seconds, trace.values, "seconds", "millivolts")

    @classmethod
    def of_numbers(cls, values: Sequence[float]) -> "Line":
        """Return numbers without a unit, counted from 1."""
        return cls(np.arange(1.0, len(values) + 1), np.array(values, dtype=np.float64), "sample", "value")


def show_smoothing(line: Line, smoothed: Signal, *, description: str) -> None:
    """Plot the signal, thin, under the smoothed one."""
    colours = theme.palette()
    figure = go.Figure()
    figure.add_scatter(x=line.positions, y=line.values, name="signal", line={"color": colours.input, "width": 1})
    figure.add_scatter(x=line.positions, y=smoothed, name="smoothed", line={"color": colours.output, "width": 3})
    figure.update_layout(height=300, xaxis_title=line.along, yaxis_title=line.up)
    theme.show_figure(figure, key="smoothing", description=description, heading="The signal, and smoothed")


def show_kernel(weights: Signal, *, description: str) -> None:
    """Plot the weights of a kernel as bars around its middle."""
    reach = len(weights) // 2
    bars = go.Bar(x=np.arange(-reach, reach + 1), y=weights, marker={"color": theme.palette().kernel}, width=0.8)
    figure = go.Figure(bars)
    figure.update_layout(height=300, bargap=0, xaxis_title="offset, samples", yaxis_title="weight")
    figure.update_yaxes(rangemode="tozero")
    theme.show_figure(figure, key="weights", description=description, heading="The kernel")


def show_matching(line: Line, template: Signal, match: Match, *, peak: int, description: str) -> None:
    """Plot the signal with the template where it fits best, and below it the score of every position.

    A score stands at sample ``peak`` of the template.
    """
    colours = theme.palette()
    covered = slice(match.best, match.best + len(template))
    along = line.positions[covered]
    aligned = template - template.mean() + line.values[covered].mean()
    places = line.positions[peak : peak + len(match.scores)]
    best = places[match.best]
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.6, 0.4], vertical_spacing=0.06)
    for values, x, name, colour, width, row in (
        (line.values, line.positions, "signal", colours.input, 1, 1),
        (aligned, along, "template", colours.kernel, 3, 1),
        (match.scores, places, "score", colours.output, 2, 2),
    ):
        figure.add_scatter(x=x, y=values, name=name, line={"color": colour, "width": width}, row=row, col=1)
    figure.add_scatter(
        x=[best],
        y=[match.score],
        name="best match",
        mode="markers+text",
        text=[f"best: {match.score:.2f}"],
        textposition="middle right" if best < line.positions[-1] * 0.7 else "middle left",
        textfont={"size": 15},
        marker={"color": colours.output, "size": 13, "symbol": "star"},
        row=2,
        col=1,
    )
    window = {"fillcolor": colours.kernel_fill, "line": {"color": colours.kernel, "dash": "dot"}, "layer": "below"}
    figure.add_vrect(x0=along[0], x1=along[-1], row=1, col=1, **window)
    figure.update_layout(height=400)
    figure.update_xaxes(title=line.along, row=2, col=1)
    figure.update_yaxes(title=line.up, row=1, col=1)
    figure.update_yaxes(title="score", range=[-1.1, 1.25], row=2, col=1)
    theme.show_figure(figure, key="matching", description=description, heading="The template where it fits best")


def show_correlation(correlation: Correlation) -> None:
    """Plot the score of two signals for every lag, the largest marked."""
    colours = theme.palette()
    figure = go.Figure(go.Bar(x=correlation.lags, y=correlation.scores, marker={"color": colours.output}, name="score"))
    best = [correlation.lags[correlation.best]], [correlation.scores[correlation.best]]
    marker = {"color": colours.kernel, "size": 14, "symbol": "star"}
    figure.add_scatter(x=best[0], y=best[1], mode="markers", name="largest", marker=marker)
    figure.update_layout(height=300, xaxis_title="lag of y, samples", yaxis_title="score")
    figure.update_yaxes(range=[-1.1, 1.2])
    description = correlation.describe()
    theme.show_figure(figure, key="correlation", description=description, heading="Correlation of x and y by lag")


def show_rows(table: Mapping[str, Sequence[float] | Signal], *, label: str) -> None:
    """Show equally long rows of numbers by name."""
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
    return f"{round(float(value), 3) + 0.0:g}".replace("-", "−")
