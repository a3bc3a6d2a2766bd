"""Charts of the method bench: similarity under randomised weights, and maps of one film."""

from collections.abc import Mapping
from itertools import cycle

import plotly.graph_objects as go

from cnn.attribution.attribution import CHANGES
from cnn.evaluation.bootstrap import Estimate
from ui.evaluation.charts import Labels
from ui.shell import theme

_SYMBOLS = ("circle", "square", "diamond", "cross", "x", "triangle-up", "triangle-down", "star", "hexagon", "bowtie")


def draw_randomisation(
    curves: Mapping[str, Mapping[str, Estimate]], changes: Mapping[str, bool | None], labels: Labels
) -> None:
    """Draw the similarity to the trained map over the stages; red and dashed for methods whose maps do not change."""
    colours = theme.palette()
    figure = go.Figure()
    for (title, stages), symbol in zip(curves.items(), cycle(_SYMBOLS)):
        colour, dash = {
            True: (colours.input, "solid"),
            None: (colours.muted, "dot"),
            False: (colours.positive, "dash"),
        }[changes[title]]
        figure.add_scatter(
            x=list(stages),
            y=[estimate.value for estimate in stages.values()],
            name=f"{title} ({CHANGES[changes[title]]})",
            line={"color": colour, "dash": dash},
            marker={"symbol": symbol, "size": 9},
            mode="lines+markers",
        )
    figure.update_layout(height=500)
    labels.show(figure)
