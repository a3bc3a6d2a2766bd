"""Charts of the model card: ROC and precision-recall curves, reliability diagram, confusion matrix."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from cnn.cards import CLASSES
from cnn.evaluation.metrics import GRID, Curve, ReliabilityBin
from cnn.evaluation.operating_point import ConfusionCounts
from ui.evaluation.charts import Labels, error_bars
from ui.shell import theme

HEIGHT = 390
_SHARES = {"range": [-0.02, 1.02], "dtick": 0.25, "tickformat": ".0%"}


@dataclass(frozen=True)
class Line:
    """A curve: network, films and legend; colour role and dash, because hue alone does not distinguish curves.

    A ``main`` curve is drawn with its band and a dot at the threshold.
    """

    network: str
    group: str
    title: str
    role: str
    dash: str
    main: bool = False


def draw_curves(
    curves: Sequence[tuple[Line, Curve]], guess: tuple[float, float], threshold: float, labels: Labels
) -> None:
    """Draw ROC or precision-recall curves.

    Args:
        curves: lines and their points.
        guess: y of a random classifier at x = 0 and x = 1.
        threshold: threshold on P(PNEUMONIA).
        labels: texts of the chart.
    """
    colours = theme.palette()
    figure = _figure_with_guide(guess)
    for line, curve in curves:
        colour = getattr(colours, line.role)
        if line.main:
            figure.add_scatter(
                x=np.concatenate([GRID, GRID[::-1]]),
                y=np.concatenate([curve.high, curve.low[::-1]]),
                fill="toself",
                fillcolor=getattr(colours, f"{line.role}_fill"),
                opacity=0.6,
                line={"width": 0},
                mode="lines",
                hoverinfo="skip",
                showlegend=False,
            )
        figure.add_scatter(
            x=curve.x, y=curve.y, name=line.title, mode="lines", line={"color": colour, "dash": line.dash, "width": 2.5}
        )
        if line.main:
            index = curve.index_at(threshold)
            figure.add_scatter(
                x=[curve.x[index]],
                y=[curve.y[index]],
                mode="markers",
                showlegend=False,
                hoverinfo="skip",
                marker={"color": colour, "size": 12, "line": {"color": colours.background, "width": 2}},
            )
    labels.show(figure)


def draw_reliability(diagrams: Sequence[tuple[Line, list[ReliabilityBin]]], description: str) -> None:
    """Draw observed against predicted shares, one dot per bin; its area is the number of films."""
    figure = _figure_with_guide((0, 1))
    for line, bins in diagrams:
        colour = getattr(theme.palette(), line.role)
        films = np.array([each.films for each in bins])
        observed = [each.observed for each in bins]
        figure.add_scatter(
            x=[each.predicted for each in bins],
            y=[estimate.value for estimate in observed],
            name=line.title,
            mode="lines+markers",
            line={"color": colour, "dash": line.dash, "width": 1.5},
            marker={"color": colour, "size": 6 + 16 * np.sqrt(films / films.max()), "opacity": 0.9},
            error_y=error_bars(observed, colour),
            customdata=films,
            cliponaxis=False,
            hovertemplate="predicted %{x:.0%}, observed %{y:.0%}, %{customdata} films",
        )
    x, y = "P(PNEUMONIA), mean of the bin", "share that is PNEUMONIA"
    Labels("Reliability", x, y, "reliability", description).show(figure)


def draw_confusion(matrices: Sequence[tuple[str, ConfusionCounts]], description: str) -> None:
    """Draw confusion matrices, one below the other; a cell is darker the larger its share of its class."""
    colours = theme.palette()
    several = len(matrices) > 1
    titles = [title for title, _ in matrices] if several else None
    figure = make_subplots(rows=len(matrices), cols=1, shared_xaxes=True, vertical_spacing=0.14, subplot_titles=titles)
    for row, (_, counts) in enumerate(matrices, start=1):
        normal = [counts.true_negatives[0], counts.false_positives[0]]
        pneumonia = [counts.false_negatives[0], counts.true_positives[0]]
        shares = [np.divide(cells, max(1, sum(cells))) for cells in (normal, pneumonia)]
        figure.add_heatmap(
            z=shares,
            x=[f"predicted<br>{name}" for name in CLASSES],
            y=[f"label<br>{name}" for name in CLASSES],
            text=[list(map(int, cells)) for cells in (normal, pneumonia)],
            texttemplate="%{text}<br>%{z:.0%}",
            textfont={"size": 18, "color": colours.text},
            showscale=False,
            zmin=0,
            zmax=1,
            colorscale=[[0, theme.CLEAR], [1, "rgba(64, 160, 120, 0.35)"]],  # an image: no rule of CSS reaches it
            xgap=3,
            ygap=3,
            hoverinfo="skip",
            row=row,
            col=1,
        )
    figure.update_layout(height=HEIGHT + 80 * several)
    figure.update_xaxes(showgrid=False)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    theme.show_figure(figure, key="confusion", description=description, heading="Confusion matrix")


def _figure_with_guide(ends: tuple[float, float]) -> go.Figure:
    """Return a figure with axes of shares and the dotted line of a classifier to compare with."""
    line = {"color": theme.palette().muted, "dash": "dot", "width": 1.5}
    figure = go.Figure(layout={"height": HEIGHT})
    figure.add_scatter(x=[0, 1], y=ends, mode="lines", line=line, showlegend=False, hoverinfo="skip")
    figure.update_xaxes(**_SHARES)
    figure.update_yaxes(**_SHARES)
    return figure
