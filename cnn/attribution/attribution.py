"""A saliency map as data: its scale, and a description in words. Needs no network."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

SCALE_PERCENTILE = 99.5
"""A map is displayed up to this percentile of its absolute values, so that no single pixel sets the scale."""
BLANK = 1e-4
"""A map whose absolute values have a smaller sum, in logits, is numerical noise and is displayed as blank."""

CHANGES = {True: "changes", False: "does not change", None: "cannot tell"}
"""Verdicts of :func:`depends_on_weights` for a reader."""
Meaning = Literal["evidence", "strength"]
"""Meaning of a map's values. ``evidence``: positive values support the class, negative ones count against it.
``strength``: a size without a sign."""


@dataclass(frozen=True)
class Attribution:
    """How much each pixel of a network's input matters for the logit of one class.

    Attributes:
        map: (S, S) float32, in the method's own units.
        method: key of :data:`cnn.attribution.methods.METHODS`.
        meaning: of the map's values.
        target: index of the class explained.
        class_name: its name.
        passes: films that went through the network.
        score_change: the film's logit minus the baseline's, to which the map of a complete method adds up; None for
            other methods.
        factors: of a map that is a product, the name of each factor and the sum of its absolute values.
    """

    map: np.ndarray = field(repr=False, compare=False)
    method: str
    meaning: Meaning
    target: int
    class_name: str
    passes: int
    score_change: float | None = None
    factors: tuple[tuple[str, float], ...] = ()

    @property
    def signed(self) -> bool:
        """Whether negative values have a meaning."""
        return self.meaning != "strength"

    @property
    def blank(self) -> bool:
        """Whether the map holds nothing but numerical noise."""
        return bool(np.abs(self.map).sum() < BLANK)

    @property
    def scale(self) -> float:
        """The absolute value that is displayed as 1."""
        size = np.abs(self.map)
        return float(np.percentile(size, SCALE_PERCENTILE) or size.max())

    def scaled(self) -> np.ndarray:
        """Return the map over its scale, (S, S) in -1..1; without signs that mean nothing; zeros if it is blank."""
        if self.blank:
            return np.zeros_like(self.map)
        return np.clip((self.map if self.signed else np.abs(self.map)) / self.scale, -1, 1)


def describe(attribution: Attribution) -> str:
    """Describe the map in a few sentences."""
    name = attribution.class_name
    if attribution.blank:
        return f"The map is blank: {_explain_blank(attribution)}"
    area = f"Half of the total attribution lies in {half_area(attribution.map):.0%} of the film."
    sentences = [_describe_values(attribution), area]
    if attribution.score_change is not None:
        sentences.append(
            f"It adds up to {attribution.map.sum():+.2f}; the score of {name} is {abs(attribution.score_change):.2f} "
            f"{'higher' if attribution.score_change > 0 else 'lower'} than for a plain grey film."
        )
    return " ".join(sentences).replace("%", " %")


def depends_on_weights(excess: Iterable[tuple[float, float]]) -> bool | None:
    """Return whether a method's map changes when all weights are random; None if that cannot be told.

    It changes if it is less similar to that of random weights than maps of two films are to each other, by every
    measure, and it does not change if it is more similar by any. Source: Arun et al., Radiology: AI 2021.

    Args:
        excess: for each measure of similarity, the lowest and the highest value of the difference: similarity to the
            map of random weights, minus similarity of the maps of two films.
    """
    ranges = list(excess)
    if any(low > 0 for low, _ in ranges):
        return False
    return True if ranges and all(high < 0 for _, high in ranges) else None


def _explain_blank(attribution: Attribution) -> str:
    name = attribution.class_name
    empty = [factor for factor, total in attribution.factors if total < BLANK]
    if len(empty) == len(attribution.factors):
        return f"by this method, nothing in the film moves the score of {name}."
    factor = empty[0] if empty else min(attribution.factors, key=lambda each: each[1])[0]
    others = " and ".join(each for each, _ in attribution.factors if each != factor)
    return (
        f"of its two factors, {factor} is {'empty' if empty else 'almost empty'}, and {others} is not. So the score of "
        f"{name} does depend on the film, but no pixel is in both: look at each of the two by itself."
    )


def half_area(values: np.ndarray) -> float:
    """Return the smallest share of pixels, 0..1, that holds half of the sum of absolute values."""
    cumulative = np.sort(np.abs(values), axis=None)[::-1].cumsum(dtype=np.float64)
    return float((np.searchsorted(cumulative, cumulative[-1] / 2) + 1) / values.size)


def _describe_values(attribution: Attribution) -> str:
    name, values = attribution.class_name, attribution.map
    if attribution.meaning == "strength":
        return (
            "The stronger the colour, the larger the value of this method there. The map has no sign: it does not say "
            f"for or against {name}."
        )
    if values.max() <= 0:
        return f"Everything in this map counts against {name}; nothing supports it."
    if values.min() >= 0:
        return f"Everything in this map supports {name}."
    positive = float(values[values > 0].sum(dtype=np.float64) / np.abs(values).sum(dtype=np.float64))
    return f"{positive:.0%} of the total attribution supports {name}, and {1 - positive:.0%} counts against it."
