"""Charts of the method bench: similarity under randomised weights, and maps of one film."""

from collections.abc import Mapping
from itertools import cycle

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from PIL import Image

from cnn.attribution.attribution import Attribution
from cnn.evaluation.bootstrap import Estimate
from ui.chest import overlay
from ui.evaluation.charts import Labels
from ui.shell import theme

_SYMBOLS = ("circle", "square", "diamond", "cross", "x", "triangle-up", "triangle-down", "star", "hexagon", "bowtie")
MAP_WIDTH = 164
"""Width of a map in pixels."""
OPACITY = 0.8


def draw_randomisation(
    curves: Mapping[str, Mapping[str, Estimate]], changes: Mapping[str, bool | None], labels: Labels
) -> None:
    """Draw the similarity to the trained map over the stages; red and dashed for methods whose maps do not change."""
    colours = theme.palette()
    figure = go.Figure()
    for (title, stages), symbol in zip(curves.items(), cycle(_SYMBOLS)):
        verdict, colour, dash = {
            True: ("changes", colours.input, "solid"),
            None: ("cannot tell", colours.muted, "dot"),
            False: ("does not change", colours.positive, "dash"),
        }[changes[title]]
        figure.add_scatter(
            x=list(stages),
            y=[estimate.value for estimate in stages.values()],
            name=f"{title} ({verdict})",
            line={"color": colour, "dash": dash},
            marker={"symbol": symbol, "size": 9},
            mode="lines+markers",
        )
    figure.update_layout(height=500, margin={"t": 150})
    labels.show(figure)


def show_maps(film: np.ndarray, lesion: np.ndarray | None, maps: Mapping[str, tuple[Attribution, str]]) -> None:
    """Show a film and maps over it, with the lesion outlined.

    Args:
        film: pixels (H, W) uint8.
        lesion: mask of the lesion, bool, if there is one.
        maps: map and caption by title.
    """
    thumbnail = Image.fromarray(film)
    thumbnail.thumbnail((2 * MAP_WIDTH, 2 * MAP_WIDTH))
    film = np.asarray(thumbnail)
    with st.container(horizontal=True):
        _show_image("The film", np.repeat(film[..., None], 3, axis=-1), lesion, "the lesion outlined")
        for title, (attribution, caption) in maps.items():
            _show_image(title, overlay.overlay_map(film, attribution, OPACITY), lesion, caption)


def _show_image(title: str, image: np.ndarray, lesion: np.ndarray | None, caption: str) -> None:
    with st.container(width=MAP_WIDTH):
        st.markdown(f"**{title}**")
        image = image if lesion is None else overlay.draw_outline(image, lesion)
        st.image(image, alt=f"{title}: {caption}", width=MAP_WIDTH)
        st.caption(caption)
