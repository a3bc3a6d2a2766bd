"""Architecture builder (slides 10, 18, 36, 43-44): layers stacked by hand, drawn to scale, measured, and exported."""

from typing import Any

import streamlit as st

from cnn.errors import UserError
from cnn.layers import network_text
from cnn.layers.network import MAX_LAYERS, Network
from cnn.layers.presets import PRESETS
from cnn.lecture import torch_snippets
from ui.lecture import network_diagram, network_graph
from ui.shell import frame
from ui.shell.fields import Field, Whole
from ui.shell.page_state import State
from ui.shell.text import sentence_of
from ui.widgets import network_editor, torch_code

NETWORKS = {name: network_text.parse(text) for name, text in PRESETS.items()}
NET = network_editor.NetworkField(
    "net", "The network: its input volume, then its layers, with commas between", next(iter(NETWORKS.values()))
)
LOOK = Whole("look", "Number of a layer", 1, low=1, high=MAX_LAYERS)
MORE = ("conv 16 3 p1", "relu", "max 2", "norm", "flatten", "fc 10", "softmax")

frame.header(
    "Architecture builder",
    "A network is a stack of layers, and each must fit what the one before it leaves. Stack them, and see every "
    "volume, every weight and every product.",
)
state = State.open("architecture_builder", NET, LOOK)
state.presets("Start from a network", {name: {NET: network} for name, network in NETWORKS.items()})
network = network_editor.edit_network(state, NET)
if not state.invalid:
    words = {f"+ {word}": word for word in MORE}
    if block := network_text.residual_block(network):
        words["+ residual block"] = block
    added: dict[str, dict[Field[Any], Any]] = {
        name: {NET: longer}
        for name, word in words.items()
        if (longer := network_text.append(network, word)) is not None
    }
    added |= {"Remove the last": {NET: Network(network.volume, network.parts[:-1])}} if network.parts else {}
    state.presets("Add a layer", added)
    network_diagram.show_volumes(network)
    network_diagram.show_table(network)
    network_diagram.show_calculator_link(network, state.number(LOOK))
    st.download_button("Download the table (CSV)", network.csv(), "network.csv", "text/csv")
    try:
        torch_code.show_snippet(torch_snippets.network(network))
    except UserError as error:
        st.info(f"PyTorch lines follow once every layer fits. {sentence_of(error)}")
if not state.teach:
    with st.expander("Any network: paste it, drop it, or give its name"):
        network_graph.show_reader()
state.share()
frame.footer(
    "architecture_builder",
    "In AlexNet and VGG, convolutions do most of the work, and fully connected layers hold most of the weights; depth "
    "grows while width and height shrink. A block that adds its input to its output must keep the shape, or bring the "
    "input to the new one.",
)
