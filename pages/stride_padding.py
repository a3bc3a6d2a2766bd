"""Stride and padding (slides 19-34): every position, and three rules for sizes that do not divide exactly."""

from typing import Any

import streamlit as st

from cnn.layers.sizes import Window
from cnn.ops.windows import PaddingMode
from ui.lecture import size_rules
from ui.lecture.size_rules import Sliding
from ui.shell import frame, stage
from ui.shell.fields import Choice, Field, Flag, Whole
from ui.shell.page_state import State
from ui.shell.stage import PREDICT
from ui.widgets import cross_links, quiz

N = Whole("N", "Input N", 7, low=1, high=64)
F = Whole("F", "Filter F", 3, low=1, high=15)
S = Whole("S", "Stride S", 1, low=1, high=12)
P = Whole("P", "Padding P", 0, low=0, high=12)
D = Whole("D", "Dilation D", 1, low=1, high=6)
ACROSS = (N, F, S, P, D)
DOWN = tuple(Whole(f"{f.name}h", f"{f.label}, height", f.default, f.low, f.high) for f in ACROSS)
TALL = Flag("tall", "Non-square", False)
SAME = Flag("same", "Padding “same”", False)
MODE: Choice[PaddingMode] = Choice(
    "mode", "Padding mode", "zeros", options=("zeros", "reflect", "replicate", "circular")
)
STEP = Whole("step", "Step", 0, low=0, high=9999)
EXAMPLES = {
    "7 × 7, stride 1": (7, 3, 1, 0, 1),
    "7 × 7, stride 2": (7, 3, 2, 0, 1),
    "7 × 7, stride 3": (7, 3, 3, 0, 1),
    "4 × 4, no padding": (4, 3, 1, 0, 1),
    "5 × 5, padding 1": (5, 3, 1, 1, 1),
    "32 × 32, filter 5 × 5": (32, 5, 1, 0, 1),
    "9 × 9, dilation 2": (9, 3, 1, 0, 2),
}
QUESTIONS = ((7, 3, 1, 0), (7, 3, 2, 0), (7, 3, 3, 0), (5, 3, 1, 1), (8, 3, 2, 1), (32, 5, 1, 2), (10, 4, 3, 0))

frame.header(
    "Stride and padding",
    "The filter moves S cells at a time over an input with P cells of padding on each side. What is the output size?",
)
state = State.open("stride_padding", *ACROSS, *DOWN, TALL, SAME, MODE, PREDICT, STEP, cross_links.CARRIED)
examples: dict[str, dict[Field[Any], Any]] = {
    name: dict(zip(ACROSS, values, strict=True)) | {SAME: False, TALL: False, MODE: "zeros"}
    for name, values in EXAMPLES.items()
}


def start_from_across() -> None:
    """Copy the width's settings to the height."""
    for across, down in zip(ACROSS, DOWN, strict=True):
        state.put(down, state[across])


def read_settings() -> Sliding:
    """Show the controls, and return what they say."""
    unused = (P, DOWN[ACROSS.index(P)]) if state[SAME] else ()
    width, kernel_size, stride, padding = state.boxes(N, F, S, P, disabled=unused)
    with stage.more("dilation, padding mode, height"):
        across = Window(kernel_size, stride, padding, state.number(D))
        mode = state.select(MODE)
        same = state.flag(SAME)
        tall = state.flag(TALL, start_from_across)
        height, down = width, across
        if tall:
            height, *numbers = state.boxes(*DOWN, disabled=unused)
            down = Window(*numbers)
    return Sliding(height, down, width, across, same, mode)


def next_question() -> None:
    """Put the settings of the question behind the present one into the fields."""
    now = tuple(state[field] for field in (N, F, S, P))
    index = (QUESTIONS.index(now) + 1) % len(QUESTIONS) if now in QUESTIONS else 0
    for field, value in zip((N, F, S, P), QUESTIONS[index], strict=True):
        state.put(field, value)


@st.fragment  # a change redraws this part alone, so that the grid answers sooner
def lesson() -> None:
    """Show the page below its heading."""
    view = stage.open_view(state, examples)
    with view.panel:
        sliding = read_settings()
    hidden = quiz.dock(view, sliding.question(), state, next_question)
    size_rules.show_positions(view, sliding, (DOWN if state[TALL] else ACROSS, ACROSS), state[STEP], hidden)
    if not hidden:
        with view.panel:
            size_rules.show_links(state, sliding)
            fields = dict(zip("NFSPD", ACROSS, strict=True))
            sides = [size_rules.WIDTH] if state[TALL] else [size_rules.WIDTH, size_rules.HEIGHT]
            size_rules.show_rules(state, sliding, fields, sides)
            if state[TALL]:
                size_rules.show_height_advice(state, sliding, dict(zip("NFSPD", DOWN, strict=True)))
        why, code = view.tabs(state, stage.WHY, stage.CODE)
        with why:
            size_rules.explain_layers(sliding)
        with code:
            size_rules.show_code(sliding)
    state.remember()


lesson()
frame.footer(
    "stride_padding",
    "The output size along one side is (N − F + 2P)/S + 1; with a dilation D, D(F − 1) + 1 takes the place of F. If "
    "this is not a whole number, PyTorch rounds down.",
)
