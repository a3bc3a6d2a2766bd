"""One player for convolution and cross-correlation of a signal: both kernels slide below it in the same columns.

The browser has the whole example and shows any step of it; outputs fill in as the window moves. A signal or kernel that
the reader draws goes to Python, because it makes a new example.
"""

from collections.abc import Callable
from typing import Any, Literal

from cnn.ops.signals import Comparison
from ui.shell.components import define_component
from ui.shell.messages import Between, ListOf, received
from ui.shell.page_state import examples_opened

_MOST, _LIMIT = 256, 1000
Drawn = Callable[[Literal["x", "w"], tuple[float, ...]], None]
"""Takes the name of the row of numbers that the reader has drawn, and its values."""


def show_player(compared: Comparison, step: int, *, hidden: bool, on_draw: Drawn | None) -> None:
    """Show the example at ``step``; while ``hidden``, without outputs. ``on_draw`` is called with what is drawn."""

    def forward() -> None:
        values = ListOf((Between(-_LIMIT, _LIMIT),), _MOST)
        drawn = received("player", "drawn", {"name": ("x", "w"), "values": values})
        if on_draw and drawn and drawn["values"]:
            on_draw(drawn["name"], tuple(float(value) for value in drawn["values"]))

    example = compared.convolution
    data: dict[str, Any] = {
        "x": example.input.ravel().tolist(),
        "w": example.weight.ravel().tolist(),
        "before": example.columns.before,
        "after": example.columns.after,
        "step": step,
        "examples": examples_opened(),
        "drawable": on_draw is not None,
    }
    if not hidden:
        data |= {
            "convolution": example.output.ravel().tolist(),
            "correlation": compared.correlation.output.ravel().tolist(),
            "difference": compared.difference.tolist(),
        }
    _component(key="player", data=data, on_drawn_change=forward)


_component = define_component("signal_player", __file__, "player.html", "player.css", "player.js")
