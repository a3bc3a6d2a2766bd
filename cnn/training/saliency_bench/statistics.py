"""Summarise the measurements of all films as means with 95 % bootstrap intervals over patients."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from cnn.attribution.localisation import MEASURES
from cnn.evaluation.bootstrap import resample_patients

Raw = dict[str, Any]
Scores = dict[str, float]
Interval = list[float]
"""Mean, and both ends of its 95 % interval."""


def estimate(scores: Sequence[Scores], patients: Sequence[str]) -> dict[str, Interval]:
    """Return the mean of each score over films, with its interval; patients, not films, are drawn."""
    names = list(scores[0])
    values = np.array([[film[name] for name in names] for film in scores])  # (N, K)
    weights = resample_patients(np.array(patients))
    means = weights @ values / weights.sum(axis=1, keepdims=True)  # (1 + draws, K)
    bounds = np.percentile(means[1:], [2.5, 97.5], axis=0).T
    return {
        name: [round(float(number), 4) for number in (mean, *ends)]
        for name, mean, ends in zip(names, values.mean(axis=0), bounds, strict=True)
    }


def subtract(scores: Sequence[Scores], others: Sequence[Scores]) -> list[Scores]:
    """Return by how much each of ``scores`` is larger than that of ``others``, film by film."""
    return [{name: film[name] - other[name] for name in film} for film, other in zip(scores, others, strict=True)]


def summarise(
    methods: dict[str, Raw], baselines: dict[str, Raw], boxed: dict[str, list[str]], subset: list[str]
) -> Raw:
    """Return all tests of one network.

    Args:
        methods: Measurements of each method, by :func:`cnn.training.saliency_bench.measurements.measure_method`.
        baselines: Measurements of each baseline, by ``measure_baseline``.
        boxed: Patients of the films with boxes, by who drew them.
        subset: Patients of the films for deletion and insertion.
    """
    everything = baselines | methods
    random = baselines["random"]["deletion"]
    return {
        "localisation": {
            source: localisation(
                {name: raw["localisation"][source] for name, raw in everything.items()}, patients, tuple(baselines)
            )
            for source, patients in boxed.items()
        },
        "nothing_for_it": {name: raw["nothing_for_it"] for name, raw in methods.items()},
        "randomisation": {name: randomisation(raw["randomisation"]) for name, raw in methods.items()},
        "repeatability": {
            name: repeatability(raw["repeatability"])
            for name, raw in methods.items()
            if raw["repeatability"]["between_seeds"]
        },
        "deletion": {
            "films": len(subset),
            "scores": {name: deletion(raw["deletion"], random, subset) for name, raw in everything.items()},
        },
        "cost": {name: raw["cost"] for name, raw in methods.items()},
        "planted": {
            "methods": {name: raw["planted"] for name, raw in methods.items()},
            "controls": {name: raw["planted"][0] for name, raw in baselines.items()},
        },
    }


def localisation(scores: dict[str, list[Scores]], patients: list[str], baselines: tuple[str, ...]) -> Raw:
    """Return the scores on one set of boxes, and by how much each exceeds each baseline's on the same films."""
    return {
        "films": len(patients),
        "patients": len(set(patients)),
        "scores": {name: estimate(films, patients) for name, films in scores.items()},
        "over": {
            name: {
                baseline: estimate(subtract(films, scores[baseline]), patients)
                for baseline in baselines
                if baseline != name
            }
            for name, films in scores.items()
        },
        "measures": list(MEASURES),
    }


def randomisation(raw: Raw) -> Raw:
    """Return the similarity to the trained maps by stage, to other films' maps, and the last stage's excess over it."""
    patients, stages, others = raw["patients"], raw["stages"], raw["other_films"]
    *_, last = stages.values()
    return {
        "films": len(patients),
        "stages": {stage: estimate(scores, patients) for stage, scores in stages.items()},
        "other_films": estimate(others, patients),
        "excess": estimate(subtract(last, others), patients),
    }


def repeatability(raw: Raw) -> Raw:
    """Return the similarity between seeds, to other films' maps, and the excess of the first over the second."""
    patients, between, others = raw["patients"], raw["between_seeds"], raw["other_films"]
    return {
        "films": len(patients),
        "between_seeds": estimate(between, patients),
        "other_films": estimate(others, patients),
        "excess": estimate(subtract(between, others), patients),
    }


def deletion(scores: list[Scores], random: list[Scores], patients: list[str]) -> Raw:
    """Return the areas under the curves, and by how much they are better than of a random order: above 0 is better."""
    better = [
        {name: value if name.startswith("insertion") else -value for name, value in film.items()}
        for film in subtract(scores, random)
    ]
    return {"area": estimate(scores, patients), "better_than_random": estimate(better, patients)}
