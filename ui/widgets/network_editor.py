"""The text box that a network is written in, and import from PyTorch code or from a link."""

from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import streamlit as st
from typing_extensions import override

from cnn.errors import UserError
from cnn.layers import network_text
from cnn.layers.layer import Volume
from cnn.layers.layer_text import MAX_NUMBER
from cnn.layers.network import Block, Network
from cnn.layers.reading import from_graph
from ui.shell.fields import TextField, Whole
from ui.shell.page_state import State
from ui.shell.text import plain, sentence_of
from ui.widgets import layer_strip

_PASTED, _ERROR, _NOTES = "_network_pasted", "_network_error", "_network_notes"
_HISTORY, _LAST = "_network_history", "_network_last"
_MOST_STEPS = 100
ARGUMENTS = {
    "width": "Width",
    "height": "Height",
    "depth": "Depth",
    "out_channels": "Filters",
    "out_features": "Units",
    "kernel_size": "Filter size F",
    "stride": "Stride S",
    "padding": "Padding P",
    "dilation": "Dilation D",
    "groups": "Groups",
    "output_padding": "Output padding",
    "size": "Output size",
    "bias": "Bias",
    "ceil_mode": "ceil_mode",
}
"""Labels of the arguments that the form of a layer or of the input has."""
_WORDS = ("conv 16 3 p1", "relu", "max 2", "norm", "flatten", "fc 10", "softmax")
_GUIDE = """
- `conv 16 3 s1 p1`: 16 filters of 3 × 3, stride 1, padding 1; also `d2` dilation, `g4` groups, `nobias`
- `tconv 16 2 s2`: a transposed convolution, with `o1` for output padding
- `max 2`, `avg 3 s2 p1`: pooling; the stride is the window unless it is given; `ceil` rounds up
- `adaptive 7`: average pooling down to 7 × 7
- `relu`, `tanh`, `sigmoid`, `norm`, `drop 0.5`, `flatten`, `fc 10`, `softmax`
- `[conv 16 3 p1, norm]`: a residual block, as in ResNet: its input is added to its output
- `[conv 32 3 s2 p1 | conv 32 1 s2]`: the layers after the bar bring the input to the output's shape
"""


@dataclass(frozen=True)
class NetworkField(TextField[Network]):
    """A network as one line of text."""

    @override
    def parse(self, text: str) -> Network:
        return network_text.parse(self.limited(text))

    @override
    def text(self, value: Network) -> str:
        return str(value)


def show_strip(state: State, field: NetworkField, selected: Whole, network: Network) -> None:
    """Show the layers as blocks that can be moved, added, doubled and removed, and undo and redo."""
    if state.teach:
        return
    past, future = _history(str(network))
    words = [*_WORDS, block] if (block := network_text.residual_block(network)) else [*_WORDS]

    def edit(action: str, part: int, to: int, word: str) -> None:
        if action in ("undo", "redo"):
            here, there = (past, future) if action == "undo" else (future, past)
            if here:
                there.append(str(network))
                state.put(field, network_text.parse(here.pop()))
                st.session_state[_LAST] = st.session_state[field.name]
        elif (changed := edited(network, action, part, to, word)) is not None:
            state.put(field, changed[0])
            state.put(selected, changed[1])

    layer_strip.show_layer_strip(
        network, min(state[selected], len(network.parts)), words, (bool(past), bool(future)), on_edit=edit
    )


def _history(text: str) -> tuple[list[str], list[str]]:
    """Return the networks before this one, and those that were undone, both of this session."""
    past, future = st.session_state.setdefault(_HISTORY, ([], []))
    last = st.session_state.get(_LAST, text)
    if text != last:
        past.append(last)
        del past[:-_MOST_STEPS]
        future.clear()
    st.session_state[_LAST] = text
    return past, future


def edited(network: Network, action: str, part: int, to: int, word: str) -> tuple[Network, int] | None:
    """Return the network after an action and the part that is selected then; None where it cannot be done."""
    parts = list(network.parts)
    if action == "add" and part <= len(parts):
        longer = network_text.insert(network, part, word)
        return (longer, part + 1) if longer else None
    if action == "select" and part <= len(parts):
        return network, part
    if not 1 <= part <= len(parts):
        return None
    if action == "copy":
        longer = network_text.insert(network, part, str(parts[part - 1]))
        return (longer, part + 1) if longer else None
    taken = parts.pop(part - 1)
    if action == "move" and 1 <= to <= len(parts) + 1:
        parts.insert(to - 1, taken)
        return Network(network.volume, tuple(parts)), to
    return (Network(network.volume, tuple(parts)), max(1, part - 1)) if action == "remove" else None


def show_form(state: State, field: NetworkField, selected: Whole, network: Network) -> None:
    """Show a widget for each argument of the selected layer, or for each side of the input."""
    position = min(state[selected], len(network.parts))
    layer = network.parts[position - 1] if position else network.volume
    if state.teach or isinstance(layer, Block):
        return
    arguments = [argument for argument in fields(layer) if argument.name in ARGUMENTS]

    def change(name: str, key: str) -> None:
        changed = replace(layer, **{name: st.session_state[key]})
        if isinstance(changed, Volume):
            state.put(field, replace(network, volume=changed))
        else:
            parts = (*network.parts[: position - 1], changed, *network.parts[position:])
            state.put(field, Network(network.volume, parts))

    if not arguments:
        return
    st.markdown("**Input**" if isinstance(layer, Volume) else f"**Layer {position}: {layer.title}**")
    for number, argument in enumerate(arguments):
        if number % 3 == 0:  # a row of its own, so that a narrow page keeps the order
            columns = st.columns(3)
        column = columns[number % 3]
        value, label = getattr(layer, argument.name), ARGUMENTS[argument.name]
        key = f"_form {position} {layer} {argument.name}"
        options: dict[str, Any] = {"key": key, "on_change": change, "args": (argument.name, key)}
        if isinstance(value, bool):
            column.checkbox(label, value, **options)
        else:
            column.number_input(label, 0, MAX_NUMBER, value, **options)  # what does not fit is said of the layer


def edit_network(state: State, field: NetworkField) -> Network:
    """Show the box, a guide to its language, and a box to paste into; return the network."""
    with st.container():  # always there, on top where it is in sight: what follows keeps its place and stays open
        if reason := st.session_state.pop(_ERROR, None):
            st.error(f"Not read, the network stays as it was. {reason}")
    network = state.lines(field)
    if state.teach:
        return network
    with st.expander("How to write a layer"):
        st.markdown(_GUIDE)
    with st.expander("Paste PyTorch code or a link"):
        st.text_area(
            "Source in PyTorch or Keras, a printed model, or a link to this page",
            key=_PASTED,
        )
        st.button("Read it", on_click=_take, args=(state, field, network))
        st.caption(
            "Code is read, never run. What blocks cannot show, such as several branches, is drawn in the tab “Any "
            "network”."
        )
    read, notes = st.session_state.get(_NOTES, (None, ()))
    if read == network and notes:  # until the network is another
        st.info("\n".join(f"- {plain(note)}" for note in notes))
    return network


def _take(state: State, field: NetworkField, present: Network) -> None:
    st.session_state.pop(_NOTES, None)
    try:
        read, notes = import_network(st.session_state[_PASTED], present)
        state.put(field, read)
        st.session_state[_NOTES] = read, notes
    except UserError as error:
        st.session_state[_ERROR] = sentence_of(error)


def import_network(text: str, present: Network) -> tuple[Network, tuple[str, ...]]:
    """Return the network in a link to the builder, in the builder's own language, or in code of any kind, with notes.

    Code without an input size gets that of ``present`` if its layers fit there.

    Raises:
        UserError: The text is none of these, or has what the builder does not have.
    """
    link = parse_qs(urlsplit(text.strip()).query).get("net") if "net=" in text[:2000].split("(")[0] else None
    if link:
        return network_text.parse(link[0]), ()
    if text.strip()[:1].isdigit():
        return network_text.parse(text), ()
    return from_graph.read_network(text, present.volume)
