"""Flatten, scores, softmax in the browser: three steps on one stage, followed without asking the server.

Python hears of the temperature and of the followed number when the reader lets go.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cnn.ops.convolution import Convolution
from ui.shell.components import define_component
from ui.shell.messages import Between, received

LOWEST, HIGHEST = 0.1, 10.0
"""Temperatures."""


@dataclass(frozen=True)
class Setting:
    """Scores of the classes for the softmax, its temperature, and the number of the flattened row to follow, from 0."""

    scores: Sequence[float]
    temperature: float
    place: int


def show_steps(
    layer: Convolution,
    names: Sequence[str],
    setting: Setting,
    *,
    key: str,
    hide: bool,
    on_rest: Callable[[float, int], None] | None,
) -> None:
    """Show how a volume becomes one score a class, and scores become probabilities.

    Args:
        layer: The fully connected layer as a convolution over the whole volume, one filter a class.
        names: The classes.
        setting: Where it opens.
        key: Names the element.
        hide: Whether sums, places and probabilities wait until a question has been answered.
        on_rest: Takes temperature and place once the reader lets go, before the page runs again; None for a class.
    """

    def at_rest() -> None:
        shape = {"temperature": Between(LOWEST, HIGHEST), "place": range(layer.input.size)}
        settings = received(key, "settings", shape)
        if on_rest and settings:
            on_rest(float(settings["temperature"]), int(settings["place"]))

    data = {
        "volume": layer.input.tolist(),
        "weights": layer.weight.reshape(len(names), -1).tolist(),
        "biases": layer.bias.tolist(),
        "layerScores": layer.output.ravel().tolist(),
        "names": list(names),
        "scores": list(setting.scores),
        "temperature": setting.temperature,
        "place": setting.place,
        "hide": hide,
    }
    _component(key=key, data=data, on_settings_change=at_rest)


_component = define_component("class_scores", __file__, "steps.html", "steps.css", "steps.js")
