"""The layers of a network as a row of blocks to be moved, added, doubled and removed, by mouse, touch and keyboard."""

from collections.abc import Callable, Sequence
from typing import Any

from cnn.layers.network import MAX_LAYERS, Network
from ui.shell.components import define_component
from ui.shell.messages import received

_ACTIONS = ("select", "move", "copy", "remove", "add", "undo", "redo")


def show_layer_strip(
    network: Network,
    selected: int,
    words: Sequence[str],
    can: tuple[bool, bool],
    *,
    on_edit: Callable[[str, int, int, str], None],
) -> None:
    """Show the parts of a network, part ``selected`` (from 1; 0 is the input) marked, and the one that does not fit.

    Args:
        network: The network.
        selected: The part whose form the page shows.
        words: Texts of the layers and blocks that can be added.
        can: Whether there is a step to undo, and one to do again.
        on_edit: Called with action, part, place it goes to and text to be added, before the page runs again.
    """
    key = "layer strip"
    starts = (Network(network.volume, network.parts[:count]) for count in range(1, len(network.parts) + 1))
    broken = next((len(start.parts) for start in starts if start.output is None), 0)
    shape = {"do": _ACTIONS, "at": range(MAX_LAYERS + 1), "to": range(MAX_LAYERS + 1), "word": ["", *words]}

    def edited() -> None:
        if message := received(key, "edit", shape):
            on_edit(message["do"], message["at"], message["to"], message["word"])

    data: dict[str, Any] = {
        "input": str(network.volume),
        "parts": [str(part) for part in network.parts],
        "selected": selected,
        "words": list(words),
        "can": list(can),
        "broken": broken,
    }
    _component(key=key, data=data, on_edit_change=edited)


_component = define_component("layer_strip", __file__, "strip.html", "strip.css", "strip.js")
