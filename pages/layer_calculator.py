"""Layer calculator (slides 35, 40): a volume and a layer in; its output, weights, products, memory and view out."""

from typing import Any

import streamlit as st

from cnn.errors import SizeDoesNotFit, UserError
from cnn.layers.layers import Conv, ConvTranspose, Pool, Volume
from cnn.lecture import torch_snippets
from cnn.lecture.questions.layer_sizes import ask_layer
from ui.lecture import layer_summary, size_rules
from ui.shell import frame
from ui.shell.fields import Choice, Field, Flag, Whole
from ui.shell.page_state import State
from ui.shell.stage import PREDICT
from ui.shell.text import sentence_of
from ui.widgets import cross_links, quiz, torch_code

CONV, TRANSPOSED, MAX, AVERAGE = "convolution", "transposed convolution", "max pooling", "average pooling"
KIND = Choice("kind", "Layer", CONV, options=(CONV, TRANSPOSED, MAX, AVERAGE))
W1 = Whole("W1", "Width W1", 32, low=1, high=10_000)
H1 = Whole("H1", "Height H1", 32, low=1, high=10_000)
D1 = Whole("D1", "Depth D1", 3, low=1, high=100_000)
K = Whole("K", "Filters K", 32, low=1, high=100_000)
F = Whole("F", "Filter size F", 3, low=1, high=10_000)
S = Whole("S", "Stride S", 1, low=1, high=10_000)
P = Whole("P", "Padding P", 1, low=0, high=10_000)
D = Whole("D", "Dilation D", 1, low=1, high=10_000)
GROUPS = Whole("groups", "Groups", 1, low=1, high=100_000)
OUT = Whole("out", "Output padding", 0, low=0, high=10_000)
BIAS = Flag("bias", "A bias for each filter", True)
CEIL = Flag("ceil", "Round up (ceil_mode)", False)
PLAIN: dict[Field[Any], Any] = {KIND: CONV, D: 1, GROUPS: 1, BIAS: True, OUT: 0, CEIL: False}
IMAGE: dict[Field[Any], Any] = {W1: 32, H1: 32, D1: 3}
PRESETS: dict[str, dict[Field[Any], Any]] = {
    "F3 S1 P1": PLAIN | {F: 3, S: 1, P: 1},
    "F5 S1 P2": PLAIN | {F: 5, S: 1, P: 2},
    "F5 S2 P2": PLAIN | {F: 5, S: 2, P: 2},
    "F1 S1": PLAIN | {F: 1, S: 1, P: 0},
    **{f"K = {filters}": {K: filters} for filters in (32, 64, 128)},
    "Slide 15: 6 filters of 5x5x3": PLAIN | IMAGE | {K: 6, F: 5, S: 1, P: 0},
    "Slide 37: pool, F2 S2": PLAIN | {KIND: MAX, W1: 100, H1: 100, D1: 128, F: 2, S: 2, P: 0},
    "Pool, F3 S2": PLAIN | {KIND: MAX, F: 3, S: 2, P: 0},
    "Depthwise": PLAIN | {W1: 56, H1: 56, D1: 64, K: 64, GROUPS: 64, F: 3, S: 1, P: 1},
    "Twice as large": PLAIN | {KIND: TRANSPOSED, F: 2, S: 2, P: 0},
}

frame.header(
    "Layer calculator",
    "Four numbers settle a convolution layer: K filters, of size F, moved by stride S, with padding P. From them and "
    "the volume that comes in follow the volume that goes out, what is learnt, and what it costs.",
)
state = State.open("layer_calculator", KIND, W1, H1, D1, K, F, S, P, D, GROUPS, OUT, BIAS, CEIL, PREDICT, quiz.QUESTION)
state.presets("Common configurations", PRESETS)


def chosen() -> Conv | ConvTranspose | Pool:
    """Return the layer that the boxes describe."""
    if kind in (MAX, AVERAGE):
        f, s, p = state.boxes(F, S, P)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            d = state.number(D) if kind == MAX else 1
            return Pool("max" if kind == MAX else "average", f, s, p, d, state.flag(CEIL))
    k, f, s, p = state.boxes(K, F, S, P)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        extra = state.number(OUT) if kind == TRANSPOSED else 0
        d, groups, bias = state.number(D), state.number(GROUPS), state.flag(BIAS)
    return (
        ConvTranspose(k, f, s, p, extra, d, groups, bias) if kind == TRANSPOSED else Conv(k, f, s, p, d, groups, bias)
    )


def fits(argument: str, value: int) -> bool:
    """Return whether the page shows a result once an argument of the layer has another value."""
    try:
        return type(layer)(**(vars(layer) | {argument: value})).infer(before).output.memory.value > 0
    except UserError:
        return False


kind = state.choice(KIND)
before = Volume(*state.boxes(W1, H1, D1))
layer = chosen()
try:
    info = layer.infer(before)
    hide, stage = state.flag(PREDICT), st.container()
    question = ask_layer(layer, before, state[quiz.QUESTION])
    told = question is None or quiz.ask(question, state)
    if told or not hide:
        with stage:
            layer_summary.show_summary(layer, before, info)
            cross_links.link_from_calculator(layer, before)
            torch_code.show_snippet(torch_snippets.layer(layer, before))
except SizeDoesNotFit as error:
    size_rules.show_advice(state, error, {field.name: field for field in (F, S, P, D)}, fits)
except UserError as error:
    st.error(sentence_of(error))
state.share()
frame.footer(
    "layer_calculator",
    "Padding and stride settle the size, the number of filters the depth; the weights depend on depth and filter only, "
    "never on how large the picture is, but the work does.",
)
