"""Filters and ReLU (slides 15-16): six maps stacked into a volume, max(0, x) on them, and the slide's question."""

from typing import Any

import numpy as np
import streamlit as st

from cnn.layers.layer import Volume
from cnn.layers.layers import Conv
from cnn.lecture import torch_snippets
from cnn.lecture.questions.layer_sizes import ask_maps, ask_two_layers
from cnn.ops import convolution, feature_stack, filters, toy_inputs
from cnn.ops.convolution import Convolution
from ui.lecture import colour_picture
from ui.lecture import feature_stack as figures
from ui.lecture.filtered_film import shrink_film
from ui.shell import frame, stage
from ui.shell.fields import Choice, Field, Real, Whole
from ui.shell.page_state import State
from ui.shell.stage import PREDICT
from ui.widgets import cross_links, quiz, torch_code, upload
from ui.widgets.grid import GridOptions, Slider, show_grid

COLOUR, FILM, LAYERS = "Picture in colour", "Chest film", "Two layers"
PART = Choice("part", "Show", COLOUR, options=(COLOUR, FILM, LAYERS))
FILTERS = Whole("K", "Number of filters K", 6, low=1, high=6)
BIAS = Real("b", "Bias b of every filter", 0, low=-150, high=150, step=5)
SIDE = Whole("N", "Side N", 32, low=1, high=512)
DEPTH = Whole("D1", "Depth D1", 3, low=1, high=512)
FIRST = Whole("K1", "Filters K, layer 1", 7, low=1, high=512)
SECOND = Whole("K2", "Filters K, layer 2", 8, low=1, high=512)
SIZE = Whole("F", "Filter F", 5, low=1, high=64)
STEP = Whole("step", "Step", 0, low=0, high=9999)
SIZES = (SIDE, DEPTH, FIRST, SECOND, SIZE)
EXAMPLES: dict[str, dict[Field[Any], Any]] = {
    "6 filters of 5 × 5 × 3": {PART: COLOUR, FILTERS: 6, BIAS: 0.0},
    "Filters on a chest film": {PART: FILM, FILTERS: 6, BIAS: 0.0},
    "7 filters, then 8": {PART: LAYERS} | {field: field.default for field in SIZES},
}

frame.header(
    "Filters and ReLU",
    "K filters make K feature maps, a volume of depth K. ReLU sets negative values to zero.",
)
state = State.open("filters_relu", PART, FILTERS, BIAS, *SIZES, PREDICT, STEP, quiz.QUESTION, cross_links.CARRIED)


def colour_maps() -> tuple[Convolution, GridOptions]:
    """Read slide 15: filters of 5 x 5 x 3 on a picture of 32 x 32 x 3."""
    count = state.slider(FILTERS)
    with stage.more("your own picture"):
        colour_picture.choose_picture()
    kernels = dict([*filters.colour_kernels(5).items()][:count])
    example = convolution.conv2d(colour_picture.picture(), [*kernels.values()], [state[BIAS]] * count)
    return example, _options([*kernels], toy_inputs.CHANNELS)


def film_maps() -> tuple[Convolution, GridOptions]:
    """Read the same on a radiograph, with filters of 3 x 3."""
    count = state.slider(FILTERS)
    with stage.more("another film"):
        radiograph = upload.choose_radiograph()
    kernels = filters.KERNELS[:count]
    weights = np.array([kernel.weights for kernel in kernels])[:, None]
    example = convolution.conv2d(shrink_film(radiograph.pixels, 64), weights, [state[BIAS]] * count)
    return example, _options([kernel.name for kernel in kernels], ())


def _options(names: list[str], channels: tuple[str, ...]) -> GridOptions:
    slider = Slider("bias", BIAS, state[BIAS], lambda value: state.put(BIAS, value))
    return GridOptions(
        "Feature maps before and after ReLU",
        ("Input", "Filter", "Before ReLU"),
        channels,
        names,
        step=state[STEP],
        views=("stack", "relu"),
        colour=bool(channels),
        brief=True,
        sliders=(slider,),
    )


def maps(view: stage.View) -> None:
    """Show K maps, and one of them before and after ReLU while the bias moves."""
    with view.panel:
        part = state.choice(PART)
        shown = view.compute({COLOUR: colour_maps, FILM: film_maps}[part], name=part)
    if shown is None:
        return
    example, options = shown
    hidden = quiz.dock(view, ask_maps(example, state[quiz.QUESTION]), state)
    with view.stage:
        show_grid(example, options, key=part, concealed=hidden)
    if hidden:
        view.tabs(state)
        return
    layer, before = cross_links.layer_of(example)
    with view.panel:
        cross_links.show_links(state, layer, before, ("bias",))
    why, code = view.tabs(state, stage.WHY, stage.CODE)
    with why:
        figures.explain_maps(example)
    with code:
        torch_code.show_snippet(torch_snippets.layer(layer, before))


def two_layers(view: stage.View) -> None:
    """Ask the lecture's question on the reader's numbers."""
    with view.panel:
        state.choice(PART)
        values = state.boxes(*SIZES)
    layers = view.compute(lambda: feature_stack.chain_two_layers(*values), name="layers")
    if layers is None:
        return
    hidden = quiz.dock(view, ask_two_layers(layers, state[quiz.QUESTION]), state)
    with view.stage:
        figures.show_two_layers(layers, revealed=not hidden)
    if hidden:
        view.tabs(state)
        return
    side, depth, first, _, size = values
    with view.panel:
        cross_links.show_links(state, Conv(first, size), Volume(side, side, depth), ("bias",))
    why, code = view.tabs(state, stage.WHY, stage.CODE)
    with why:
        st.markdown(
            "A filter is as deep as the volume that it reads. A filter of the second layer has "
            f"{layers.kernel_size} × {layers.kernel_size} × {layers.first} = {layers.weights:,} weights, and a bias."
        )
    with code:
        torch_code.show_snippet(torch_snippets.two_layers(layers))


(two_layers if state[PART] == LAYERS else maps)(stage.open_view(state, EXAMPLES))
state.remember()
frame.footer(
    "filters_relu",
    "The depth of a volume is the number of filters that made it, and every filter of the next layer is that deep.",
)
