"""Stride and padding (slides 19-34): every position, and three rules for sizes that do not divide exactly."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from cnn.errors import UserError
from cnn.layers.layers import Conv, Volume
from cnn.layers.sizes import Window
from cnn.lecture import torch_snippets
from cnn.lecture.questions.layer_sizes import ask_output_size
from cnn.ops import convolution, toy_inputs, windows
from ui.lecture import size_rules
from ui.shell import frame
from ui.shell.fields import Choice, Field, Flag, Whole
from ui.shell.page_state import State
from ui.shell.text import escape_stars
from ui.widgets import cross_links, quiz, torch_code
from ui.widgets.grid import GridOptions, show_grid

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
named: dict[str, dict[Field[Any], Any]] = {
    name: dict(zip(ACROSS, values, strict=True)) | {SAME: False, TALL: False, MODE: "zeros"}
    for name, values in PRESETS.items()
}
state.presets("Start from an example", named)


def show(section: Callable[..., None], *numbers: Any) -> None:
    """Show a part of the page, or the sentence that says why there is none."""
    try:
        section(*numbers)
    except UserError as error:
        st.error(escape_stars(str(error)))


def padded(window: Window) -> Window:
    """Return ``window`` with the padding that the page is set to. Raises ``DoesNotFit``."""
    return window.same_padded() if state[SAME] else window


def step_by_step(height: int, down: Window, width: int, across: Window, mode: windows.PaddingMode) -> None:
    """Show the grid under PyTorch's rule, and what it leaves unread."""
    if size_rules.too_long(width, padded(across)):
        return  # the rules below say why
    ones = np.ones((down.kernel_size, across.kernel_size))
    image = toy_inputs.counting(height, width)
    example = convolution.conv2d(image, ones, windows=(padded(down), padded(across)), padding_mode=mode)
    lost = windows.unread_share(example.rows, example.columns)
    if lost:
        st.markdown(f"Rounded down as in PyTorch, **{lost:.0%} of the input is never read**; it is crossed out.")
    show_grid(example, GridOptions("Every position of the filter", step=state[STEP]), key="positions")
    torch_code.show_snippet(torch_snippets.convolution_2d(example))
    left, right = padded(across).ends
    if down == across and left == right:
        layer = Conv(1, across.kernel_size, across.stride, left, across.dilation)
        cross_links.link_to_calculator(layer, Volume(width, height, 1))


def predicted(n: int, window: Window) -> bool:
    """Ask for the size; return whether it has been revealed, or there is no size to ask for."""
    try:
        left, right = padded(window).ends
        return left != right or quiz.ask(ask_output_size(n, replace(window, padding=left)), state)
    except UserError:
        return True


def start_from_across() -> None:
    """Copy the width's settings to the height."""
    for across, down in zip(ACROSS, DOWN, strict=True):
        state.put(down, state[across])


def sizes(n: int, window: Window) -> None:
    """Show the formula, and three rules for a size that does not divide exactly."""
    st.header("How large is the output?", anchor=False)
    st.markdown("The lecture's formula is **(N - F)/S + 1**; with padding on both sides **(N - F + 2P)/S + 1**.")
    size_rules.show_rules(state, ACROSS, n, padded(window))


@st.fragment  # a change redraws this part alone, so that the grid answers sooner
def lesson() -> None:
    """Show everything that depends on the numbers."""
    unused = (P, DOWN[ACROSS.index(P)]) if state[SAME] else ()
    width, *numbers = state.boxes(*ACROSS, disabled=unused)
    across = Window(*numbers)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        tall = state.flag(TALL, start_from_across)
        state.flag(SAME)
        hidden = state.flag(HIDE)
        mode = state.select(MODE)
    height, down = width, across
    if tall:
        height, *numbers = state.boxes(*DOWN, disabled=unused)
        down = Window(*numbers)
    if not hidden:
        show(step_by_step, height, down, width, across, mode)
    told = predicted(width, across)
    if hidden and told:
        show(step_by_step, height, down, width, across, mode)
    if told or not hidden:
        show(sizes, width, across)
    size_rules.show_layer_by_layer(width, across.kernel_size)
    state.share()
    state.remember()


lesson()
frame.footer(
    "stride_padding",
    "A side has (N - F + 2P)/S + 1 positions; what to do with a fraction is a convention, and PyTorch rounds down.",
)
