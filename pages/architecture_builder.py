"""Architecture builder (slides 10, 18, 36, 43-44): layers stacked by hand, drawn to scale, measured, and exported."""

import streamlit as st

from cnn.errors import UserError
from cnn.layers import network_text
from cnn.layers.network import MAX_LAYERS, Network
from cnn.layers.presets import NOTES, PRESETS
from cnn.lecture import torch_snippets
from ui.lecture import network_diagram, network_graph
from ui.shell import frame, stage
from ui.shell.fields import Whole
from ui.shell.page_state import State
from ui.shell.text import sentence_of
from ui.widgets import network_editor, torch_code

NETWORKS = {name: network_text.parse(text) for name, text in PRESETS.items()}
NET = network_editor.NetworkField("net", "Input volume, then the layers", next(iter(NETWORKS.values())))
PART = Whole("look", "Selected part (0: the input)", 1, low=0, high=MAX_LAYERS)

frame.header(
    "Architecture builder",
    "A network is a stack of layers, and each must fit the output of the one before it. Stack your own.",
)
state = State.open("architecture_builder", NET, PART)


def show_tables(network: Network) -> None:
    """Show every layer's volume and cost, and the table to take home."""
    for note in (note for name, note in NOTES.items() if NETWORKS[name] == network):
        st.caption(note)
    network_diagram.show_table(network)
    st.download_button("Download the table (CSV)", network.csv(), "network.csv", "text/csv")


def show_code(network: Network) -> None:
    """Show the network in PyTorch, once every layer fits."""
    try:
        torch_code.show_snippet(torch_snippets.network(network))
    except UserError as error:
        st.info(f"PyTorch lines follow once every layer fits. {sentence_of(error)}")


view = stage.open_view(state, {name: {NET: network, PART: 1} for name, network in NETWORKS.items()})
with view.panel:
    network = network_editor.edit_network(state, NET)
    if state[PART] > len(network.parts):
        state.put(PART, len(network.parts))
    part = state.number(PART)
    network_editor.show_form(state, NET, PART, network)
    network_diagram.show_links(state, network, part)
    network_diagram.show_budget(network)
    network_diagram.show_training_link(network)
view.compute(lambda: network)  # greyed while the text is not a network
with view.stage:
    network_diagram.show_volumes(network)
    network_diagram.show_totals(network)
    network_editor.show_strip(state, NET, PART, network)
layers, code, reader = view.tabs(state, "Layer by layer", stage.CODE, "Any network: paste it, drop it, name it")
with layers:
    show_tables(network)
with code:
    show_code(network)
with reader:
    network_graph.show_reader(network.volume, lambda network: state.put(NET, network))
frame.footer(
    "architecture_builder",
    "Compare the examples: in AlexNet and VGG, convolutions do most of the work, and fully connected layers hold "
    "most of the weights; depth grows while width and height shrink. A block that adds its input to its output must "
    "keep the shape, or bring the input to the new one.",
)
