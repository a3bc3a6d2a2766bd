"""Figures of the operating point: a thousand people, the scores of both classes, and rates as lines."""

from collections.abc import Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from cnn.cards import CLASSES
from cnn.evaluation.operating_point import COHORT_SIZE, Cohort
from cnn.evaluation.scores import Scores
from ui.shell import theme

_COLUMNS = 50
"""People in a row."""
HEIGHT = 380
_TOP = {"margin": {"t": 104, "r": 20}}
_BINS = 20


def people(found: Cohort) -> None:
    """A mark for each of a thousand people: filled if ill, red if called PNEUMONIA; those called come first."""
    colours = theme.palette()
    order = [
        ("a", "ill and called", found.true_positives, colours.positive, True),
        ("b", "healthy and called", found.false_positives, colours.positive, False),
        ("c", "ill and missed", found.false_negatives, colours.negative, True),
        ("d", "healthy and not called", found.true_negatives, colours.muted, False),
    ]
    looks = "".join(
        f".people .{key} {{ border: 1.5px solid {colour}; background: {colour if filled else 'transparent'}; }}"
        for key, _, _, colour, filled in order
    )
    style = (
        f".people {{ color: {colours.text}; max-width: 56rem; }} .people i {{ display: block; border-radius: 50%;"
        " box-sizing: border-box; aspect-ratio: 1; }"
        f".people .all {{ display: grid; grid-template-columns: repeat({_COLUMNS}, 1fr); gap: 2px; }}"
        ".people .key { display: flex; flex-wrap: wrap; gap: 0.2rem 1.4rem; margin-bottom: 0.6rem; }"
        ".people .key span { display: flex; gap: 0.4rem; align-items: center; } .people .key i { width: 0.8rem; }"
    )
    keys = "".join(f'<span><i class="{key}"></i><strong>{count}</strong> {name}</span>'
                   for key, name, count, _, _ in order)  # fmt: skip
    label = f"{COHORT_SIZE:,} people: " + ", ".join(f"{count} {name}" for _, name, count, _, _ in order)
    marks = "".join(f'<i class="{key}"></i>' * count for key, _, count, _, _ in order)
    st.html(
        f'<style>{style}{looks}</style><div class="people"><div class="key">{keys}</div>'
        f'<div class="all" role="img" aria-label="{escape(label)}">{marks}</div></div>'
    )


def scores(films: Scores, threshold: float, frozen: float, description: str) -> list[tuple[str, int, int]]:
    """A dot for each film, by class, at its P(PNEUMONIA); returns how many lie in each bin: (bin, NORMAL, PNEUMONIA).

    Up and down mean nothing within a class; they keep the dots apart.
    """
    colours = theme.palette()
    figure = go.Figure()
    edges, counts = np.linspace(0, 1, _BINS + 1), []
    for label, (name, colour, symbol) in enumerate(
        zip(CLASSES, (colours.negative, colours.positive), ("circle-open", "circle"), strict=True)
    ):
        chances = films.probabilities[films.labels == label]
        counts.append(np.histogram(chances, edges)[0])
        apart = (np.arange(len(chances)) * 0.618) % 1  # spread evenly, the same every time
        figure.add_scatter(x=chances, y=label + 0.76 * (apart - 0.5), name=name, mode="markers",
                           marker={"color": colour, "size": 6, "symbol": symbol, "opacity": 0.75},
                           hovertemplate="%{x:.3f}", cliponaxis=False)  # fmt: skip
    figure.update_layout(
        height=HEIGHT - 60, title=theme.figure_title("What the network said of each film"), showlegend=False
    )
    _thresholds(figure, threshold, frozen)
    figure.update_xaxes(title="P(PNEUMONIA)", range=[0, 1], fixedrange=True)
    figure.update_yaxes(tickvals=[0, 1], ticktext=CLASSES, range=[-0.5, 1.5], fixedrange=True, showgrid=False,
                        zeroline=False)  # fmt: skip
    theme.show_figure(figure, key="scores", description=description)
    return [
        (f"{start:.2f} to {end:.2f}", int(well), int(sick))
        for start, end, well, sick in zip(edges[:-1], edges[1:], *counts, strict=True)
    ]


def lines(
    x: np.ndarray, found: Sequence[tuple[str, np.ndarray]], *, title: str, axis: str, unit: str, mark: float,
    frozen: float | None, key: str, description: str, logarithmic: bool = False,
) -> None:  # fmt: skip
    """Curves over a threshold or a prevalence, with a line where the reader stands."""
    colours = theme.palette()
    figure = go.Figure()
    looks = {"sensitivity": (colours.positive, "solid"), "specificity": (colours.negative, "solid"),
             "PPV": (colours.kernel, "dash"), "NPV": (colours.output, "dot")}  # fmt: skip
    for name, values in found:
        colour, dash = looks.get(name, (colours.input, "solid"))
        figure.add_scatter(x=x, y=values, name=name, mode="lines", line={"color": colour, "dash": dash, "width": 2.5})
    layout = _TOP if len(found) > 1 else {"margin": {"t": 56, "r": 20}}
    figure.update_layout(height=HEIGHT, title=theme.figure_title(title), **layout)
    if frozen is None:
        figure.add_vline(x=mark, line={"color": colours.text, "width": 2})
    else:
        _thresholds(figure, mark, frozen)
    figure.update_xaxes(title=axis, fixedrange=True)
    if logarithmic:
        figure.update_xaxes(type="log", tickvals=[0.1, 0.3, 1, 3, 10, 30, 90])
    figure.update_yaxes(title=unit, fixedrange=True, rangemode="tozero")
    theme.show_figure(figure, key=key, description=description)


def _thresholds(figure: go.Figure, threshold: float, frozen: float) -> None:
    colours = theme.palette()
    figure.add_vline(x=frozen, line={"color": colours.muted, "dash": "dot", "width": 2})
    figure.add_vline(x=threshold, line={"color": colours.text, "width": 2})
