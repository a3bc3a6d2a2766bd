"""Subgroups of films by age, sex, view, and cause of the pneumonia, as far as their source states them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cnn.evaluation.scores import Scores

AGES = {"under 18": (0, 18), "18-39": (18, 40), "40-59": (40, 60), "60 and over": (60, 130)}
"""Years, from and below."""
VALUES = {"sex": {"F": "women", "M": "men"}, "view": {"PA": "PA, standing", "AP": "AP, mostly in bed"}}


@dataclass(frozen=True)
class Subgroup:
    """Films with the same value of ``attribute``, such as "sex", and that value in words."""

    attribute: str
    name: str
    scores: Scores


def split_into_subgroups(scores: Scores) -> list[Subgroup]:
    """Return every subgroup that has films.

    Only pneumonia has a cause: films of one cause are compared with all films without pneumonia.
    """
    return [Subgroup(attribute, name, scores.select(mask)) for attribute, name, mask in _masks(scores) if mask.any()]


def _masks(scores: Scores) -> Iterator[tuple[str, str, np.ndarray]]:
    metadata = scores.metadata
    if "age" in metadata:
        years = metadata["age"].astype(int)
        for name, (start, end) in AGES.items():
            yield "age", name, (years >= start) & (years < end)
    for attribute, names in VALUES.items():
        if attribute in metadata:
            for value, name in names.items():
                yield attribute, name, metadata[attribute] == value
    if "cause" in metadata:
        for cause in sorted(set(metadata["cause"]) - {""}):
            yield "cause", cause, (metadata["cause"] == cause) | (scores.labels == 0)
