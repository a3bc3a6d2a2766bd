"""Convolution in two dimensions (slides 11-14, 17): one channel, several channels, and a whole picture."""

from typing import Any

import streamlit as st

from cnn.errors import UserError
from cnn.layers import costs, sizes
from cnn.layers.layers import Conv, Volume
from cnn.lecture import torch_snippets
from cnn.lecture.questions.output_cells import ask_cell
from cnn.ops import convolution, filters, toy_inputs
from ui.lecture import filtered_film
from ui.shell import frame, glossary_popover
from ui.shell.fields import Choice, Field, Flag, Matrix, Whole
from ui.shell.page_state import State
from ui.shell.text import escape_stars, sentence_of
from ui.widgets import cross_links, quiz, torch_code, upload
from ui.widgets.grid import GridOptions, edit_fields, show_grid
from ui.widgets.quiz import ask_about_cell

ONE, THREE, PICTURE = "One channel", "Three channels", "A whole picture"
PART = Choice("part", "Look at", ONE, options=(ONE, THREE, PICTURE))
X = Matrix("x", "Input, rows separated by /", toy_inputs.BINARY_IMAGE, most=16)
W = Matrix("w", "Filter, rows separated by /", toy_inputs.CROSS, most=7)
FLIP = Flag("flip", "Turn the filter round first (convolution as in mathematics)", False)
DEPTH = Whole("depth", "Depth of the filters", 3, low=1, high=6)
KERNEL = Matrix("kernel", "Filter, rows separated by /", filters.KERNELS[0].weights, most=7)
SHRINK = Choice("shrink", "Shrink the picture first by", "4", options=("1", "2", "4", "8", "16"))
STEP = Whole("step", "Step", 0, low=0, high=9999)
STARTS: dict[str, dict[Field[Any], Any]] = {
    "Slide 12": {X: X.default, W: W.default, FLIP: False},
    "An asymmetric filter": {W: toy_inputs.ARROW},
    **{kernel.name: {W: kernel.weights} for kernel in (filters.KERNELS[0], filters.KERNELS[1], filters.KERNELS[-1])},
}

frame.header(
    "Convolution in two dimensions",
    "A filter is a small pattern of weights. Slid over a picture, it answers at every place with one number: "
    "how well the picture agrees with the pattern there.",
)
state = State.open("convolution_2d", PART, X, W, FLIP, DEPTH, KERNEL, SHRINK, STEP, quiz.QUESTION)


def one_channel() -> None:
    """Show slide 12: a dot product at each place."""
    state.presets("Start from an example", STARTS)
    left, right = st.columns(2)
    with left:
        x = state.text(X)
    with right:
        w = state.text(W)
    flip = state.flag(FLIP)
    if state.invalid:
        return
    example = convolution.conv2d(x, w, flip=flip)
    ask_about_cell(
        example,
        ask_cell(example, state[quiz.QUESTION]),
        state,
        GridOptions("Convolution step by step", step=state[STEP], editing=edit_fields(state, input=X, kernel=W)),
        key="one",
    )
    if flip and example.symmetric:
        st.info("Turned round, this filter is the same, so convolution and cross-correlation give the same numbers.")
    torch_code.show_snippet(torch_snippets.convolution_2d(example))
    if len(w) == len(w[0]):
        cross_links.link_to_calculator(Conv(1, len(w)), Volume(len(x[0]), len(x), 1))


def three_channels() -> None:
    """Show slides 11 and 14: a filter is as deep as its input, and still gives one number."""
    weights, side = costs.filter_weights(3, 5), sizes.output_size(32, sizes.Window(5))
    glossary_popover.write(
        "A colour picture is three sheets of numbers, red, green and blue, so a filter has three slices of weights, "
        "one for each sheet. All products of all slices, and one bias, add up to **just one number**: the depth is "
        f"gone. On the lecture's picture of 32x32x3, a filter of 5x5x3 makes {weights.value} products at each place "
        f"({escape_stars(weights.formula)}), "
        f"and leaves a map of {side.size}x{side.size}x1 ({escape_stars(side.formula)})."
    )
    left, right = st.columns([1, 3], vertical_alignment="center")
    image = toy_inputs.colour_image()
    with left:
        filtered_film.show_enlarged(image, "Red left, blue right, a green spot between")
    with right:
        depth = state.slider(DEPTH)
    example = convolution.conv2d(image, toy_inputs.colour_filters(depth), toy_inputs.COLOUR_BIASES)
    ask_about_cell(
        example,
        ask_cell(example, state[quiz.QUESTION]),
        state,
        GridOptions(
            "Convolution over three channels",
            channels=toy_inputs.CHANNELS,
            filters=toy_inputs.COLOUR_FILTERS,
            step=state[STEP],
        ),
        key="three",
    )
    torch_code.show_snippet(torch_snippets.convolution_2d(example))


def whole_picture() -> None:
    """Show slides 13 and 17: a filter on a radiograph, and what it answers to."""
    radiograph = upload.choose_radiograph()
    state.presets("A named filter", {kernel.name: {KERNEL: kernel.weights} for kernel in filters.KERNELS})
    weights = state.text(KERNEL)
    st.markdown(filters.describe(weights))
    shrink = int(state.choice(SHRINK))
    st.caption("A filter of 3 x 3 sees nine pixels: on a film of 2000 that is a speck, on a smaller picture a rib.")
    if radiograph is not None and not state.invalid:
        pixels = filters.pool_image(radiograph.pixels, shrink, "average")
        patch = filtered_film.show_filtered(pixels, weights, radiograph.name)
        st.markdown("The strongest place, number by number; the weights can be typed over.")
        example = convolution.conv2d(patch, weights)
        step, editing = filtered_film.step_at_strongest(example), edit_fields(state, kernel=KERNEL)
        options = GridOptions("The filter at its strongest place", step=step, step_name=None, editing=editing)
        show_grid(example, options, key="patch")
    glossary_popover.write(
        "Here the weights were chosen by hand. A network learns them: filters of the first layer end up much like "
        "these, edges and spots; later layers read the maps of earlier ones and answer to parts and whole shapes."
    )


part = state.choice(PART)
try:
    {ONE: one_channel, THREE: three_channels, PICTURE: whole_picture}[part]()
except UserError as error:
    st.error(sentence_of(error))
state.share()
frame.footer(
    "convolution_2d",
    "A filter is as deep as its input; at each place it gives one number, the dot product plus a bias; and that "
    "number is large where the picture looks like the filter.",
)
