"""Pooling (slides 37-40): step by step, after a convolution, backward, and on films."""

from typing import Any

import streamlit as st

from cnn.ops import toy_inputs
from ui.lecture.pooling import film, numbers
from ui.lecture.pooling.settings import (
    CONVOLVED,
    FILM,
    GLOBAL,
    GRADIENT,
    KIND,
    NUMBERS,
    PART,
    RULE,
    SHAPE,
    F,
    P,
    S,
    W,
    X,
)
from ui.shell import frame, stage
from ui.shell.fields import Field
from ui.shell.page_state import State
from ui.shell.stage import PREDICT
from ui.widgets import cross_links, quiz

_OF_SLIDE: tuple[Field[Any], ...] = (X, KIND, SHAPE, F, S, P, RULE, GRADIENT, numbers.SHIFT)
SLIDE: dict[Field[Any], Any] = {PART: NUMBERS} | {field: field.default for field in _OF_SLIDE}
EXAMPLES = {
    "Max pooling": SLIDE,
    "Convolution, then pooling": SLIDE | {PART: CONVOLVED, X: toy_inputs.BINARY_IMAGE, W: W.default, S: 1},
    "Overlapping: F 3, S 2": SLIDE | {X: tuple(map(tuple, toy_inputs.counting(7, 7))), F: 3},
    "Gradient": SLIDE | {X: ((3, 3, 0, 1), (1, 3, 1, 1)), GRADIENT: True},
    "Global average": SLIDE | {KIND: "average", SHAPE: GLOBAL},
    "A film": SLIDE | {PART: FILM},
}

frame.header(
    "Pooling",
    "Each window becomes one number, its maximum or its average. With a stride of 2 or more, width and height shrink; "
    "the depth stays, and there are no parameters.",
)
state = State.open("pooling", *numbers.FIELDS, *film.FIELDS, PREDICT, quiz.QUESTION, cross_links.CARRIED)


@st.fragment  # a change redraws this part alone
def lesson() -> None:
    """Show the page below its heading."""
    (film if state[PART] == FILM else numbers).show(stage.open_view(state, EXAMPLES), state)
    state.remember()


lesson()
frame.footer(
    "pooling",
    "Pooling shrinks width and height and keeps the depth. Max pooling keeps the strongest response, and only its cell "
    "gets the gradient. Small shifts are tolerated only partly: a maximum that crosses into the next window counts.",
)
