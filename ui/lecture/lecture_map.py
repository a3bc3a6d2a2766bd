"""One map of the lecture's network before and after its own pooling layer. Imports torch: pages import it late."""

import numpy as np
import streamlit as st

from cnn.imaging.radiograph import Radiograph
from cnn.models import loading
from cnn.models.feature_maps import pool_input
from cnn.ops import filters, pooling
from ui.widgets.grid import grid

WIDTH = 384
"""Pixels that a map is drawn with."""
PATCH = 8
"""Side of the piece that is stepped through; even, so that it begins where a window of the network does."""


def show(radiograph: Radiograph, stage: int, number: int) -> None:
    """Draws map ``number`` (from 1) before pool ``stage``, what is left of it, and the place of its largest number."""
    maps = pool_input(loading.load("lecture"), radiograph, stage)
    one = maps[number - 1]
    top = float(one.max()) or 1.0
    pooled = pooling.pool2d(one, 2)
    st.markdown(
        f"Map {number} of {len(maps)} as it reaches pool {stage} of the `lecture` network, after convolution and ReLU, "
        f"and what its pool of F = 2, S = 2 lets through. Black is 0, white is {top:.3g}."
    )
    for column, image, name in zip(st.columns(2), (one, pooled.output[0]), ("Before", "After"), strict=True):
        said = f"{name}: {image.shape[0]} x {image.shape[1]}"
        column.image(filters.enlarge(image / top, WIDTH // len(image)), caption=said, alt=said, clamp=True)
    st.markdown("Around its largest number, step by step:")
    largest = np.unravel_index(one.argmax(), one.shape)
    row, at = (max(0, min(int(place) // 2 * 2 - PATCH // 2, len(one) - PATCH)) for place in largest)
    patch = pooling.pool2d(one[row : row + PATCH, at : at + PATCH], 2)
    grid(
        patch, key="map patch", label="A piece of the map, pooled step by step", names=("Map", "", "Pooled"),
        step=int(patch.output.argmax()), step_name=None, backward=True,
    )  # fmt: skip
