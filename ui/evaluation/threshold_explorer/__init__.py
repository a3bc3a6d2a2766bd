"""The operating point in the browser: threshold, prevalence, a thousand people, ROC and confusion matrix at once.

The films' scores are sent once, and the browser counts. Python hears of a setting when the reader lets go of it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from cnn.cards import CLASSES
from cnn.evaluation.operating_point import COHORT_SIZE
from cnn.evaluation.scores import Scores
from ui.evaluation.operating_point.settings import Settings
from ui.shell.components import define_component
from ui.shell.messages import Between, received


def show_explorer(
    films: Scores, setting: Settings, *, key: str, hide: bool, on_rest: Callable[[float, float], None] | None
) -> None:
    """Show everything that follows from a threshold and a prevalence.

    Args:
        films: The scores, sent to the browser.
        setting: Where it opens.
        key: Names the element.
        hide: Whether people and predictive values wait until the reader has predicted one.
        on_rest: Takes threshold and prevalence once the reader lets go, before the page runs again; None for a class.
    """

    def at_rest() -> None:
        settings = received(key, "settings", {"threshold": Between(0, 1), "prevalence": Between(0.005, 0.9)})
        if on_rest and settings:
            on_rest(float(settings["threshold"]), float(settings["prevalence"]))

    _component(key=key, data=_payload(films, setting, hide), on_settings_change=at_rest)


def _payload(films: Scores, setting: Settings, hide: bool) -> dict[str, Any]:
    normal, pneumonia = (np.sort(films.probabilities[films.labels == label]).tolist() for label in (0, 1))
    return {
        "ill": pneumonia,
        "healthy": normal,
        "classes": list(CLASSES),
        "people": COHORT_SIZE,
        "threshold": setting.threshold,
        "prevalence": setting.prevalence,
        "frozen": setting.frozen,
        "hide": hide,
    }


_component = define_component("threshold_explorer", __file__, "explorer.html", "explorer.css", "explorer.js")
