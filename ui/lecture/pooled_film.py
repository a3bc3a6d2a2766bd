"""Slide 37: what pooling leaves of a volume, of a radiograph, and of a feature map of the lecture's network."""

import numpy as np
import streamlit as st

from cnn.imaging.radiograph import Radiograph
from cnn.layers import costs, sizes
from cnn.ops import filters, pooling
from ui.shell.fields import Choice, Whole
from ui.shell.page_state import State
from ui.shell.text import escape_stars, plain
from ui.widgets import upload
from ui.widgets.grid import GridOptions, show_grid

BLOCK = Whole("block", "Window of F x F with stride F", 32, low=1, high=64)
FILM, MAP = "the film itself", "a map of the lecture's network"
WHAT = Choice("what", "Pool", FILM, options=(FILM, MAP))
STAGE = Whole("stage", "Pooling layer", 1, low=1, high=5)
NUMBER = Whole("map", "Map", 1, low=1, high=16)
FIELDS = BLOCK, WHAT, STAGE, NUMBER

FILM_PIXELS = 640
"""Pixels of the longer side of a film on the screen; more would only take longer to send."""
MAP_PIXELS = 384
"""Pixels of the side of a feature map on the screen."""
HALVING = sizes.Window(2, stride=2)
PATCH = 8
"""Side of the piece of a map that is stepped through; even, so that it begins where a window of the network does."""


def show_pooling(state: State) -> None:
    """Show what becomes of a volume, then of a film of the reader's choice. Raises ``UserError``."""
    st.header("A whole volume, a whole picture", anchor=False)
    _show_volume()
    radiograph = upload.choose_radiograph()
    if state.choice(WHAT) == FILM:
        _show_pooled_film(radiograph, state.slider(BLOCK))
    else:
        _show_map(radiograph, state.slider(STAGE), state.slider(NUMBER))


def _show_volume() -> None:
    """Compute the sizes of the lecture's volume of 100 x 100 x 128 before and after pooling."""
    side = sizes.pool_size(100, HALVING)
    before, after = (costs.activation_bytes(128, n, n) for n in (100, side.size))
    st.markdown(
        "Each channel is pooled by itself, so the depth stays: "
        f"**100x100x128** becomes **{side.size}x{side.size}x128** with F = 2, S = 2 "
        f"({escape_stars(side.formula)}). {before.value:,} bytes become {after.value:,}."
    )


def _show_pooled_film(radiograph: Radiograph, block: int) -> None:
    """Show a radiograph beside its max-pooled and average-pooled versions, all at about the same size."""
    pixels = radiograph.pixels
    columns = st.columns(3)
    size = f"{pixels.shape[1]} x {pixels.shape[0]} pixels"
    reduced = filters.pool_image(pixels, -(-max(pixels.shape) // FILM_PIXELS), "average")
    columns[0].image(reduced, caption=f"{plain(radiograph.name)}: {size}", alt=f"{radiograph.name}: {size}")
    for column, kind in zip(columns[1:], filters.POOLS, strict=True):
        small = filters.pool_image(pixels, block, kind)
        caption = f"{kind.capitalize()}: {small.shape[1]} x {small.shape[0]} numbers are left"
        enlarged = filters.enlarge(small, max(1, FILM_PIXELS // max(small.shape)))
        column.image(enlarged, caption=caption, alt=caption, clamp=True)


def _show_map(radiograph: Radiograph, stage: int, number: int) -> None:
    """Show feature map ``number`` (from 1) before and after pool ``stage``, and step around its largest value."""
    # These import torch, which nothing else on this page needs.
    from cnn.models import loading
    from cnn.models.feature_maps import pool_input

    maps = pool_input(loading.load("lecture"), radiograph, stage)
    feature_map = maps[number - 1]
    top = float(feature_map.max()) or 1.0
    pooled = pooling.pool2d(feature_map, HALVING).output[0]
    st.markdown(
        f"Map {number} of {len(maps)} as it reaches pool {stage} of the `lecture` network, after convolution and ReLU, "
        f"and what its pool of F = 2, S = 2 lets through. Black is 0, white is {top:.3g}."
    )
    for column, image, name in zip(st.columns(2), (feature_map, pooled), ("Before", "After"), strict=True):
        caption = f"{name}: {image.shape[0]} x {image.shape[1]}"
        enlarged = filters.enlarge(image / top, MAP_PIXELS // len(image))
        column.image(enlarged, caption=caption, alt=caption, clamp=True)
    st.markdown("Around its largest number, step by step:")
    peak = np.unravel_index(feature_map.argmax(), feature_map.shape)
    top_row, left = (max(0, min(int(index) // 2 * 2 - PATCH // 2, len(feature_map) - PATCH)) for index in peak)
    patch = pooling.pool2d(feature_map[top_row : top_row + PATCH, left : left + PATCH], HALVING)
    options = GridOptions(
        "A piece of the map, pooled step by step",
        names=("Map", "", "Pooled"),
        step=int(patch.output.argmax()),
        step_name=None,
        views=("gradient",),
    )
    show_grid(patch, options, key="map patch")
