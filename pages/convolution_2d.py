"""Convolution in two dimensions (slides 11-14): numbers, a picture in colour with its 75 products, and a whole film."""

from typing import Any

import streamlit as st

from cnn.ops import toy_inputs
from ui.lecture.convolution_2d import colours, film, numbers
from ui.lecture.convolution_2d.shown import STEP
from ui.shell import frame, stage
from ui.shell.fields import Choice, Field
from ui.shell.page_state import State
from ui.shell.stage import PREDICT
from ui.widgets import cross_links, quiz
from ui.widgets.grid import show_grid

ONE, THREE, PICTURE = "One channel", "Three channels", "A whole picture"
PART = Choice("part", "Input", ONE, options=(ONE, THREE, PICTURE))
READ = {ONE: numbers.read, THREE: colours.read, PICTURE: film.read}
EXPLAIN = {ONE: numbers.explain, THREE: colours.explain, PICTURE: film.explain}
EXAMPLES: dict[str, dict[Field[Any], Any]] = {
    "3 × 3 on 5 × 5": {PART: ONE, numbers.X: numbers.X.default, numbers.W: numbers.W.default, numbers.FLIP: False},
    "Flipped": {PART: ONE, numbers.X: numbers.X.default, numbers.W: toy_inputs.ARROW, numbers.FLIP: True},
    "5 × 5 × 3 on 32 × 32 × 3": {PART: THREE, colours.COLOUR: colours.COLOUR.default, colours.BIAS: 1.0},
    "Edges of a film": {PART: PICTURE, film.KERNEL: film.KERNEL.default},
}

frame.header(
    "Convolution in two dimensions",
    "At each position, the filter is laid over a window of the input: multiply the overlapping values and add the "
    "products.",
)
fields = (PART, *numbers.FIELDS, *colours.FIELDS, *film.FIELDS, STEP)
state = State.open("convolution_2d", *fields, PREDICT, quiz.QUESTION, cross_links.CARRIED)


@st.fragment  # a change redraws this part alone
def lesson() -> None:
    """Show the page below its heading."""
    view = stage.open_view(state, EXAMPLES)
    with view.panel:
        part = state.choice(PART)
        shown = view.compute(lambda: READ[part](state), name=part)
    if shown is not None:
        hidden = quiz.dock(view, shown.question, state)
        with view.stage:
            asked = shown.question.cell if hidden and shown.question else None
            show_grid(shown.example, shown.options, key=part, hide=asked, concealed=hidden and asked is None)
        if hidden:
            view.tabs(state)
        else:
            with view.panel:
                shown.show_links(state)
            why, code = view.tabs(state, stage.WHY, stage.CODE)
            with why:
                EXPLAIN[part](shown.example)
            with code:
                shown.show_code()
    state.remember()


lesson()
frame.footer(
    "convolution_2d",
    "A filter has as many channels as its input. At each position it gives one number, the dot product plus a bias "
    "(0 in the examples with one channel). That number is large where the input matches the filter's pattern, but also "
    "wherever the input values are large.",
)
