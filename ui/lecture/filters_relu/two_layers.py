"""Two layers in a row (slide 16): the volumes and filters along them, and the lecture's question on their depth."""

import streamlit as st

from cnn.layers.layer import Volume
from cnn.layers.layers import Conv
from cnn.lecture import torch_snippets
from cnn.lecture.questions.layer_sizes import ask_two_layers
from cnn.ops.feature_stack import TwoLayers, chain_two_layers
from ui.shell import stage
from ui.shell.fields import Whole
from ui.shell.page_state import State
from ui.shell.stage import View
from ui.widgets import cross_links, quiz, torch_code

FIELDS = (
    Whole("N", "Side N", 32, low=1, high=512),
    Whole("D1", "Depth D1", 3, low=1, high=512),
    Whole("K1", "Filters K, layer 1", 7, low=1, high=512),
    Whole("K2", "Filters K, layer 2", 8, low=1, high=512),
    Whole("F", "Filter F", 5, low=1, high=64),
)


def show(view: View, state: State) -> None:
    """Ask the lecture's question on the reader's numbers, and show both layers."""
    with view.panel:
        values = state.boxes(*FIELDS)
    layers = view.compute(lambda: chain_two_layers(*values), name="layers")
    if layers is None:
        return
    hidden = quiz.dock(view, ask_two_layers(layers, state[quiz.QUESTION]), state)
    with view.stage:
        _show_volumes(layers, revealed=not hidden)
    if hidden:
        view.tabs(state)
        return
    side, depth, first, _, size = values
    with view.panel:
        cross_links.show_links(state, Conv(first, size), Volume(side, side, depth), ("bias",))
    why, code = view.tabs(state, stage.WHY, stage.CODE)
    with why:
        st.markdown(
            "A filter is as deep as the volume that it reads. A filter of the second layer has "
            f"{layers.kernel_size} × {layers.kernel_size} × {layers.first} = {layers.weights:,} weights, and a bias."
        )
    with code:
        torch_code.show_snippet(torch_snippets.two_layers(layers))


def _show_volumes(layers: TwoLayers, *, revealed: bool) -> None:
    """Show the volumes and filters of two layers in a row, the depth of the second filters only when ``revealed``."""
    f = layers.kernel_size
    depth = f"{layers.first}" if revealed else "?"
    boxes = [
        ("input", f"{layers.side} × {layers.side} × {layers.depth}", "image"),
        ("kernel", f"{layers.first} filters of {f} × {f} × {layers.depth}", "CONV, then ReLU"),
        ("output", f"{layers.between} × {layers.between} × {layers.first}", "maps"),
        ("kernel", f"{layers.second} filters of {f} × {f} × {depth}", "CONV, then ReLU"),
        ("output", f"{layers.after} × {layers.after} × {layers.second}", "maps"),
    ]
    drawn = '<span aria-hidden="true">→</span>'.join(
        f'<div class="box {role}"><strong>{size}</strong><br>{caption}</div>' for role, size, caption in boxes
    )
    st.html(f'<div class="tiles middle near">{drawn}</div>')
