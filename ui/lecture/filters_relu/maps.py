"""K maps (slide 15): six filters on a picture or a film, and one map before and after ReLU while the bias moves."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from cnn.lecture import torch_snippets
from cnn.lecture.questions.layer_sizes import ask_maps
from cnn.ops import convolution, filters, toy_inputs
from cnn.ops.convolution import Convolution
from ui.lecture import colour_picture
from ui.lecture.pictures import shrink_film
from ui.shell import glossary_popover, stage
from ui.shell.fields import Real, Whole
from ui.shell.page_state import State
from ui.shell.stage import View
from ui.widgets import cross_links, quiz, torch_code, upload
from ui.widgets.grid import GridOptions, Slider, show_grid

FILTERS = Whole("K", "Number of filters K", 6, low=1, high=6)
BIAS = Real("b", "Bias b of every filter", 0, low=-150, high=150, step=5)
STEP = Whole("step", "Step", 0, low=0, high=9999)
FIELDS = FILTERS, BIAS, STEP
Maps = tuple[Convolution, GridOptions]


def read_colours(state: State) -> Maps:
    """Read slide 15: filters of 5 x 5 x 3 on a picture of 32 x 32 x 3."""
    count = state.slider(FILTERS)
    with stage.more("your own picture"):
        colour_picture.choose_picture()
    kernels = dict([*filters.colour_kernels(5).items()][:count])
    example = convolution.conv2d(colour_picture.picture(), [*kernels.values()], [state[BIAS]] * count)
    return example, _options(state, [*kernels], toy_inputs.CHANNELS)


def read_film(state: State) -> Maps:
    """Read the same on a radiograph, with filters of 3 x 3."""
    count = state.slider(FILTERS)
    with stage.more("another film"):
        radiograph = upload.choose_radiograph()
    kernels = filters.KERNELS[:count]
    weights = np.array([kernel.weights for kernel in kernels])[:, None]
    example = convolution.conv2d(shrink_film(radiograph.pixels, 64), weights, [state[BIAS]] * count)
    return example, _options(state, [kernel.name for kernel in kernels], ())


def _options(state: State, names: list[str], channels: tuple[str, ...]) -> GridOptions:
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


def show(view: View, state: State, read: Callable[[State], Maps]) -> None:
    """Show the K maps that ``read`` returns, and the question about them."""
    with view.panel:
        shown = view.compute(lambda: read(state), name=read.__name__)
    if shown is None:
        return
    example, options = shown
    hidden = quiz.dock(view, ask_maps(example, state[quiz.QUESTION]), state)
    with view.stage:
        show_grid(example, options, key=read.__name__, concealed=hidden)
    if hidden:
        view.tabs(state)
        return
    layer, before = cross_links.layer_of(example)
    with view.panel:
        cross_links.show_links(state, layer, before, ("bias",))
    why, code = view.tabs(state, stage.WHY, stage.CODE)
    with why:
        _explain(example)
    with code:
        torch_code.show_snippet(torch_snippets.layer(layer, before))


def _explain(example: Convolution) -> None:
    """Say what filters make of a volume, and what ReLU is for."""
    count, height, width = example.output.shape
    glossary_popover.write(
        f"{count} filters of {' × '.join(map(str, example.weight.shape[:1:-1]))} × {example.weight.shape[1]} make "
        f"a volume of {width} × {height} × {count}. Click a map to see it large. A convolution only multiplies and "
        "adds: two consecutive convolutions are equivalent to one. With ReLU between them, several layers in a row "
        "compute more than one. It keeps positive responses and sets the others to zero; a lower bias sets more of "
        "them to zero."
    )
    st.markdown("Red is positive, blue is negative; each map has its own scale, the same before and after ReLU.")
