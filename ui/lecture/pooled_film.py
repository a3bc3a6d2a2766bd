"""Slide 37: a volume shrinks, and so does a radiograph, or a map that a network made of it."""

import streamlit as st

from ui.lecture import filtered_film
from ui.shell.page_state import Choice, State, Whole
from ui.widgets import film

BLOCK = Whole("block", "Window of F x F with stride F", 32, low=1, high=64)
FILM, MAP = "the film itself", "a map of the lecture's network"
WHAT = Choice("what", "Pool", FILM, options=(FILM, MAP))
STAGE = Whole("stage", "Pooling layer", 1, low=1, high=5)
NUMBER = Whole("map", "Map", 1, low=1, high=16)
FIELDS = BLOCK, WHAT, STAGE, NUMBER


def show(state: State) -> None:
    """A volume, then a film of the reader's choice. Raises ``UserError``."""
    st.header("A whole volume, a whole picture", anchor=False)
    filtered_film.volume()
    radiograph = film.choose()
    if radiograph is None:
        return
    if state.choice(WHAT) == FILM:
        filtered_film.pooled(radiograph, state.slider(BLOCK))
        return
    from ui.lecture import lecture_map  # imports torch, which nothing else on this page needs

    layer, number = state.slider(STAGE), state.slider(NUMBER)
    lecture_map.show(radiograph, layer, number)
