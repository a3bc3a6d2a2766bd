"""Subgroups of films by age, sex, view, and cause of the pneumonia, as far as their source states them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from cnn.evaluation.bootstrap import Estimate, resample_patients
from cnn.evaluation.metrics import auc
from cnn.evaluation.operating_point import count_confusion
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


@dataclass(frozen=True)
class Gap:
    """How far ``measure`` of one subgroup lies above that of another with the same attribute, with its interval.

    ``low`` and ``high`` are the subgroups with the lower and the higher value.
    """

    measure: str
    low: Subgroup
    high: Subgroup
    difference: Estimate


def find_gaps(scores: Scores, fewest: int) -> list[Gap]:
    """Return the differences between subgroups that chance does not explain, the surest first.

    The same patients are drawn for both subgroups, and the difference is computed in each resample: whether two
    intervals overlap does not answer whether two groups differ. ``fewest`` films of each class are asked of a subgroup.
    """
    weights, found = resample_patients(scores.patients), []
    large = [
        (attribute, name, mask)
        for attribute, name, mask in _masks(scores)
        if np.bincount(scores.labels[mask], minlength=2).min() >= fewest
    ]
    values = {(attribute, name): _measure(scores, mask, weights) for attribute, name, mask in large}
    for one, other in combinations(large, 2):
        if one[0] != other[0]:
            continue
        for measure, first in values[one[:2]].items():
            second = values[other[:2]][measure]
            low, high = (one, other) if first[0] < second[0] else (other, one)
            difference = Estimate.from_resamples(np.sign(second[0] - first[0]) * (second - first))
            if difference.above_zero:
                lower, higher = (Subgroup(*group[:2], scores.select(group[2])) for group in (low, high))
                found.append(Gap(measure, lower, higher, difference))
    return sorted(found, key=lambda gap: -gap.difference.low)


def _measure(scores: Scores, mask: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
    part, drawn = scores.select(mask), weights[:, mask]
    counts = count_confusion(part.probabilities >= part.thresholds, part.labels, drawn)
    return {
        "AUC": auc(part.logits, part.labels, drawn),
        "sensitivity": counts.sensitivity,
        "specificity": counts.specificity,
    }


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
