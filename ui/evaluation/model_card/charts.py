"""Charts of the model card: ROC, precision-recall, reliability, confusion matrix, subgroups, hidden lungs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from cnn.cards import CLASSES
from cnn.evaluation.bootstrap import Estimate
from cnn.evaluation.metrics import GRID, Curve, ReliabilityBin
from cnn.evaluation.operating_point import ConfusionCounts
from cnn.evaluation.scores import sigmoid
from ui.shell import theme

HEIGHT = 420
_TOP = {"margin": {"t": 96, "r": 24}}
_SHARE = {"range": [-0.02, 1.02], "dtick": 0.25, "tickformat": ".0%", "fixedrange": True}


@dataclass(frozen=True)
class Line:
    """How a curve is drawn: its name, a role of colour and a dash, so that hue is never all that tells."""

    name: str
    role: str
    dash: str = "solid"
    band: bool = True


def roc(parts: Sequence[tuple[Line, Curve]], frozen: float, description: str) -> None:
    """ROC curves; a dot marks the frozen threshold on each."""
    figure = go.Figure()
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line=_guide(), showlegend=False, hoverinfo="skip")
    for line, curve in parts:
        _curve(figure, line, curve, frozen)
    figure.update_layout(height=HEIGHT, title=theme.figure_title("ROC"), **_TOP)
    figure.update_xaxes(title="false alarms: 1 - specificity", **_SHARE)
    figure.update_yaxes(title="sensitivity", **_SHARE)
    theme.show_figure(figure, key="roc", description=description)


def precision_recall(parts: Sequence[tuple[Line, Curve]], frozen: float, prevalence: float, description: str) -> None:
    """Precision-recall curves; guessing has the share of PNEUMONIA in the films as its precision."""
    figure = go.Figure()
    figure.add_scatter(x=[0, 1], y=[prevalence] * 2, mode="lines", line=_guide(), showlegend=False, hoverinfo="skip")
    for line, curve in parts:
        _curve(figure, line, curve, frozen)
    figure.update_layout(height=HEIGHT, title=theme.figure_title("Precision and recall"), **_TOP)
    figure.update_xaxes(title="recall: sensitivity", **_SHARE)
    figure.update_yaxes(title="precision: PPV in these films", **_SHARE)
    theme.show_figure(figure, key="precision-recall", description=description)


def reliability(parts: Sequence[tuple[Line, list[ReliabilityBin]]], description: str) -> None:
    """What was predicted against what came true, one dot a bin, as large as it holds films."""
    figure = go.Figure()
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line=_guide(), showlegend=False, hoverinfo="skip")
    for line, bins in parts:
        seen = [each.observed for each in bins]
        colour = getattr(theme.palette(), line.role)
        most = max(each.films for each in bins)
        figure.add_scatter(
            x=[each.predicted for each in bins], y=[each.value for each in seen], name=line.name, mode="lines+markers",
            line={"color": colour, "dash": line.dash, "width": 1.5},
            marker={"color": colour, "size": [6 + 16 * np.sqrt(each.films / most) for each in bins], "opacity": 0.9},
            error_y={"type": "data", "symmetric": False, "color": colour, "thickness": 1.5, "width": 3,
                     "array": [each.high - each.value for each in seen],
                     "arrayminus": [each.value - each.low for each in seen]},
            customdata=[each.films for each in bins], cliponaxis=False,
            hovertemplate="says %{x:.0%}, comes true %{y:.0%}, %{customdata} films",
        )  # fmt: skip
    figure.update_layout(height=HEIGHT, title=theme.figure_title("Reliability"), **_TOP)
    figure.update_xaxes(title="P(PNEUMONIA), mean of the bin", **_SHARE)
    figure.update_yaxes(title="share that is PNEUMONIA", **_SHARE)
    theme.show_figure(figure, key="reliability", description=description)


def confusion(parts: Sequence[tuple[str, ConfusionCounts]], description: str) -> None:
    """A square for each pair of truth and call, the darker the larger its share of that truth."""
    colours = theme.palette()
    several = len(parts) > 1
    figure = make_subplots(rows=len(parts), cols=1, shared_xaxes=True, vertical_spacing=0.14,
                           subplot_titles=[name for name, _ in parts] if several else None)  # fmt: skip
    for place, (_, found) in enumerate(parts, start=1):
        cells = np.array(
            [[found.true_negatives[0], found.false_positives[0]], [found.false_negatives[0], found.true_positives[0]]]
        )
        shares = cells / np.maximum(1, cells.sum(axis=1, keepdims=True))
        texts = [[f"{int(cell)}<br>{share:.0%}" for cell, share in zip(*pair, strict=True)]
                 for pair in zip(cells, shares, strict=True)]  # fmt: skip
        figure.add_heatmap(
            z=shares, x=[f"called<br>{each}" for each in CLASSES], y=[f"is<br>{each}" for each in CLASSES],
            text=texts, texttemplate="%{text}", textfont={"size": 18, "color": colours.text}, showscale=False,
            zmin=0, zmax=1, colorscale=[[0, colours.background], [1, colours.output_fill]],
            xgap=3, ygap=3, hoverinfo="skip", row=place, col=1,
        )  # fmt: skip
    figure.update_layout(height=HEIGHT + 80 * several, title=theme.figure_title("Confusion matrix"),
                         margin={"t": 84 if several else 56})  # fmt: skip
    figure.update_xaxes(fixedrange=True, showgrid=False)
    figure.update_yaxes(autorange="reversed", fixedrange=True, showgrid=False)
    theme.show_figure(figure, key="confusion", description=description)


def dots(
    rows: Sequence[tuple[str, Sequence[Estimate]]], series: Sequence[Line], *, title: str, key: str, description: str
) -> None:
    """AUC with interval, a line for each row and a colour for each of ``series``; half is guessing."""
    figure = go.Figure()
    names = [name for name, _ in rows]
    for place, line in enumerate(series):
        found = [estimates[place] for _, estimates in rows]
        colour = getattr(theme.palette(), line.role)
        figure.add_scatter(
            x=[each.value for each in found], y=names, name=line.name, mode="markers",
            marker={"color": colour, "size": 11, "symbol": ("circle", "diamond-open")[place % 2]},
            error_x={"type": "data", "symmetric": False, "color": colour, "thickness": 2, "width": 5,
                     "array": [each.high - each.value for each in found],
                     "arrayminus": [each.value - each.low for each in found]},
        )  # fmt: skip
    figure.add_vline(x=0.5, line={"color": theme.palette().muted, "dash": "dot"})
    lowest = min([0.5, *(each.low for _, estimates in rows for each in estimates if each.low == each.low)])
    legend = len(series) > 1
    figure.update_layout(height=(170 if legend else 130) + 44 * len(rows), title=theme.figure_title(title),
                         showlegend=legend, **(_TOP if legend else {"margin": {"t": 56, "r": 24}}))  # fmt: skip
    figure.update_xaxes(title="AUC; 0.5 is guessing", range=[lowest - 0.03, 1.02], fixedrange=True)
    figure.update_yaxes(range=[len(rows) - 0.5, -0.5], fixedrange=True)
    theme.show_figure(figure, key=key, description=description)


def at_threshold(curve: Curve, threshold: float) -> int:
    """Which point of a curve belongs to a threshold on P: the lowest score that is still called."""
    called = np.flatnonzero(sigmoid(curve.thresholds) >= threshold)
    return int(called[-1])


def _curve(figure: go.Figure, line: Line, curve: Curve, frozen: float) -> None:
    colours = theme.palette()
    colour = getattr(colours, line.role)
    if line.band:
        figure.add_scatter(
            x=np.concatenate([GRID, GRID[::-1]]), y=np.concatenate([curve.high, curve.low[::-1]]), fill="toself",
            fillcolor=getattr(colours, f"{line.role}_fill"), opacity=0.6, line={"width": 0}, mode="lines",
            hoverinfo="skip", showlegend=False,
        )  # fmt: skip
    figure.add_scatter(x=curve.x, y=curve.y, name=line.name, mode="lines",
                       line={"color": colour, "dash": line.dash, "width": 2.5})  # fmt: skip
    if line.band:
        at = at_threshold(curve, frozen)
        figure.add_scatter(
            x=[curve.x[at]], y=[curve.y[at]], mode="markers", showlegend=False, hoverinfo="skip",
            marker={"color": colour, "size": 12, "line": {"color": colours.background, "width": 2}},
        )  # fmt: skip


def _guide() -> dict[str, object]:
    return {"color": theme.palette().muted, "dash": "dot", "width": 1.5}
