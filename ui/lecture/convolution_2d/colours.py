"""Three channels (slides 11 and 14): a filter has as many channels as its input, and still gives one number."""

import streamlit as st

from cnn.errors import DoesNotFit
from cnn.layers import costs
from cnn.layers.sizes import Window, output_size
from cnn.lecture.questions.layer_sizes import ask_output_size
from cnn.ops import filters, toy_inputs
from cnn.ops.convolution import Convolution, conv2d
from ui.lecture import colour_picture
from ui.lecture.convolution_2d.shown import STEP, Shown
from ui.shell import glossary_popover, stage
from ui.shell.fields import Matrix, Real, Rows
from ui.shell.page_state import State
from ui.shell.text import typeset
from ui.widgets.grid import GridOptions, Slider

KERNELS = {name: colour_picture.stack_slices(weights) for name, weights in filters.colour_kernels(5).items()}
COLOUR = Matrix("colour", "Filter, its red, green and blue rows", KERNELS["vertical edges"], most=21)
BIAS = Real("b", "Bias b", 1, low=-100, high=100, step=1)
FIELDS = COLOUR, BIAS


def read(state: State) -> Shown:
    """Show the controls, and return the example. Raises ``DoesNotFit``."""
    state.presets("Respond to", {name: {COLOUR: weights} for name, weights in KERNELS.items()})
    with stage.more("your own picture and filter"):
        colour_picture.choose_picture()
        sizes = {f"F = {size}": filters.colour_kernels(size)["vertical edges"] for size in (1, 3, 5, 7)}
        state.presets("Filter size", {n: {COLOUR: colour_picture.stack_slices(w)} for n, w in sizes.items()})
        rows = state.lines(COLOUR)
    example = convolve(rows, state[BIAS])
    options = GridOptions(
        "Convolution over three channels",
        channels=toy_inputs.CHANNELS,
        step=state[STEP],
        colour=True,
        editing=colour_picture.editing(state, COLOUR),
        sliders=(Slider("bias", BIAS, state[BIAS], lambda value: state.put(BIAS, value)),),
    )
    return Shown(example, options, ask_output_size(example.columns.size, Window(example.kernel.shape[-1])))


def convolve(rows: Rows, bias: float) -> Convolution:
    """Apply a filter, given as the rows of its three slices, to the picture in colour. Raises ``DoesNotFit``."""
    weights = colour_picture.split_slices(rows)
    if weights is None:
        raise DoesNotFit(
            f"A filter for three channels has three square slices: for F = {len(rows[0])} type {3 * len(rows[0])} rows "
            f"of {len(rows[0])} numbers, red, green, blue; here are {len(rows)} rows."
        )
    return conv2d(colour_picture.picture(), weights, [bias])


def explain(example: Convolution) -> None:
    """Say why a filter of three slices gives one number."""
    size = example.kernel.shape[-1]
    glossary_popover.write(
        "A filter has as many channels as its input: one slice of weights for each channel. The products of all "
        f"slices and one bias add up to **just one number**: {typeset(costs.filter_weights(3, size).formula)} products "
        f"at each position. The output has {example.output.shape[1]} × {example.output.shape[2]} positions and depth "
        f"1: {typeset(output_size(colour_picture.SIDE, Window(size)).formula)}."
    )
    st.markdown("Brightness goes from 0 to 9 here, so that the products can be followed; files have 0 to 255.")
