"""Filters and ReLU (slides 15-16): six maps stacked into a volume, max(0, x) on them, and the slide's question."""

from typing import Any

import streamlit as st

from ui.lecture.filters_relu import maps, two_layers
from ui.shell import frame, stage
from ui.shell.fields import Choice, Field
from ui.shell.page_state import State
from ui.shell.stage import PREDICT
from ui.widgets import cross_links, quiz

COLOUR, FILM, LAYERS = "Picture in colour", "Chest film", "Two layers"
PART = Choice("part", "Show", COLOUR, options=(COLOUR, FILM, LAYERS))
EXAMPLES: dict[str, dict[Field[Any], Any]] = {
    "6 filters of 5 × 5 × 3": {PART: COLOUR, maps.FILTERS: 6, maps.BIAS: 0.0},
    "Filters on a chest film": {PART: FILM, maps.FILTERS: 6, maps.BIAS: 0.0},
    "7 filters, then 8": {PART: LAYERS} | {field: field.default for field in two_layers.FIELDS},
}

frame.header(
    "Filters and ReLU",
    "K filters make K feature maps, a volume of depth K. ReLU sets negative values to zero.",
)
fields = (PART, *maps.FIELDS, *two_layers.FIELDS)
state = State.open("filters_relu", *fields, PREDICT, quiz.QUESTION, cross_links.CARRIED)


@st.fragment  # a change redraws this part alone
def lesson() -> None:
    """Show the page below its heading."""
    view = stage.open_view(state, EXAMPLES)
    with view.panel:
        part = state.choice(PART)
    if part == LAYERS:
        two_layers.show(view, state)
    else:
        maps.show(view, state, maps.read_colours if part == COLOUR else maps.read_film)
    state.remember()


lesson()
frame.footer(
    "filters_relu",
    "The depth of a volume is the number of filters that made it, and every filter of the next layer is that deep.",
)
