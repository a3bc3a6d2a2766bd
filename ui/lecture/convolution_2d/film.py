"""A whole picture (slide 13): a filter on a radiograph."""

import streamlit as st

from cnn.ops import convolution, filters
from cnn.ops.convolution import Convolution
from ui.lecture.convolution_2d.shown import STEP, Shown
from ui.lecture.pictures import shrink_film
from ui.shell import glossary_popover, stage
from ui.shell.fields import Choice, Matrix
from ui.shell.page_state import State
from ui.widgets import upload
from ui.widgets.grid import GridOptions, edit_fields

KERNEL = Matrix("kernel", "Filter, rows separated by /", filters.KERNELS[0].weights, most=7)
LONGEST = Choice("longest", "Pixels of the longer side", "96", options=("32", "64", "96", "128"))
FIELDS = KERNEL, LONGEST


def read(state: State) -> Shown:
    """Show the controls, and return the example."""
    weights = state.text(KERNEL)
    state.presets("Filters", {kernel.name: {KERNEL: kernel.weights} for kernel in filters.KERNELS})
    with stage.more("resolution, another film"):
        longest = int(state.choice(LONGEST))
        radiograph = upload.choose_radiograph()
    example = convolution.conv2d(shrink_film(radiograph.pixels, longest), weights)
    options = GridOptions("A filter on a film", step=state[STEP], editing=edit_fields(state, kernel=KERNEL))
    return Shown(example, options)


def explain(example: Convolution) -> None:
    """Say what the filter responds to."""
    st.markdown(
        f"{filters.describe(example.weight[0, 0])} Greys go from 0 (black) to 255 (white); the output may lie below or "
        "above, and red is positive, blue negative."
    )
    glossary_popover.write(
        "These weights were chosen by hand. A network learns its own: filters of the first layer become edge and spot "
        "detectors much like these; later layers respond to parts and whole shapes."
    )
