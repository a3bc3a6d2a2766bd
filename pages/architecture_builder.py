"""Architecture builder (slides 10, 18, 36, 43-44): layers stacked by hand, drawn to scale, measured, and exported."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from cnn import architecture, snippets
from cnn.architecture import Network
from cnn.errors import UserError
from ui import code, frame, network_figures
from ui.state import Field, State


@dataclass(frozen=True)
class Chain(Field[Network]):
    """A network as one line of text."""

    def parse(self, text: str) -> Network:
        """See :meth:`Field.parse`."""
        return architecture.read(text)

    def text(self, value: Network) -> str:
        """See :meth:`Field.text`."""
        return value.text()

    def widget_value(self, value: Network) -> str:
        """See :meth:`Field.widget_value`."""
        return value.text()


PRESETS = {name: architecture.read(text) for name, text in architecture.PRESETS.items()}
NET = Chain("net", "The network: its input volume, then its layers, with commas between", next(iter(PRESETS.values())))
MORE = ("conv 16 3 p1", "relu", "max 2", "norm", "flatten", "fc 10", "softmax")

frame.header(
    "Architecture builder",
    "A network is a stack of layers, and each must fit what the one before it leaves. Stack them, and see every "
    "volume, every weight and every product.",
    "Press “VGG-16” and find the one layer that holds most of all weights. Which one makes most of the products?",
)
state = State.open("architecture_builder", NET)
state.presets("Start from a network", {name: {NET: network} for name, network in PRESETS.items()})
network = state.lines(NET)
with st.expander("How to write a layer"):
    st.markdown(
        "- `conv 16 3 s1 p1`: 16 filters of 3x3, stride 1, padding 1; also `d2` dilation, `g4` groups, `nobias`\n"
        "- `tconv 16 2 s2`: a transposed convolution, with `o1` for output padding\n"
        "- `max 2`, `avg 3 s2 p1`: pooling; the stride is the window unless it is given; `ceil` rounds up\n"
        "- `adaptive 7`: average pooling down to 7x7\n"
        "- `relu`, `tanh`, `sigmoid`, `norm`, `drop 0.5`, `flatten`, `fc 10`, `softmax`\n\n"
        "Only chains can be written: ResNet and our own network `transfer` have branches, and are not here."
    )
if not state.wrong:
    added: dict[str, dict[Field, Any]] = {
        f"+ {word}": {NET: longer} for word in MORE if (longer := network.extended(word)) is not None
    }
    added |= {"Remove the last": {NET: Network(network.volume, network.layers[:-1])}} if network.layers else {}
    state.presets("Add a layer", added)
    network_figures.volumes(network)
    network_figures.figures(network)
    st.download_button("Download the table (CSV)", network.csv(), "network.csv", "text/csv")
    try:
        code.show(snippets.network(network))
    except UserError as error:
        st.info(f"PyTorch lines follow once every layer fits. {error}")
state.share()
frame.footer(
    "architecture_builder",
    "In AlexNet and VGG, convolutions do most of the work, and fully connected layers hold most of the weights; depth "
    "grows while width and height shrink.",
)
