"""The inputs of the page on convolution in 2-D, and what is said of each; and small shifts under pooling."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from PIL import Image

from cnn.errors import DoesNotFit
from cnn.layers import costs
from cnn.layers.sizes import Window, output_size
from cnn.lecture.questions.layer_sizes import ask_output_size
from cnn.lecture.questions.question import Question
from cnn.ops import filters, toy_inputs
from cnn.ops.convolution import Convolution, conv2d
from cnn.ops.windows import Array
from ui.lecture import colour_picture
from ui.shell import glossary_popover
from ui.shell.fields import Rows
from ui.shell.text import typeset
from ui.widgets import static_grid
from ui.widgets.grid import GridOptions

WHITE = 255
"""Films are shown with whole grey values from 0 to 255, so that the printed sums are exact."""


@dataclass(frozen=True)
class Shown:
    """An example for the stage, how it is shown, and the question about it."""

    example: Convolution
    options: GridOptions
    question: Question | None = None


def convolve_colours(rows: Rows, bias: float) -> Convolution:
    """Apply a filter, given as the rows of its three slices, to the picture in colour. Raises ``DoesNotFit``."""
    weights = colour_picture.split_slices(rows)
    if weights is None:
        raise DoesNotFit(
            f"A filter for three channels has three square slices: for F = {len(rows[0])} type {3 * len(rows[0])} rows "
            f"of {len(rows[0])} numbers, red, green, blue; here are {len(rows)} rows."
        )
    return conv2d(colour_picture.picture(), weights, [bias])


def ask_size(example: Convolution) -> Question:
    """Ask for the output size along one side."""
    return ask_output_size(example.columns.size, Window(example.kernel.shape[-1]))


def shrink_film(pixels: Array, longest: int) -> Array:
    """Shrink a film (H, W) from 0 to 1 until its longer side has ``longest`` pixels; whole greys from 0 to 255."""
    scale = min(1.0, longest / max(pixels.shape))
    height, width = (max(1, round(side * scale)) for side in pixels.shape)
    small = Image.fromarray(pixels.astype(np.float32)).resize((width, height), Image.Resampling.BOX)
    return np.round(np.asarray(small, dtype=np.float64) * WHITE)


def explain_numbers(example: Convolution) -> None:
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


def explain_colours(example: Convolution) -> None:
    """Say why a filter of three slices gives one number."""
    size = example.kernel.shape[-1]
    glossary_popover.write(
        "A filter has as many channels as its input: one slice of weights for each channel. The products of all "
        f"slices and one bias add up to **just one number**: {typeset(costs.filter_weights(3, size).formula)} products "
        f"at each position. The output has {example.output.shape[1]} × {example.output.shape[2]} positions and depth "
        f"1: {typeset(output_size(colour_picture.SIDE, Window(size)).formula)}."
    )
    st.markdown("Brightness goes from 0 to 9 here, so that the products can be followed; files have 0 to 255.")


def explain_film(example: Convolution) -> None:
    """Say what the filter responds to."""
    st.markdown(
        f"{filters.describe(example.weight[0, 0])} Greys go from 0 (black) to 255 (white); the output may lie below or "
        "above, and red is positive, blue negative."
    )
    glossary_popover.write(
        "These weights were chosen by hand. A network learns its own: filters of the first layer become edge and spot "
        "detectors much like these; later layers respond to parts and whole shapes."
    )


def show_shift(images: Sequence[Array], outputs: Sequence[Array]) -> None:
    """Show an input and its output before and after a shift, with the changed numbers marked."""
    for column, image, output, when in zip(st.columns(2), images, outputs, ("before", "after"), strict=True):
        with column, st.container(horizontal=True):
            static_grid.show_numbers(image, f"Input {when}", "input", image != images[0])
            static_grid.show_numbers(output, f"Output {when}", "output", ~np.isclose(output, outputs[0]))
    st.markdown(toy_inputs.describe_shift(images, outputs))
