"""Slide 17 with a real network: low, middle and high level side by side, and what excites a channel most."""

import base64
import io
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape

import numpy as np
import streamlit as st
from PIL import Image
from torch import Tensor

from cnn.imaging.preprocess import to_tensor
from cnn.imaging.radiograph import read_radiograph
from cnn.imaging.samples.real_films import REAL_FILMS
from cnn.models.inside import layer_nodes
from cnn.models.inside.layer_nodes import LayerNode
from cnn.models.inside.top_patches import Peak, Peaks, find_peaks
from cnn.models.loading import LoadedModel
from cnn.text import percent, typeset_shape
from ui.chest.inside_the_network import LayerSummary, describe_field

PATCHES, PATCH_SIDE = 4, 84
"""Patches of a channel, and pixels of a patch on the page."""


def show_levels(model: LoadedModel, summaries: Sequence[LayerSummary], levels: Mapping[str, str], number: int) -> None:
    """Show a column for each level: what its cells see, and the patches of the real films that excite a map most.

    Args:
        model: The network.
        summaries: Of the layers of the opened film.
        levels: Name of a layer by level.
        number: The map, from 1; a level with fewer maps shows its last.
    """
    by_name = {summary.layer.name: summary for summary in summaries}
    for column, (level, name), peaks in zip(
        st.columns(len(levels)),
        levels.items(),
        _peaks(model, model.weights_sha256, tuple(levels.values())),
        strict=True,
    ):
        summary = by_name[name]
        channel = min(number, peaks.values.shape[1])
        correlation = summary.film_correlation
        likeness = (
            ""
            if correlation is None
            else f"the maps look like the downsampled film with |r| = {correlation:.2f} on average (1: a copy of it); "
        )
        with column:
            st.markdown(
                f"**{level}**: {summary.layer.name}, {typeset_shape(summary.layer.step.output)}. A cell sees "
                f"{describe_field(summary.layer, model)}; {likeness}{percent(summary.zero_share)} of the values are 0."
            )
            _show_patches(peaks, channel, model.input_size)
    st.caption(
        f"Each patch is the receptive field of the map's strongest cell on one of the {len(REAL_FILMS)} built-in real "
        "films: a few pixels at the low level, a large part of the film at the high level. The middle of a receptive "
        "field counts most. At the edge of the film a patch is smaller: the rest of its receptive field is padding. A "
        "filter may answer to the step from a black edge to the padding, a mean grey. To see what another channel "
        "responds to, change the map's number in the panel."
    )


def _show_patches(peaks: Peaks, channel: int, side: int) -> None:
    strongest = peaks.strongest(channel - 1, PATCHES)
    if not strongest:
        st.markdown(f"Map {channel} is 0 everywhere on all of them.")
        return
    films = _films(side)
    tiles = "".join(
        f'<figure class="tile" style="width:{PATCH_SIDE}px"><img class="pixels" alt="{_describe(peak)}" '
        f'src="{_patch(films[peak.film], peak)}"><figcaption>{peak.value:.2f}</figcaption></figure>'
        for peak in strongest
    )
    caption = f"<b>Map {channel}</b>, its strongest patches, each with its activation"
    st.html(f'<div>{caption}</div><div class="tiles near">{tiles}</div>')


def _describe(peak: Peak) -> str:
    (top, bottom), (left, right) = peak.rows, peak.columns
    title = escape(REAL_FILMS[peak.film].title)
    return f"{title}: rows {top + 1} to {bottom + 1}, columns {left + 1} to {right + 1}"


def _patch(film: Tensor, peak: Peak) -> str:
    greys = film[0, 0].numpy()
    greys = (255 * (greys - greys.min()) / max(1e-9, float(np.ptp(greys)))).astype(np.uint8)
    (top, bottom), (left, right) = peak.rows, peak.columns
    buffer = io.BytesIO()
    Image.fromarray(greys[top : bottom + 1, left : right + 1]).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


@cache
def _films(side: int) -> list[Tensor]:
    return [to_tensor(read_radiograph(*film.read()), side) for film in REAL_FILMS]


@st.cache_resource(show_spinner="The built-in films pass the network once …", max_entries=8)
def _peaks(
    _model: LoadedModel,
    weights: str,  # noqa: ARG001 other weights, other peaks
    layers: tuple[str, ...],
) -> list[Peaks]:
    nodes: list[LayerNode] = [layer_nodes.find_layer(_model, layer) for layer in layers]
    return find_peaks(_model, _films(_model.input_size), nodes)
