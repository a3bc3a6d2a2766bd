"""Convolution in two dimensions (slides 11-14): numbers, a picture in colour with its 75 products, and a whole film."""

from typing import Any

from cnn.lecture import torch_snippets
from cnn.lecture.questions.output_cells import ask_cell
from cnn.ops import convolution, filters, toy_inputs
from ui.lecture import colour_picture
from ui.lecture.filtered_film import (
    Shown,
    ask_size,
    convolve_colours,
    explain_colours,
    explain_film,
    explain_numbers,
    shrink_film,
)
from ui.shell import frame, stage
from ui.shell.fields import Choice, Field, Flag, Matrix, Real, Whole
from ui.shell.page_state import State
from ui.shell.stage import PREDICT
from ui.widgets import cross_links, quiz, torch_code, upload
from ui.widgets.grid import GridOptions, Slider, edit_fields, show_grid

ONE, THREE, PICTURE = "One channel", "Three channels", "A whole picture"
PART = Choice("part", "Input", ONE, options=(ONE, THREE, PICTURE))
X = Matrix("x", "Input, rows separated by /", toy_inputs.BINARY_IMAGE, most=16)
W = Matrix("w", "Filter, rows separated by /", toy_inputs.CROSS, most=7)
FLIP = Flag("flip", "Flip the filter (convolution as in mathematics)", False)
KERNELS = {name: colour_picture.stack_slices(weights) for name, weights in filters.colour_kernels(5).items()}
COLOUR = Matrix("colour", "Filter, its red, green and blue rows", KERNELS["vertical edges"], most=21)
BIAS = Real("b", "Bias b", 1, low=-100, high=100, step=1)
KERNEL = Matrix("kernel", "Filter, rows separated by /", filters.KERNELS[0].weights, most=7)
LONGEST = Choice("longest", "Pixels of the longer side", "96", options=("32", "64", "96", "128"))
STEP = Whole("step", "Step", 0, low=0, high=99999)
EXAMPLES: dict[str, dict[Field[Any], Any]] = {
    "3 × 3 on 5 × 5": {PART: ONE, X: X.default, W: W.default, FLIP: False},
    "Flipped": {PART: ONE, X: X.default, W: toy_inputs.ARROW, FLIP: True},
    "5 × 5 × 3 on 32 × 32 × 3": {PART: THREE, COLOUR: COLOUR.default, BIAS: 1.0},
    "Edges of a film": {PART: PICTURE, KERNEL: KERNEL.default},
}

frame.header(
    "Convolution in two dimensions",
    "At each position, the filter is laid over a window of the input: multiply the overlapping values and add the "
    "products.",
)
state = State.open(
    "convolution_2d", PART, X, W, FLIP, COLOUR, BIAS, KERNEL, LONGEST, PREDICT, STEP, quiz.QUESTION, cross_links.CARRIED
)


def one_channel() -> Shown:
    """Read slide 12: a dot product at each position."""
    x, w, flip = state.text(X), state.text(W), state.flag(FLIP)
    example = convolution.conv2d(x, w, flip=flip)
    compare = "Not flipped" if flip else None
    editing = edit_fields(state, input=X, kernel=W)
    options = GridOptions("Convolution step by step", step=state[STEP], compare=compare, editing=editing)
    return Shown(example, options, ask_cell(example, state[quiz.QUESTION]))


def three_channels() -> Shown:
    """Read slides 11 and 14: a filter has as many channels as its input, and still gives one number."""
    state.presets("Respond to", {name: {COLOUR: weights} for name, weights in KERNELS.items()})
    with stage.more("your own picture and filter"):
        colour_picture.choose_picture()
        sizes = {f"F = {size}": filters.colour_kernels(size)["vertical edges"] for size in (1, 3, 5, 7)}
        state.presets("Filter size", {n: {COLOUR: colour_picture.stack_slices(w)} for n, w in sizes.items()})
        rows = state.lines(COLOUR)

    example = convolve_colours(rows, state[BIAS])
    options = GridOptions(
        "Convolution over three channels",
        channels=toy_inputs.CHANNELS,
        step=state[STEP],
        colour=True,
        editing=colour_picture.editing(state, COLOUR),
        sliders=(Slider("bias", BIAS, state[BIAS], lambda value: state.put(BIAS, value)),),
    )
    return Shown(example, options, ask_size(example))


def whole_picture() -> Shown:
    """Read slide 13: a filter on a radiograph."""
    weights = state.text(KERNEL)
    state.presets("Filters", {kernel.name: {KERNEL: kernel.weights} for kernel in filters.KERNELS})
    with stage.more("resolution, another film"):
        longest = int(state.choice(LONGEST))
        radiograph = upload.choose_radiograph()
    example = convolution.conv2d(shrink_film(radiograph.pixels, longest), weights)
    options = GridOptions("A filter on a film", step=state[STEP], editing=edit_fields(state, kernel=KERNEL))
    return Shown(example, options)


def show_code(shown: Shown) -> None:
    """Show the example in PyTorch."""
    layer, before = cross_links.layer_of(shown.example)
    if before.depth > 1 or shown.example.input.size > X.most**2:
        torch_code.show_snippet(torch_snippets.layer(layer, before))
    else:
        torch_code.show_snippet(torch_snippets.convolution_2d(shown.example))
        cross_links.link_to_pooling(shown.example.input[0], shown.example.weight[0, 0])


def show_links(shown: Shown) -> None:
    """Show links to other pages for a square filter; those of a page with one channel keep what they were given."""
    if shown.example.kernel.shape[-1] == shown.example.kernel.shape[-2]:
        layer, before = cross_links.layer_of(shown.example)
        lacks = cross_links.ONE_CHANNEL if before.depth == 1 else ("out_channels", "bias")
        cross_links.show_links(state, layer, before, lacks)


view = stage.open_view(state, EXAMPLES)
with view.panel:
    part = state.choice(PART)
    shown = view.compute({ONE: one_channel, THREE: three_channels, PICTURE: whole_picture}[part], name=part)
if shown is not None:
    hidden = quiz.dock(view, shown.question, state)
    with view.stage:
        asked = shown.question.cell if hidden and shown.question else None
        show_grid(shown.example, shown.options, key=part, hide=asked, concealed=hidden and asked is None)
    if hidden:
        view.tabs(state)
    else:
        with view.panel:
            show_links(shown)
        why, code = view.tabs(state, stage.WHY, stage.CODE)
        with why:
            {ONE: explain_numbers, THREE: explain_colours, PICTURE: explain_film}[part](shown.example)
        with code:
            show_code(shown)
state.remember()
frame.footer(
    "convolution_2d",
    "A filter has as many channels as its input. At each position it gives one number, the dot product plus a bias "
    "(0 in the examples with one channel). That number is large where the input matches the filter's pattern, but also "
    "wherever the input values are large.",
)
