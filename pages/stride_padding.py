"""Stride and padding (slides 19-34): every position, three rules for what does not come out even, what is unread."""

from typing import Any

import numpy as np
import streamlit as st

from cnn import arithmetic, examples, questions, snippets, worked
from cnn.errors import UserError
from ui import cells, code, frame, quiz, size_rules
from ui.grid import grid
from ui.prose import plain
from ui.state import Choice, Field, Flag, State, Whole

N = Whole("N", "Input N", 7, low=1, high=24)
F = Whole("F", "Filter F", 3, low=1, high=15)
S = Whole("S", "Stride S", 1, low=1, high=12)
P = Whole("P", "Padding P", 0, low=0, high=12)
D = Whole("D", "Dilation D", 1, low=1, high=6)
ACROSS = (N, F, S, P, D)
DOWN = tuple(Whole(f"{f.name}h", f"{f.label}, height", f.default, f.low, f.high) for f in ACROSS)
TALL = Flag("tall", "Other numbers for the height", False)
SAME = Flag("same", "Padding “same”: let P keep the size", False)
MODE = Choice("mode", "Padding holds", "zeros", options=("zeros", "reflect", "replicate", "circular"))
HIDE = Flag("hide", "Hide what follows until I have predicted it", False)
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
state = State.open("stride_padding", *ACROSS, *DOWN, TALL, SAME, MODE, HIDE, STEP, quiz.QUESTION)
named: dict[str, dict[Field, Any]] = {
    name: dict(zip(ACROSS, values, strict=True)) | {SAME: False, TALL: False, MODE: "zeros"}
    for name, values in PRESETS.items()
}
state.presets("Start from an example", named)


def boxes(fields: tuple[Whole, ...]) -> list[int]:
    """A row of number boxes."""
    with st.container(horizontal=True):
        return [state.number(field) for field in fields]


n, f, s, p, d = boxes(ACROSS)
with st.container(horizontal=True, vertical_alignment="bottom"):
    tall, same, mode = state.flag(TALL), state.flag(SAME), state.select(MODE)
nh, fh, sh, ph, dh = boxes(DOWN) if tall else (n, f, s, p, d)


def predicted() -> bool:
    """Asks for the size; whether it has been told, or cannot be asked for because nothing fits."""
    try:
        return same or quiz.ask(questions.size(n, f, s, p, d), state)
    except UserError:
        return True


def step_by_step() -> None:
    """The grid under PyTorch's rule, and what it leaves unread."""
    example = worked.conv2d(
        examples.counting(nh, n), np.ones((fh, f)), stride=(sh, s), padding="same" if same else (ph, p),
        dilation=(dh, d), padding_mode=mode,  # type: ignore[arg-type]
    )  # fmt: skip
    st.subheader("Every position", anchor=False)
    lost = worked.unread_share(example.rows, example.columns)
    if lost:
        st.markdown(f"Rounded down as PyTorch does. **{lost:.0%} of the input is never read**; it is crossed out.")
    grid(example, key="positions", label="Every position of the filter", step=state[STEP])
    code.show(snippets.convolution_2d(example))


def layer_by_layer() -> None:
    """Slide 33: volumes that shrink too fast."""
    st.subheader("Layer by layer", anchor=False)
    bare, padded = arithmetic.layer_by_layer(32, 5), arithmetic.layer_by_layer(32, 5, padding=2)
    st.markdown(
        "Without padding each layer takes a rim off the picture. A filter of 5 on a picture of 32 is through after "
        f"{len(bare) - 1} layers, and the pixels at the rim were read least on the way:"
    )
    cells.squares(bare, f"Sizes without padding: {', '.join(map(str, bare))}")
    st.markdown("With a rim of zeros, P = (F - 1)/2 = 2, the size stays, and a network can be as deep as it likes:")
    cells.squares(padded, f"Sizes with padding 2: {', '.join(map(str, padded))}")


def sizes() -> None:
    """The formula, and three rules for what it leaves open."""
    st.subheader("How large is the output?", anchor=False)
    st.markdown("The lecture's formula is **(N - F)/S + 1**; with padding on both sides **(N - F + 2P)/S + 1**.")
    size_rules.show(state, ACROSS, n, f, s, arithmetic.same_padding(f, s, d) if same else p, d)


if predicted() or not state.flag(HIDE):
    for section in (step_by_step, sizes):
        try:
            section()
        except UserError as error:
            st.error(plain(str(error)))
layer_by_layer()
state.share()
frame.footer(
    "stride_padding",
    "The output has (N - F + 2P)/S + 1 positions along a side; what to do when that is no whole number is a "
    "convention, and PyTorch leaves the rest unread.",
)
