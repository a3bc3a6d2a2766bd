"""Slide 37: what pooling leaves of a radiograph, and of a feature map of the lecture's network."""

import numpy as np
import streamlit as st

from cnn.errors import UserError
from cnn.imaging.radiograph import Radiograph
from cnn.layers import costs, sizes
from cnn.ops import filters, pooling
from ui.lecture.pooling.settings import PART
from ui.shell import stage
from ui.shell.fields import Choice, Whole
from ui.shell.page_state import State
from ui.shell.stage import View
from ui.shell.text import format_bytes, plain, sentence_of, typeset
from ui.widgets import upload
from ui.widgets.grid import GridOptions, show_grid

BLOCK = Whole("block", "Window of F × F with stride F", 32, low=1, high=64)
FILM, MAP = "the film itself", "a map of the lecture's network"
WHAT = Choice("what", "Pool", FILM, options=(FILM, MAP))
STAGE = Whole("layer", "Pooling layer", 1, low=1, high=5)
NUMBER = Whole("map", "Map", 1, low=1, high=16)
FIELDS = BLOCK, WHAT, STAGE, NUMBER

FILM_PIXELS = 640
"""Pixels of the longer side of a film on the screen; more would only take longer to send."""
HALVING = sizes.Window(2, stride=2)


def show(view: View, state: State) -> None:
    """Show what becomes of a film of the reader's choice, or of a map of it, and why."""
    with view.panel:
        state.choice(PART)
    try:
        _show_pooling(view, state)
    except UserError as error:
        view.panel.error(sentence_of(error))
    (why,) = view.tabs(state, stage.WHY)
    with why:
        explain_volume()
        if state[WHAT] == FILM:
            st.markdown(
                "All three pictures have the film's grey scale. Max pooling keeps the brightest pixel of each window, "
                "so small bright details such as letters and ribs stay and the picture gets brighter. Average pooling "
                "blurs."
            )


def _show_pooling(view: View, state: State) -> None:
    """Show a pooled film, or a pooled map. Raises ``UserError``."""
    with view.panel:
        what = state.choice(WHAT)
        block = state.slider(BLOCK) if what == FILM else 0
        layer, number = (state.slider(STAGE), state.slider(NUMBER)) if what == MAP else (0, 0)
        with stage.more("another film"):
            radiograph = upload.choose_radiograph()
    with view.stage:
        if what == FILM:
            _show_pooled_film(radiograph, block)
        else:
            _show_map(radiograph, layer, number)


def explain_volume() -> None:
    """Say what pooling leaves of the lecture's volume of 100 x 100 x 128."""
    side, _ = sizes.output_sizes((100, 100), HALVING, pooling=True)
    before, after = (costs.activation_bytes(128, n, n) for n in (100, side.size))
    st.markdown(
        "Each channel is pooled by itself, so the depth stays: "
        f"**100 × 100 × 128** becomes **{side.size} × {side.size} × 128** with F = 2, S = 2 "
        f"({typeset(side.formula)}). {format_bytes(before.value)} become "
        f"{format_bytes(after.value)} (4 bytes a value, float32)."
    )


def _show_pooled_film(radiograph: Radiograph, block: int) -> None:
    """Show a radiograph beside its max-pooled and average-pooled versions, all at about the same size."""
    pixels = radiograph.pixels
    columns = st.columns(3)
    size = f"{pixels.shape[1]} × {pixels.shape[0]} pixels"
    reduced = filters.pool_image(pixels, -(-max(pixels.shape) // FILM_PIXELS), "average")
    columns[0].image(reduced, caption=f"{plain(radiograph.name)}: {size}", alt=f"{radiograph.name}: {size}")
    for column, kind in zip(columns[1:], filters.POOLS, strict=True):
        small = filters.pool_image(pixels, block, kind)
        caption = f"{kind.capitalize()}: {small.shape[1]} × {small.shape[0]} values"
        enlarged = filters.enlarge(small, max(1, FILM_PIXELS // max(small.shape)))
        column.image(enlarged, caption=caption, alt=caption, clamp=True)


def _show_map(radiograph: Radiograph, layer: int, number: int) -> None:
    """Show feature map ``number`` (from 1) before and after pool ``layer``; it opens at its largest value."""
    # These import torch, which nothing else on this page needs.
    from cnn.models import loading
    from cnn.models.inside.feature_maps import pool_input

    maps = pool_input(loading.load("lecture"), radiograph, layer)
    example = pooling.pool2d(maps[number - 1], HALVING)
    options = GridOptions(
        f"Map {number} of {len(maps)}, pooled step by step",
        names=(f"Map {number} of {len(maps)}", "", "After the pool"),
        step=int(np.argmax(example.output)),
        step_name=None,
    )
    show_grid(example, options, key=f"map {layer} {number}")
    st.markdown(
        f"Map {number} of {len(maps)} of the Lecture CNN (from scratch) as it reaches pool {layer}, after convolution "
        "and ReLU. It opens at the largest value."
    )
