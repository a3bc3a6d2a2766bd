"""Charts of the operating point: rates as lines over threshold and prevalence."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from ui.evaluation.charts import Labels
from ui.shell import theme

HEIGHT = 360


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
    figure.update_layout(height=HEIGHT)
    figure.update_yaxes(rangemode="tozero")
    return figure


def _draw_thresholds(figure: go.Figure, threshold: float, frozen: float) -> None:
    colours = theme.palette()
    figure.add_vline(x=frozen, line={"color": colours.muted, "dash": "dot", "width": 2})
    figure.add_vline(x=threshold, line={"color": colours.text, "width": 2})
