"""What charts of the evaluation share: their labels, error bars, and the chart of estimates with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle

import plotly.graph_objects as go

from cnn.evaluation.bootstrap import Estimate
from ui.shell import theme

_DASHES = ("dot", "dash", "longdash", "solid", "dashdot")
_SYMBOLS = ("circle", "diamond-open")


@dataclass(frozen=True)
class Labels:
    """Texts of a chart: ``description`` is its caption, ``key`` names the element in the page."""

    heading: str
    x: str
    y: str
    key: str
    description: str

    def show(self, figure: go.Figure) -> None:
        """Show the chart with these texts."""
        figure.update_xaxes(title=self.x)
        figure.update_yaxes(title=self.y)
        theme.show_figure(figure, key=self.key, description=self.description, heading=self.heading)


@dataclass(frozen=True)
class Series:
    """Estimates by the name of their row, drawn in the colour of ``role``."""

    name: str
    estimates: Mapping[str, Estimate]
    role: str


def error_bars(estimates: Sequence[Estimate], colour: str) -> dict[str, object]:
    """Return Plotly's settings for the intervals of ``estimates``."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [estimate.high - estimate.value for estimate in estimates],
        "arrayminus": [estimate.value - estimate.low for estimate in estimates],
        "color": colour,
        "thickness": 2,
        "width": 4,
    }


def draw_estimates(
    series: Sequence[Series],
    labels: Labels,
    references: Mapping[str, float],
    band: tuple[str, float, float] | None = None,
) -> None:
    """Draw a row per estimate: a dot with its interval.

    Args:
        series: series with the same rows.
        labels: texts of the chart.
        references: values to compare all rows with, by name: vertical lines.
        band: name, lower and upper end of a range to shade.
    """
    colours = theme.palette()
    rows = [name.replace(", ", ",<br>") for name in series[0].estimates]  # a phone's plot needs the width
    figure = go.Figure()
    if band:
        name, low, high = band
        fill = {"fillcolor": colours.padding_fill, "line_width": 0, "layer": "below"}
        figure.add_vrect(x0=low, x1=high, name=name, showlegend=True, **fill)
    for (name, value), dash in zip(references.items(), cycle(_DASHES)):
        line = {"color": colours.kernel, "dash": dash, "width": 2}
        figure.add_vline(x=value, name=f"{name} {value:.2f}", showlegend=True, line=line)
    for each, symbol in zip(series, cycle(_SYMBOLS)):
        estimates, colour = list(each.estimates.values()), getattr(colours, each.role)
        figure.add_scatter(
            x=[estimate.value for estimate in estimates],
            y=rows,
            mode="markers",
            name=each.name,
            marker={"color": colour, "size": 11, "symbol": symbol},
            error_x=error_bars(estimates, colour),
            showlegend=True,
        )
    entries = len(references) + len(series) + bool(band)
    row_height = 43 if all("<br>" in row for row in rows) else 33
    figure.update_layout(height=150 + row_height * len(rows) + 12 * entries)
    figure.update_yaxes(range=[len(rows) - 0.5, -0.5])
    labels.show(figure)
