"""One channel (slide 12): a dot product at each position."""

import streamlit as st

from cnn.lecture.questions.output_cells import ask_cell
from cnn.ops import convolution, toy_inputs
from cnn.ops.convolution import Convolution
from ui.lecture.convolution_2d.shown import LONGEST, STEP, Shown
from ui.shell import glossary_popover
from ui.shell.fields import Flag, Matrix
from ui.shell.page_state import State
from ui.widgets import quiz
from ui.widgets.grid import GridOptions, edit_fields

X = Matrix("x", "Input, rows separated by /", toy_inputs.BINARY_IMAGE, most=LONGEST)
W = Matrix("w", "Filter, rows separated by /", toy_inputs.CROSS, most=7)
FLIP = Flag("flip", "Flip the filter (convolution as in mathematics)", False)
FIELDS = X, W, FLIP


def read(state: State) -> Shown:
    """Show the controls, and return the example."""
    x, w, flip = state.text(X), state.text(W), state.flag(FLIP)
    example = convolution.conv2d(x, w, flip=flip)
    compare = "Not flipped" if flip else None
    editing = edit_fields(state, input=X, kernel=W)
    options = GridOptions("Convolution step by step", step=state[STEP], compare=compare, editing=editing)
    return Shown(example, options, ask_cell(example, state[quiz.QUESTION]))


def explain(example: Convolution) -> None:
    """Say what the output means, and what the flip changes."""
    glossary_popover.write(
        "The output is large where the input matches the filter's pattern, but also wherever the input values are "
        "large. A filter whose weights add up to 0 tells the two apart: uniform regions give 0. The bias, a number "
        "added to every output, is 0 here. PyTorch's layer `nn.Conv2d` does not flip its filter. Strictly, that is a "
        "cross-correlation; a convolution flips the filter first. The weights are learned, so the flip makes no "
        "difference to what a layer can learn."
    )
    if example.symmetric:
        st.markdown("This filter is its own mirror image: flipped or not, the output is the same.")
