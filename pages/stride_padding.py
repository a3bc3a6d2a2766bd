"""Stride and padding (slides 19-34): every position, and three rules for sizes that do not divide exactly."""

from dataclasses import replace
from typing import Any

import streamlit as st

from cnn.errors import UserError
from cnn.layers.sizes import Window, window_fits
from cnn.lecture.questions.layer_sizes import ask_output_size
from cnn.ops.windows import PaddingMode
from ui.lecture.size_rules import HEIGHT, WIDTH, Sliding, show_layer_by_layer, show_positions, show_rules
from ui.shell import frame
from ui.shell.fields import Choice, Field, Flag, Whole
from ui.shell.page_state import State
from ui.shell.text import sentence_of
from ui.widgets import quiz

N = Whole("N", "Input N", 7, low=1, high=24)
F = Whole("F", "Filter F", 3, low=1, high=15)
S = Whole("S", "Stride S", 1, low=1, high=12)
P = Whole("P", "Padding P", 0, low=0, high=12)
D = Whole("D", "Dilation D", 1, low=1, high=6)
ACROSS = (N, F, S, P, D)
LETTERS = "NFSPD"
DOWN = tuple(Whole(f"{f.name}h", f"{f.label}, height", f.default, f.low, f.high) for f in ACROSS)
TALL = Flag("tall", "Another height", False)
SAME = Flag("same", "Padding “same”", False)
MODE: Choice[PaddingMode] = Choice(
    "mode", "Padding holds", "zeros", options=("zeros", "reflect", "replicate", "circular")
)
HIDE = Flag("hide", "Predict first", False)
STEP = Whole("step", "Step", 0, low=0, high=9999)
PRESETS = {
    "7, 3, stride 1": (7, 3, 1, 0, 1),
    "7, 3, stride 2": (7, 3, 2, 0, 1),
    "7, 3, stride 3": (7, 3, 3, 0, 1),
    "Slide 34, no padding": (4, 3, 1, 0, 1),
    "Slide 34, padding 1": (5, 3, 1, 1, 1),
    "Dilated": (9, 3, 1, 0, 2),
    "Rounded up, then one dropped": (5, 2, 2, 1, 1),
}

frame.header(
    "Stride and padding",
    "Stride is how far the filter moves at each step; padding is what lies around the picture. With the sizes of "
    "picture and filter they settle how large the output is.",
    "Press “7, 3, stride 3” and see three rules give three answers.",
)
state = State.open("stride_padding", *ACROSS, *DOWN, TALL, SAME, MODE, HIDE, STEP)
named: dict[str, dict[Field[Any], Any]] = {
    name: dict(zip(ACROSS, values, strict=True)) | {SAME: False, TALL: False, MODE: "zeros"}
    for name, values in PRESETS.items()
}
state.presets("Start from an example", named)


def predicted(n: int, window: Window) -> bool:
    """Ask for the size; return whether it has been revealed, or there is no size to ask for."""
    left, right = window.ends
    if left != right or not window_fits((n,), window):
        return True
    return quiz.ask(ask_output_size(n, replace(window, padding=left)), state)


def start_from_across() -> None:
    """Copy the width's settings to the height."""
    for across, down in zip(ACROSS, DOWN, strict=True):
        state.put(down, state[across])


def read_settings() -> tuple[Sliding, bool, bool]:
    """Show the controls; return the settings, whether the height has its own, and whether to predict first."""
    unused = (P, DOWN[ACROSS.index(P)]) if state[SAME] else ()
    width, *numbers = state.boxes(*ACROSS, disabled=unused)
    across = Window(*numbers)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        tall = state.flag(TALL, start_from_across)
        same = state.flag(SAME)
        hidden = state.flag(HIDE)
        mode = state.select(MODE)
    height, down = width, across
    if tall:
        height, *numbers = state.boxes(*DOWN, disabled=unused)
        down = Window(*numbers)
    return Sliding(height, down, width, across, same, mode), tall, hidden


def both_views(sliding: Sliding, tall: bool, hidden: bool) -> None:
    """Show every position and the sizes, both after the prediction where one is asked for. Raises ``UserError``."""
    across = sliding.padded(sliding.across)
    if hidden and not predicted(sliding.width, across):
        return
    show_positions(state, sliding, dict(zip(LETTERS, DOWN, strict=True)), state[STEP])
    if not hidden:
        predicted(sliding.width, across)
    st.header("How large is the output?", anchor=False)
    st.markdown("The lecture's formula is **(N - F)/S + 1**; with padding on both sides **(N - F + 2P)/S + 1**.")
    show_rules(state, sliding, dict(zip(LETTERS, ACROSS, strict=True)), [WIDTH] if tall else [WIDTH, HEIGHT])


@st.fragment  # a change redraws this part alone, so that the grid answers sooner
def lesson() -> None:
    """Show everything that depends on the numbers."""
    sliding, tall, hidden = read_settings()
    try:
        both_views(sliding, tall, hidden)
    except UserError as error:
        st.error(sentence_of(error))
    show_layer_by_layer(sliding.width, sliding.across.kernel_size)
    state.share()
    state.remember()


lesson()
frame.footer(
    "stride_padding",
    "A side has (N - F + 2P)/S + 1 positions; what to do with a fraction is a convention, and PyTorch rounds down.",
)
