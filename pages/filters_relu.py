"""Filters and ReLU (slides 15-16): K maps stacked into a volume, max(0, x) on real maps, and the slide's question."""

import numpy as np
import streamlit as st

from cnn.errors import UserError
from cnn.imaging.samples.built_in import SAMPLES
from cnn.lecture import torch_snippets
from cnn.lecture.questions.layer_sizes import ask_two_layers
from cnn.ops import feature_stack
from cnn.ops.filters import KERNELS
from ui.lecture import feature_stack as figures
from ui.shell import frame, glossary_popover
from ui.shell.fields import Choice, Real, Whole
from ui.shell.page_state import State
from ui.shell.text import sentence_of
from ui.widgets import quiz, static_grid, torch_code

FILMS = {sample.title: sample for sample in SAMPLES}
SIMULATED = next(title for title, sample in FILMS.items() if sample.key == "simulated")
FILM = Choice("film", "Radiograph", SIMULATED, options=tuple(FILMS))
FILTERS = Whole("K", "Number of filters K", 6, low=1, high=len(KERNELS))
MAP = Whole("map", "Map to look at", 2, low=1, high=len(KERNELS))
BIAS = Real("b", "Bias b of every filter", 0, low=-0.5, high=0.5, step=0.05)
SIDE = Whole("N", "Side N", 32, low=1, high=512)
DEPTH = Whole("D1", "Depth D1", 3, low=1, high=512)
FIRST = Whole("K1", "Filters K, layer 1", 7, low=1, high=512)
SECOND = Whole("K2", "Filters K, layer 2", 8, low=1, high=512)
SIZE = Whole("F", "Kernel F", 5, low=1, high=64)

frame.header(
    "Filters and ReLU",
    "One filter leaves one map. A layer has K filters, so it leaves K maps, stacked into a volume of depth K; "
    "ReLU then clears every negative number in it.",
)
state = State.open("filters_relu", FILM, FILTERS, MAP, BIAS, SIDE, DEPTH, FIRST, SECOND, SIZE, quiz.QUESTION)


def real_maps() -> None:
    """Show K filters on a radiograph, and one of the maps before and after ReLU. Raises ``UserError``."""
    slide = feature_stack.chain_two_layers(32, 3, first=6, second=1, kernel_size=5)
    glossary_popover.write(
        "Each filter looks for one kind of pattern. On the slide, 6 filters of 5x5x3 turn a picture of 32x32x3 into "
        f"{slide.between}x{slide.between}x{slide.first}. Here, hand-made filters look at a radiograph."
    )
    first, second = st.columns(2)
    with first:
        film = FILMS[state.select(FILM)]
    with second:
        count = state.slider(FILTERS)
    filters = KERNELS[:count]
    first, second = st.columns(2)
    with first:
        index = min(state.slider(MAP), count) - 1
    with second:
        bias = state.slider(BIAS)
    if index + 1 < state[MAP]:
        st.caption(f"There are {count} maps: the last one is looked at.")
    stacked = feature_stack.stack_maps(feature_stack.shrink(figures.load_sample(film.key).pixels), filters, bias)
    figures.show_stack(stacked, [kernel.name for kernel in filters], index)
    st.markdown("Positive numbers red, negative blue, 0 white; each map has its own scale.")

    st.header("ReLU: max(0, x)", anchor=False)
    feature_map = stacked[index]
    glossary_popover.write(
        f"Map {index + 1}, **{filters[index].name}**. A convolution only multiplies and adds; two in a row could be "
        "replaced by one. ReLU between them is what makes depth worth having: it keeps what the filter found, and "
        "drops its opposite."
    )
    relu, description = feature_stack.relu(feature_map), feature_stack.describe_relu(feature_map)
    figures.show_relu(feature_map, relu, key="relu", description=description)
    patch = feature_stack.strongest_patch(feature_map)
    weights, before, after = st.columns(3)
    with weights:
        static_grid.show_numbers(np.array(filters[index].weights), "The filter", "kernel")
    with before:
        static_grid.show_numbers(
            patch.before, "Where it answers most: x (negative ones outlined)", "output", patch.cleared
        )
    with after:
        static_grid.show_numbers(patch.after, "The same place: max(0, x)", "output", patch.cleared)


def question_mark() -> None:
    """Ask the lecture's question on the reader's numbers. Raises ``UserError``."""
    columns = st.columns(5)
    values = []
    for column, field in zip(columns, (SIDE, DEPTH, FIRST, SECOND, SIZE), strict=True):
        with column:
            values.append(state.number(field))
    layers = feature_stack.chain_two_layers(*values)
    stage = st.container()
    revealed = quiz.ask(ask_two_layers(layers, state[quiz.QUESTION]), state)
    with stage:
        figures.show_two_layers(layers, revealed=revealed)
    if revealed:
        st.markdown(
            f"A filter of the second layer has {layers.kernel_size}x{layers.kernel_size}x{layers.first} = "
            f"{layers.weights:,} weights, and a bias."
        )
    torch_code.show_snippet(torch_snippets.two_layers(layers))


st.header("K filters, one volume", anchor=False)
try:
    real_maps()
except UserError as error:
    st.error(sentence_of(error))
st.header("What is the question mark?", anchor=False)
try:
    question_mark()
except UserError as error:
    st.error(sentence_of(error))
state.share()
frame.footer(
    "filters_relu",
    "The depth of a volume is the number of filters that made it, and every filter of the next layer is that deep.",
)
