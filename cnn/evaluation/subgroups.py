"""Films split by what their source says: age, sex, view, and what caused the pneumonia."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cnn.evaluation.scores import Scores

AGES = ((0, 18), (18, 40), (40, 60), (60, 130))
"""Years, from and below."""
SEXES = {"F": "women", "M": "men"}
VIEWS = {"PA": "PA, standing", "AP": "AP, mostly in bed"}


@dataclass(frozen=True)
class Subgroup:
    """Some of the films, by ``fact`` and in words."""

    fact: str
    name: str
    scores: Scores


def split_into_subgroups(scores: Scores) -> list[Subgroup]:
    """Every subgroup that the films' source tells apart; none where it tells nothing.

    Pneumonia has a cause, its absence has none: films of one cause stand beside all films without pneumonia.
    """
    return [Subgroup(fact, name, scores.select(mask)) for fact, name, mask in _masks(scores) if mask.any()]


def _masks(scores: Scores) -> Iterator[tuple[str, str, np.ndarray]]:
    facts = scores.metadata
    if "age" in facts:
        years = facts["age"].astype(int)
        for start, end in AGES:
            words = f"under {end}" if not start else f"{start} and over" if end == AGES[-1][1] else f"{start}-{end - 1}"
            yield "age", words, (years >= start) & (years < end)
    for fact, names in (("sex", SEXES), ("view", VIEWS)):
        if fact in facts:
            for value, words in names.items():
                yield fact, words, facts[fact] == value
    if "cause" in facts:
        for cause in sorted(set(facts["cause"]) - {""}):
            yield "cause", cause, (facts["cause"] == cause) | (scores.labels == 0)
