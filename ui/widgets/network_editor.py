"""The text box that a network is written in, and import from PyTorch code or from a link."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import streamlit as st
from typing_extensions import override

from cnn.errors import UserError
from cnn.layers import from_torch, network_text
from cnn.layers.from_torch import TorchImport
from cnn.layers.layers import Layer
from cnn.layers.network import Block, Network
from ui.shell.fields import Field, TextField, Whole
from ui.shell.page_state import State
from ui.shell.text import plain, sentence_of

_PASTED, _ERROR, _NOTES = "_network_pasted", "_network_error", "_network_notes"
_WORDS = ("conv 16 3 p1", "relu", "max 2", "norm", "flatten", "fc 10", "softmax")
_GUIDE = """
- `conv 16 3 s1 p1`: 16 filters of 3x3, stride 1, padding 1; also `d2` dilation, `g4` groups, `nobias`
- `tconv 16 2 s2`: a transposed convolution, with `o1` for output padding
- `max 2`, `avg 3 s2 p1`: pooling; the stride is the window unless it is given; `ceil` rounds up
- `adaptive 7`: average pooling down to 7x7
- `relu`, `tanh`, `sigmoid`, `norm`, `drop 0.5`, `flatten`, `fc 10`, `softmax`
- `[conv 16 3 p1, norm]`: a block; what enters it is added to what its layers make of it, as in ResNet
- `[conv 32 3 s2 p1 | conv 32 1 s2]`: after the bar, layers for what is added
"""


@dataclass(frozen=True)
class NetworkField(TextField[Network]):
    """A network as one line of text."""

    @override
    def parse(self, text: str) -> Network:
        return network_text.parse(text)

    @override
    def text(self, value: Network) -> str:
        return str(value)


def show_edits(state: State, field: NetworkField, selected: Whole, network: Network) -> None:
    """Show buttons that insert a layer behind the selected part, or repeat, move or remove that part."""
    position = min(state[selected], len(network.parts))
    before = Network(network.volume, network.parts[:position])
    words = {f"+ {word}": word for word in _WORDS}
    if block := network_text.residual_block(before):
        words["+ residual block"] = block
    state.presets(
        f"Insert after part {position}" if position else "Add a layer",
        {
            name: {field: longer, selected: position + 1}
            for name, word in words.items()
            if (longer := network_text.insert(network, position, word)) is not None
        },
    )
    if position:
        state.presets(f"Part {position}", _changes(field, selected, network, position))


def _changes(field: NetworkField, selected: Whole, network: Network, position: int) -> dict[str, dict[Field[Any], Any]]:
    parts, index = network.parts, position - 1
    one, without = parts[index], parts[:index] + parts[index + 1 :]

    def change(parts: tuple[Layer | Block, ...], selection: int) -> dict[Field[Any], Any]:
        return {field: Network(network.volume, parts), selected: max(1, selection)}

    changes = {"Remove": change(without, position - 1)}
    if (repeated := network_text.insert(network, position, str(one))) is not None:
        changes["Repeat"] = {field: repeated, selected: position + 1}
    if index:
        changes["Move earlier"] = change((*without[: index - 1], one, *without[index - 1 :]), position - 1)
    if position < len(parts):
        changes["Move later"] = change((*without[:position], one, *without[position:]), position + 1)
    return changes


def edit_network(state: State, field: NetworkField) -> Network:
    """Show the box, a guide to its language, and a box to paste into; return the network."""
    network = state.lines(field)
    if state.teach:
        return network
    with st.expander("How to write a layer"):
        st.markdown(_GUIDE)
    with st.expander("Paste PyTorch code or a link"):
        st.text_area("A torch.nn.Sequential(...), the code that this page writes, or a link to this page", key=_PASTED)
        st.button("Read it", on_click=_take, args=(state, field, network))
        st.caption("The code is read, never run; only layers that this page knows are taken from it.")
    if error := st.session_state.pop(_ERROR, None):
        st.error(error)
    read, notes = st.session_state.get(_NOTES, (None, ()))
    if read == network and notes:  # until the network is another
        st.info("\n".join(f"- {plain(note)}" for note in notes))
    return network


def _take(state: State, field: NetworkField, present: Network) -> None:
    try:
        read = import_network(st.session_state[_PASTED], present)
        state.put(field, read.network)
        st.session_state[_NOTES] = read.network, read.notes
    except UserError as error:
        st.session_state[_ERROR] = sentence_of(error)


def import_network(text: str, present: Network) -> TorchImport:
    """Return the network in a link to the builder, in the builder's own language, or in PyTorch code, with notes.

    Code without an input size gets that of ``present`` if its layers fit there.

    Raises:
        UserError: The text is none of these.
    """
    link = parse_qs(urlsplit(text.strip()).query).get("net") if "net=" in text[:2000].split("(")[0] else None
    if link:
        return TorchImport(network_text.parse(link[0]))
    if text.strip()[:1].isdigit():
        return TorchImport(network_text.parse(text))
    return from_torch.parse(text, present.volume)
