"""Charts of the operating point: a cohort as icons, the scores of both classes, and rates as lines."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from cnn.cards import CLASSES
from cnn.evaluation.operating_point import COHORT_SIZE, Cohort
from cnn.evaluation.scores import Scores
from ui.evaluation.charts import Labels
from ui.shell import theme

HEIGHT = 380
SCORE_BINS = np.linspace(0, 1, 21)


def draw_cohort(cohort: Cohort) -> None:
    """Draw a mark for each person: filled if ill, red if predicted to be; positive predictions first."""
    people = [
        ("true-positive", "ill, predicted ill", cohort.true_positives),
        ("false-positive", "healthy, predicted ill", cohort.false_positives),
        ("false-negative", "ill, missed", cohort.false_negatives),
        ("true-negative", "healthy, predicted healthy", cohort.true_negatives),
    ]
    legend = "".join(
        f'<span><i class="{kind}"></i><strong>{count}</strong> {name}</span>' for kind, name, count in people
    )
    label = f"{COHORT_SIZE:,} people: " + "; ".join(f"{count} {name}" for _, name, count in people)
    marks = "".join(f'<i class="{kind}"></i>' * count for kind, _, count in people)
    st.html(
        f'<div class="people"><div class="key">{legend}</div>'
        f'<div class="all" role="img" aria-label="{label}">{marks}</div></div>'
    )


def draw_scores(films: Scores, threshold: float, frozen: float, description: str) -> None:
    """Draw a dot for each film, by class, at its P(PNEUMONIA), jittered within its class."""
    colours = theme.palette()
    figure = go.Figure()
    looks = ((colours.negative, "circle-open"), (colours.positive, "circle"))
    for label, (name, (colour, symbol)) in enumerate(zip(CLASSES, looks, strict=True)):
        probabilities = films.probabilities[films.labels == label]
        jitter = (np.arange(len(probabilities)) * 0.618) % 1 - 0.5  # evenly spread, the same every time
        figure.add_scatter(
            x=probabilities,
            y=label + 0.76 * jitter,
            name=name,
            mode="markers",
            marker={"color": colour, "size": 6, "symbol": symbol, "opacity": 0.75},
            hovertemplate="%{x:.3f}",
            cliponaxis=False,
        )
    _draw_thresholds(figure, threshold, frozen)
    figure.update_layout(height=HEIGHT - 60, showlegend=False)
    figure.update_xaxes(range=[0, 1])
    figure.update_yaxes(tickvals=[0, 1], ticktext=CLASSES, range=[-0.5, 1.5], showgrid=False, zeroline=False)
    Labels("Score of each film", "P(PNEUMONIA)", "", "scores", description).show(figure)


def draw_by_threshold(
    curves: Mapping[str, np.ndarray], x: np.ndarray, threshold: float, frozen: float, labels: Labels
) -> None:
    """Draw curves over the threshold, with lines at the reader's threshold and at the frozen one."""
    figure = _draw_lines(curves, x)
    _draw_thresholds(figure, threshold, frozen)
    labels.show(figure)


def draw_by_prevalence(curves: Mapping[str, np.ndarray], x: np.ndarray, prevalence: float, labels: Labels) -> None:
    """Draw curves over the prevalence in percent, with a line at the reader's prevalence."""
    figure = _draw_lines(curves, x)
    figure.add_vline(x=prevalence, line={"color": theme.palette().text, "width": 2})
    figure.update_xaxes(type="log", tickvals=[0.1, 0.3, 1, 3, 10, 30, 90])
    labels.show(figure)


def _draw_lines(curves: Mapping[str, np.ndarray], x: np.ndarray) -> go.Figure:
    colours = theme.palette()
    looks = {
        "sensitivity": (colours.positive, "solid"),
        "specificity": (colours.negative, "solid"),
        "PPV": (colours.kernel, "dash"),
        "NPV": (colours.output, "dot"),
        "cost": (colours.input, "solid"),
    }
    figure = go.Figure()
    for name, values in curves.items():
        colour, dash = looks[name]
        figure.add_scatter(x=x, y=values, name=name, mode="lines", line={"color": colour, "dash": dash, "width": 2.5})
    figure.update_layout(height=HEIGHT, margin={"t": 104 if len(curves) > 1 else 56, "r": 20})
    figure.update_yaxes(rangemode="tozero")
    return figure


def _draw_thresholds(figure: go.Figure, threshold: float, frozen: float) -> None:
    colours = theme.palette()
    figure.add_vline(x=frozen, line={"color": colours.muted, "dash": "dot", "width": 2})
    figure.add_vline(x=threshold, line={"color": colours.text, "width": 2})
