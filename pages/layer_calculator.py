"""Layer calculator (slides 35, 40): a volume and a layer in; its output, parameters, cost and receptive field out."""

from typing import Any

import streamlit as st

from cnn.errors import SizeDoesNotFit, UserError
from cnn.layers.layer import Volume
from cnn.layers.layers import Conv, ConvTranspose, Pool
from cnn.lecture.questions.layer_sizes import ask_layer
from ui.lecture import layer_summary, size_rules
from ui.lecture.layer_summary import Calculated, ReadableLayer
from ui.shell import frame, stage
from ui.shell.fields import Choice, Field, Flag, Whole
from ui.shell.page_state import State
from ui.shell.stage import PREDICT
from ui.widgets import quiz

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
EXAMPLES: dict[str, dict[Field[Any], Any]] = {
    "3 × 3, stride 1, padding 1": PLAIN | IMAGE | {K: 32, F: 3, S: 1, P: 1},
    "5 × 5, stride 1, padding 2": PLAIN | IMAGE | {K: 64, F: 5, S: 1, P: 2},
    "5 × 5, stride 2, padding 2": PLAIN | IMAGE | {K: 128, F: 5, S: 2, P: 2},
    "6 filters of 5 × 5 × 3": PLAIN | IMAGE | {K: 6, F: 5, S: 1, P: 0},
    "Pool 2 × 2, stride 2": PLAIN | {KIND: MAX, W1: 100, H1: 100, D1: 128, F: 2, S: 2, P: 0},
    "Pool 3 × 3, stride 2": PLAIN | {KIND: MAX, W1: 15, H1: 15, D1: 16, F: 3, S: 2, P: 0},
    "Depthwise": PLAIN | {W1: 56, H1: 56, D1: 64, K: 64, GROUPS: 64, F: 3, S: 1, P: 1},
    "Upsample × 2": PLAIN | IMAGE | {KIND: TRANSPOSED, K: 32, F: 2, S: 2, P: 0},
}
SIZES = {field.name: field for field in (F, S, P, D)}

frame.header(
    "Layer calculator",
    "K filters of size F, moved by stride S over an input with padding P: what size is the output, and what does the "
    "layer cost?",
)
state = State.open("layer_calculator", KIND, W1, H1, D1, K, F, S, P, D, GROUPS, OUT, BIAS, CEIL, PREDICT, quiz.QUESTION)


def read_settings() -> tuple[ReadableLayer, Volume]:
    """Show the controls, and return the layer and the volume that they describe."""
    kind = state.select(KIND)
    if kind in (MAX, AVERAGE):
        f, s, p = state.boxes(F, S, P)
        with stage.more("W1, H1, D1, dilation, ceil_mode"):
            before = Volume(*state.boxes(W1, H1, D1))
            d, ceil_mode = state.number(D) if kind == MAX else 1, state.flag(CEIL)
        return Pool("max" if kind == MAX else "average", f, s, p, d, ceil_mode), before
    k, f, s, p = state.boxes(K, F, S, P)
    with stage.more("W1, H1, D1, dilation, groups, bias"):
        before = Volume(*state.boxes(W1, H1, D1))
        d, groups = state.boxes(D, GROUPS)
        st.caption("Groups: channels and filters are split into this many parts; a filter reads only its own part.")
        extra = state.number(OUT) if kind == TRANSPOSED else 0
        bias = state.flag(BIAS)
    if kind == TRANSPOSED:
        return ConvTranspose(k, f, s, p, extra, d, groups, bias), before
    return Conv(k, f, s, p, d, groups, bias), before


@st.fragment  # a change redraws this part alone
def lesson() -> None:
    """Show the page below its heading."""
    view = stage.open_view(state, EXAMPLES)
    with view.panel:
        layer, before = read_settings()
    misfits: list[SizeDoesNotFit] = []

    def fits(argument: str, value: int) -> bool:
        try:
            type(layer)(**(vars(layer) | {argument: value})).infer(before)
        except UserError:
            return False
        return True

    def calculate() -> Calculated:
        try:
            return Calculated(layer, before, layer.infer(before))
        except SizeDoesNotFit as error:
            misfits.append(size_rules.keep_possible(error, SIZES, fits))
            raise misfits[0] from None

    calculated = view.compute(calculate)
    with view.panel:
        for misfit in misfits:
            size_rules.show_presets(state, misfit, SIZES)
    if calculated is not None:
        question = None if view.greyed else ask_layer(layer, before, state[quiz.QUESTION])
        layer_summary.show_result(view, state, calculated, quiz.dock(view, question, state))
    state.remember()


lesson()
frame.footer(
    "layer_calculator",
    "Input size, filter size, stride and padding determine output width and height; the number of filters determines "
    "the depth. The number of parameters does not depend on the image size; the number of multiply-adds does.",
)
