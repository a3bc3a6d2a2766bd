"""Pooling (slides 37-40): forward and backward, step by step, and what it does to shifts and to pictures."""

from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from cnn.errors import SizeDoesNotFit, UserError
from cnn.layers import sizes
from cnn.layers.layers import Pool, Volume
from cnn.lecture import torch_snippets
from cnn.lecture.questions.output_cells import ask_pooled_cell
from cnn.ops import convolution, pooling, toy_inputs
from ui.lecture import filtered_film, pooled_film
from ui.shell import frame, glossary_popover
from ui.shell.fields import Choice, Field, Matrix, Whole
from ui.shell.page_state import State
from ui.shell.text import escape_stars, sentence_of
from ui.widgets import cross_links, quiz, torch_code
from ui.widgets.grid import GridOptions, edit_fields
from ui.widgets.quiz import ask_about_cell

KINDS = {"max": "max", "average": "average", "Lp": "lp"}
GLOBAL, ADAPTIVE = "global", "adaptive"
X = Matrix("x", "Input, rows separated by /", toy_inputs.POOL_INPUT, most=12)
KIND = Choice("kind", "Keep of each window", "max", options=tuple(KINDS))
SHAPE = Choice("windows", "Windows", "sliding", options=("sliding", GLOBAL, ADAPTIVE))
F = Whole("F", "Window F", 2, low=1, high=8)
S = Whole("S", "Stride S", 2, low=1, high=8)
P = Whole("P", "Padding P", 0, low=0, high=4)
RULE = Choice("rule", "Rounding", "floor", options=("floor", "ceil"))
NORM = Whole("p", "p of Lp", 2, low=1, high=8)
OUT = Whole("out", "Output size", 3, low=1, high=8)
SHIFT = Whole("shift", "Move the picture to the right by", 1, low=0, high=4)
STEP = Whole("step", "Step", 0, low=0, high=999)
SLIDE: dict[Field[Any], Any] = {X: X.default, KIND: "max", SHAPE: "sliding", F: 2, S: 2, P: 0, RULE: "floor"}

frame.header(
    "Pooling",
    "Pooling keeps one number of each window and throws the rest away: the picture becomes smaller, its depth stays, "
    "and there is nothing to learn in it.",
)
state = State.open("pooling", X, KIND, SHAPE, F, S, P, RULE, NORM, OUT, SHIFT, *pooled_film.FIELDS, STEP, quiz.QUESTION)
convolved = convolution.conv2d(toy_inputs.BINARY_IMAGE, toy_inputs.CROSS).output[0]
state.presets(
    "Start from an example",
    {
        "Slide 38": SLIDE,
        "Slide 39: after slide 12's filter": SLIDE | {X: tuple(map(tuple, convolved)), S: 1},
        "Overlapping, F3 S2": SLIDE | {X: tuple(map(tuple, toy_inputs.counting(7, 7))), F: 3},
        "A tie": SLIDE | {X: ((3, 3, 0, 1), (1, 3, 1, 1))},
        "Global average": SLIDE | {KIND: "average", SHAPE: GLOBAL},
    },
)
left, right = st.columns(2)
with left:
    x = state.text(X)
with right, st.container(horizontal=True):
    kind, shape = state.choice(KIND), state.choice(SHAPE)
with st.container(horizontal=True, vertical_alignment="bottom"):
    norm = state.number(NORM) if kind == "Lp" else NORM.default
    if shape == "sliding":
        f, s, p = (state.number(field) for field in (F, S, P))
        rule = state.choice(RULE)
    elif shape == ADAPTIVE:
        size = state.number(OUT)


def pooled(image: np.ndarray) -> pooling.Pooling:
    """Return ``image`` pooled with the settings above; may raise ``UserError``."""
    if shape == "sliding":
        return pooling.pool2d(image, sizes.Window(f, s, p), KINDS[kind], rule, norm)  # type: ignore[arg-type]
    return pooling.adaptive_pool2d(image, 1 if shape == GLOBAL else size, KINDS[kind])  # type: ignore[arg-type]


def fits(argument: str, value: int) -> bool:
    """Return whether the page allows this value, and can then pool its own picture and, unless that changes, ``x``."""
    high = {"n": X.most, "kernel_size": F.high, "stride": S.high, "padding": P.high}[argument]
    window = sizes.Window(f, s, p)
    changed = window if argument == "n" else replace(window, **{argument: value})
    try:
        for image in (toy_inputs.spots(), *([] if argument == "n" else [np.array(x)])):
            pooling.pool2d(image, changed, KINDS[kind], rule, norm)  # type: ignore[arg-type]
    except UserError:
        return False
    return value <= high


def step_by_step() -> None:
    """Show slides 38-40, forward and backward."""
    example = pooled(np.array(x))
    if shape == "sliding":
        across = sizes.pool_size(len(x[0]), sizes.Window(f, s, p), rule)  # type: ignore[arg-type]
        st.markdown(f"W2 = (W1 - F + 2P)/S + 1: {escape_stars(across.formula)}. There are no weights to learn.")
    options = GridOptions(
        "Pooling step by step",
        names=("Input", "", "Output"),
        step=state[STEP],
        views=("gradient",),
        editing=edit_fields(state, input=X),
    )
    ask_about_cell(example, ask_pooled_cell(example, state[quiz.QUESTION]), state, options, key="pool")
    glossary_popover.write(
        "**Backward.** A gradient of 1 arrives at each output. The maximum sends it to the winner alone; in a tie, "
        "PyTorch picks the first, row by row. The average shares it out evenly, and Lp by size: the larger a cell, the "
        "larger its share. Where windows overlap, a cell collects from each."
    )
    torch_code.show_snippet(torch_snippets.pooling(example, {GLOBAL: 1, ADAPTIVE: state[OUT]}.get(shape)))
    if shape == "sliding" and kind != "Lp":
        layer = Pool(KINDS[kind], f, s, p, ceil_mode=rule == "ceil")  # type: ignore[arg-type]
        cross_links.link_to_calculator(layer, Volume(len(x[0]), len(x), 1))


def shifts() -> None:
    """Show what a small shift of the image changes before and after pooling."""
    st.header("When the picture moves a little", anchor=False)
    images = toy_inputs.spots(), toy_inputs.shifted(toy_inputs.spots(), state.slider(SHIFT))
    filtered_film.show_shift(images, [pooled(image).output[0] for image in images])


for section in (step_by_step, shifts, lambda: pooled_film.show_pooling(state)):
    try:
        if not state.invalid:
            section()
    except SizeDoesNotFit as error:
        st.error(sentence_of(sizes.keep_advice(error, fits)))
    except UserError as error:
        st.error(sentence_of(error))
state.share()
frame.footer(
    "pooling",
    "Pooling shrinks width and height and keeps the depth; maximum keeps the strongest answer, and only its cell "
    "learns from it; small shifts often change little after pooling, but not always nothing.",
)
