"""A saliency map as data: its scale, and what it says in words. Needs no network."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

SCALE_PERCENTILE = 99.5
"""A map is shown on a scale whose ends are this percentile of its absolute values, so that no one pixel sets it."""
BLANK = 1e-4
"""Below this sum of absolute values, in logits, a map is numerical noise and is shown as blank."""

Meaning = Literal["evidence", "brightness", "strength"]
"""What a map's values say. ``evidence``: above 0 for the class, below 0 against it. ``brightness``: above 0 a brighter
pixel raises the class's score, below 0 a darker one does. ``strength``: no sign, only how much."""


@dataclass(frozen=True)
class Attribution:
    """How much each pixel of a network's input matters for the logit of one class.

    Attributes:
        map: (S, S) float32, in the method's own units.
        method: key of :data:`cnn.attribution.methods.METHODS`.
        target: number of the class explained, and ``class_name`` its name.
        passes: pictures that went through the network for it.
        change: by how much the logit differs from the baseline's, which the map of a complete method adds up to; None
            for other methods.
    """

    map: np.ndarray = field(repr=False, compare=False)
    method: str
    meaning: Meaning
    target: int
    class_name: str
    passes: int
    change: float | None = None

    @property
    def signed(self) -> bool:
        """Whether values below 0 mean something."""
        return self.meaning != "strength"

    @property
    def blank(self) -> bool:
        """Whether there is nothing in the map but numerical noise."""
        return bool(np.abs(self.map).sum() < BLANK)

    @property
    def scale(self) -> float:
        """The absolute value that is shown as 1."""
        size = np.abs(self.map)
        return float(np.percentile(size, SCALE_PERCENTILE) or size.max())

    def shown(self) -> np.ndarray:
        """The map over its scale, (S, S) in -1..1; all 0 where it is blank, because noise is not to be stretched."""
        if self.blank:
            return np.zeros_like(self.map)
        return np.clip(self.map / self.scale, -1, 1)


def describe(attribution: Attribution) -> str:
    """What the map says, in a few sentences."""
    name = attribution.class_name
    if attribution.blank:
        return f"The map is blank: by this method, nothing in the film moves the score of {name}."
    said = [_sides(attribution), f"Half of its weight lies in {half_area(attribution.map):.0%} of the film."]
    if attribution.change is not None:
        said.append(
            f"It adds up to {attribution.map.sum():+.2f}; the score of {name} is {abs(attribution.change):.2f} "
            f"{'higher' if attribution.change > 0 else 'lower'} than for a plain grey film."
        )
    return " ".join(said).replace("%", " %")


def half_area(values: np.ndarray) -> float:
    """The smallest share of pixels, 0..1, that holds half of the sum of absolute values."""
    largest_first = np.sort(np.abs(values), axis=None)[::-1].cumsum(dtype=np.float64)
    return float((np.searchsorted(largest_first, largest_first[-1] / 2) + 1) / values.size)


def _sides(attribution: Attribution) -> str:
    name, values = attribution.class_name, attribution.map
    if attribution.meaning == "strength":
        return f"The stronger the colour, the more the score of {name} answers to that pixel, up or down."
    if attribution.meaning == "brightness":
        return f"Red: brighter there would raise the score of {name}. Blue: darker there would."
    if values.max() <= 0:
        return f"Everything in this map speaks against {name}; nothing is for it, and nothing is stretched into it."
    if values.min() >= 0:
        return f"Everything in this map speaks for {name}."
    positive = float(values[values > 0].sum(dtype=np.float64) / np.abs(values).sum(dtype=np.float64))
    return f"By weight, {positive:.0%} of the map speaks for {name} and {1 - positive:.0%} against it."
