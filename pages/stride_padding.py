"""Stride and padding (slides 19-34): every position, three rules for what does not come out even, what is unread."""

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from cnn.errors import UserError
from cnn.layers import sizes as arithmetic
from cnn.layers.layers import Conv, Volume
from cnn.lecture import torch_snippets
from cnn.lecture.questions.layer_sizes import ask_output_size
from cnn.ops import convolution, toy_inputs, windows
from ui.lecture import size_rules
from ui.shell import frame
from ui.shell.fields import Choice, Field, Flag, Whole
from ui.shell.page_state import State
from ui.shell.text import escape_stars
from ui.widgets import cross_links, quiz, torch_code
from ui.widgets.grid import show_grid

N = Whole("N", "Input N", 7, low=1, high=24)
F = Whole("F", "Filter F", 3, low=1, high=15)
S = Whole("S", "Stride S", 1, low=1, high=12)
P = Whole("P", "Padding P", 0, low=0, high=12)
D = Whole("D", "Dilation D", 1, low=1, high=6)
ACROSS = (N, F, S, P, D)
DOWN = tuple(Whole(f"{f.name}h", f"{f.label}, height", f.default, f.low, f.high) for f in ACROSS)
TALL = Flag("tall", "Another height", False)
SAME = Flag("same", "Padding “same”", False)
MODE = Choice("mode", "Padding holds", "zeros", options=("zeros", "reflect", "replicate", "circular"))
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
named: dict[str, dict[Field, Any]] = {
    name: dict(zip(ACROSS, values, strict=True)) | {SAME: False, TALL: False, MODE: "zeros"}
    for name, values in PRESETS.items()
}
state.presets("Start from an example", named)


def show(section: Callable[..., None], *numbers: Any) -> None:
    """A part of the page, or the sentence that says why there is none."""
    try:
        section(*numbers)
    except UserError as error:
        st.error(escape_stars(str(error)))


def step_by_step(across: list[int], down: list[int], same: bool, mode: windows.PaddingMode) -> None:
    """The grid under PyTorch's rule, and what it leaves unread."""
    (n, f, s, p, d), (nh, fh, sh, ph, dh) = across, down
    example = convolution.conv2d(
        toy_inputs.counting(nh, n), np.ones((fh, f)), stride=(sh, s), padding="same" if same else (ph, p),
        dilation=(dh, d), padding_mode=mode,
    )  # fmt: skip
    lost = windows.unread_share(example.rows, example.columns)
    if lost:
        st.markdown(f"Rounded down as in PyTorch, **{lost:.0%} of the input is never read**; it is crossed out.")
    show_grid(example, key="positions", label="Every position of the filter", step=state[STEP])
    torch_code.show_snippet(torch_snippets.convolution_2d(example))
    padding = example.columns.before
    if down[1:] == across[1:] and padding == example.columns.after:
        cross_links.link_to_calculator(Conv(1, f, s, padding, d), Volume(n, nh, 1))


def predicted(across: list[int], same: bool) -> bool:
    """Asks for the size; true if it has been told, or there is nothing that could be asked for."""
    n, f, s, p, d = across
    try:
        left, right = arithmetic.same_padding(f, s, d) if same else (p, p)
        return left != right or quiz.ask(ask_output_size(n, f, s, left, d), state)
    except UserError:
        return True


def start_from_across() -> None:
    """Another height begins as what is set."""
    for across, down in zip(ACROSS, DOWN, strict=True):
        state.put(down, state[across])


def sizes(across: list[int], same: bool) -> None:
    """The formula, and three rules for what it leaves open."""
    n, f, s, p, d = across
    st.header("How large is the output?", anchor=False)
    st.markdown("The lecture's formula is **(N - F)/S + 1**; with padding on both sides **(N - F + 2P)/S + 1**.")
    size_rules.show_rules(state, ACROSS, n, f, s, arithmetic.same_padding(f, s, d) if same else p, d)


@st.fragment  # a change redraws this part alone, so that the grid answers sooner
def lesson() -> None:
    """Everything that depends on the numbers."""
    unused = (P, DOWN[ACROSS.index(P)]) if state[SAME] else ()
    across = state.boxes(*ACROSS, disabled=unused)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        tall, same, hidden = state.flag(TALL, start_from_across), state.flag(SAME), state.flag(HIDE)
        mode = state.select(MODE)
    down = state.boxes(*DOWN, disabled=unused) if tall else across
    if not hidden:
        show(step_by_step, across, down, same, mode)
    told = predicted(across, same)
    if hidden and told:
        show(step_by_step, across, down, same, mode)
    if told or not hidden:
        show(sizes, across, same)
    size_rules.show_layer_by_layer(across[0], across[1])
    state.share()
    state.remember()


lesson()
frame.footer(
    "stride_padding",
    "A side has (N - F + 2P)/S + 1 positions; what to do with a fraction is a convention, and PyTorch rounds down.",
)
