"""Pictures before and after a filter, a pooling layer or a small shift."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from cnn.imaging.radiograph import Radiograph
from cnn.layers import costs, sizes
from cnn.ops import filters, toy_inputs
from cnn.ops.windows import Array
from ui.shell.text import plain
from ui.widgets import static_grid

SHOWN = 640
"""Pixels of the longer side of a pooled picture on the screen; more would only take longer to send."""
REACH = 4
"""The patch around a filter's strongest answer has this many pixels on each side of it."""


def filtered(pixels: Array, weights: filters.Rows, name: str) -> Array | None:
    """The whole picture, and where a filter answers most; hands back the patch there, None in too small a picture."""
    response = filters.filter_image(pixels, weights)
    shown = filters.scale_to_grey(response, weights)
    before, after = st.columns(2)
    said = f"Before: {name}, {pixels.shape[1]} x {pixels.shape[0]}"
    before.image(pixels, caption=said, alt=said, clamp=True, width="stretch")
    after.image(shown.pixels, caption=f"After. {shown.scale}", alt="The filter's answer", clamp=True, width="stretch")
    places = filters.strongest_positions(response, margin=12, count=4)
    if not places:
        return None
    st.subheader("Where it answers most", anchor=False)
    for column, (row, at) in zip(st.columns(4), places, strict=False):
        patch = filters.enlarge(filters.patch_at(pixels, (row, at), 8), 12)
        said = f"{response[row, at]:.3g} at row {row + 1}, column {at + 1}"
        column.image(patch, caption=said, alt=f"The picture around the answer {said}", clamp=True)
    return filters.patch_at(pixels, places[0], REACH)


def volume() -> None:
    """What becomes of the lecture's volume of 100 x 100 x 128."""
    side = sizes.pool_size(100, 2, 2)
    before, after = (costs.activation_bytes(128, n, n) for n in (100, side.size))
    st.markdown(
        "Each channel is pooled by itself, so the depth stays: "
        f"**100x100x128** becomes **{side.size}x{side.size}x128** with F = 2, S = 2 "
        f"({plain(side.formula)}). {before.value:,} bytes become {after.value:,}."
    )


def pooled(radiograph: Radiograph, block: int) -> None:
    """A radiograph, and what maximum and average leave of its blocks, drawn at about the same size."""
    pixels = radiograph.pixels
    columns = st.columns(3)
    said = f"{radiograph.name}: {pixels.shape[1]} x {pixels.shape[0]} pixels"
    columns[0].image(filters.pool_image(pixels, -(-max(pixels.shape) // SHOWN), "average"), caption=said, alt=said)
    for column, kind in zip(columns[1:], filters.POOLS, strict=True):
        small = filters.pool_image(pixels, block, kind)
        said = f"{kind.capitalize()}: {small.shape[1]} x {small.shape[0]} numbers are left"
        column.image(filters.enlarge(small, max(1, SHOWN // max(small.shape))), caption=said, alt=said, clamp=True)


def moved(images: Sequence[Array], outputs: Sequence[Array]) -> None:
    """An input and its output, before and after a shift; what changed stands out."""
    for column, image, output, when in zip(st.columns(2), images, outputs, ("before", "after"), strict=True):
        with column, st.container(horizontal=True):
            static_grid.numbers(image, f"Input {when}", "input", image != images[0])
            static_grid.numbers(output, f"Output {when}", "output", ~np.isclose(output, outputs[0]))
    st.markdown(toy_inputs.describe_shift(images, outputs))


def enlarged(image: Array, alt: str) -> None:
    """A small picture (3, H, W), its cells to be seen."""
    picture = np.kron(image / image.max(), np.ones((1, 20, 20))).transpose(1, 2, 0)
    st.image(picture, caption="The picture, enlarged", alt=alt)
