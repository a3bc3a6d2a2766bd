"""Settings of the page operating_point: fields, examples that depend on the scores, and what a reader has set."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from typing_extensions import override

from cnn.evaluation.operating_point import lowest_cost_threshold, thresholds_of_films
from ui.evaluation.scores_cache import ADULTS, MINED, TEST, VALIDATION, load_scores
from ui.shell.fields import Choice, Field, Real, Whole

THRESHOLDS = np.linspace(0, 1, 101)


@dataclass(frozen=True)
class Threshold(Field[float | None]):
    """A threshold from 0 to 1; None, in the address "model", is the network's own."""

    @override
    def parse(self, text: str) -> float | None:
        return None if text == "model" else Real(self.name, self.label, 0.5, low=0, high=1, step=0.01).parse(text)

    @override
    def text(self, value: float | None) -> str:
        return "model" if value is None else str(value)

    @override
    def described(self, value: float | None) -> str:
        return "the model's threshold" if value is None else str(value)


FILMS = Choice("films", "Films", TEST, options=(TEST, VALIDATION, ADULTS, MINED))
THRESHOLD = Threshold("threshold", "Threshold", None)
PREVALENCE = Real("prevalence", "Prevalence, people of 100", 5, low=0.5, high=90, step=0.5)
MISS_COST = Whole("miss", "A miss costs as much as how many false positives", 10, low=1, high=100)


@dataclass(frozen=True)
class Settings:
    """Settings of the reader, and the frozen threshold of the network; all from 0 to 1."""

    threshold: float
    prevalence: float
    frozen: float


def examples(network: str, group: str, prevalence: float, miss_cost: int) -> dict[str, dict[Field[Any], Any]]:
    """Return the examples, each of a threshold or of a prevalence, so that the other one stays as the reader set it.

    Raises:
        WeightsRejected: The scores of the network cannot be read.
    """
    films = load_scores(network, group)
    equal_rates, missing_none = thresholds_of_films(films)
    cheapest = find_cheapest(network, prevalence, miss_cost)
    return {
        "Model's threshold": {THRESHOLD: None},
        "Sensitivity ≈ specificity": {THRESHOLD: equal_rates},
        "Miss no film": {THRESHOLD: missing_none},
        "Lowest validation cost": {THRESHOLD: round(cheapest, 2)},
        "1 of 100 is ill": {PREVALENCE: 1},
        "Films' prevalence": {PREVALENCE: round(200 * films.labels.mean()) / 2},
    }


def find_cheapest(network: str, prevalence: float, miss_cost: int) -> float:
    """Return the threshold that costs least on the validation films, at a prevalence in percent."""
    return lowest_cost_threshold(load_scores(network, VALIDATION), THRESHOLDS, prevalence / 100, miss_cost)
