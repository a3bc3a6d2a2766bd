"""Pictures before and after a filter or a small shift."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from cnn.ops import filters, toy_inputs
from cnn.ops.convolution import Convolution
from cnn.ops.windows import Array
from ui.shell.text import plain
from ui.widgets import static_grid

REACH = 4
"""The patch around a filter's strongest response has this many pixels on each side of it."""


def show_filtered(pixels: Array, weights: filters.Rows, name: str) -> Array:
    """Show a picture before and after a filter, and the four places of strongest response.

    Returns:
        The patch around the strongest response, with border pixels repeated.
    """
    response = filters.filter_image(pixels, weights)
    scaled = filters.scale_to_grey(response, weights)
    before, after = st.columns(2)
    size = f"{pixels.shape[1]} x {pixels.shape[0]}"
    before.image(
        pixels, caption=f"Before: {plain(name)}, {size}", alt=f"Before: {name}, {size}", clamp=True, width="stretch"
    )
    after.image(scaled.pixels, caption=f"After. {scaled.scale}", alt="The filter's answer", clamp=True, width="stretch")
    places = filters.strongest_positions(response, distance=12, count=4)
    st.subheader("Where it answers most", anchor=False)
    for slot, (row, column) in zip(st.columns(4), places, strict=False):
        patch = filters.enlarge(filters.patch_at(pixels, (row, column), 8), 12)
        caption = f"{response[row, column]:.3g} at row {row + 1}, column {column + 1}"
        slot.image(patch, caption=caption, alt=f"The picture around the answer {caption}", clamp=True)
    if not all(REACH <= index < side - REACH for index, side in zip(places[0], pixels.shape, strict=True)):
        st.caption("Beyond the edge, the pixels at the border are repeated.")
    return filters.patch_at(pixels, places[0], REACH)


def step_at_strongest(example: Convolution) -> int:
    """Return the step of ``example`` whose window lies where the response at the middle of the patch is computed."""
    height, width = example.weight.shape[-2:]
    row, column = REACH - (height - 1) // 2, REACH - (width - 1) // 2
    return int(row * len(example.columns.windows) + column)


def show_shift(images: Sequence[Array], outputs: Sequence[Array]) -> None:
    """Show an input and its output before and after a shift, with the changed numbers marked."""
    for column, image, output, when in zip(st.columns(2), images, outputs, ("before", "after"), strict=True):
        with column, st.container(horizontal=True):
            static_grid.show_numbers(image, f"Input {when}", "input", image != images[0])
            static_grid.show_numbers(output, f"Output {when}", "output", ~np.isclose(output, outputs[0]))
    st.markdown(toy_inputs.describe_shift(images, outputs))


def show_enlarged(image: Array, alt: str) -> None:
    """Show a small picture (3, H, W) enlarged, so that its cells can be seen."""
    picture = np.kron(image / image.max(), np.ones((1, 20, 20))).transpose(1, 2, 0)
    st.image(picture, caption="The picture, enlarged", alt=alt)
