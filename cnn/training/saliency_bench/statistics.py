"""From what each method showed on each film to means with 95 % bootstrap intervals over patients."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from cnn.attribution.localisation import MEASURES
from cnn.evaluation.bootstrap import resample_patients

LIKENESS = ("ssim", "rank")

Raw = dict[str, Any]
Estimate = list[float]
"""Mean, and both ends of its 95 % interval."""


def estimates(rows: Sequence[dict[str, float]], patients: Sequence[str]) -> dict[str, Estimate]:
    """Mean of each number over films, with its interval; patients, not films, are drawn."""
    names = list(rows[0])
    values = np.array([[row[name] for name in names] for row in rows])  # (N, K)
    drawn = resample_patients(np.array(patients))
    means = drawn @ values / drawn.sum(axis=1, keepdims=True)  # (1 + draws, K)
    bounds = np.percentile(means[1:], [2.5, 97.5], axis=0).T
    return {
        name: [round(float(number), 4) for number in (mean, *ends)]
        for name, mean, ends in zip(names, values.mean(axis=0), bounds, strict=True)
    }


def over(rows: Sequence[dict[str, float]], others: Sequence[dict[str, float]]) -> list[dict[str, float]]:
    """By how much each number of ``rows`` is larger than that of ``others``, film by film."""
    return [{name: row[name] - other[name] for name in row} for row, other in zip(rows, others, strict=True)]


def summary(methods: dict[str, Raw], controls: dict[str, Raw], boxed: dict[str, list[str]], subset: list[str]) -> Raw:
    """All tests of one network.

    Args:
        methods, controls: what :mod:`cnn.training.saliency_bench` keeps of each.
        boxed: patients of the films with boxes, by who drew them.
        subset: patients of the films for deletion and insertion.
    """
    everybody = controls | methods
    return {
        "localisation": {
            source: localisation({name: raw["localisation"][source] for name, raw in everybody.items()}, patients,
                                 tuple(controls))
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
            "scores": {name: deletion(raw["deletion"], controls["random"]["deletion"], subset)
                       for name, raw in everybody.items()},
        },
        "cost": {name: raw["cost"] for name, raw in methods.items()},
        "planted": {
            "methods": {name: raw["planted"] for name, raw in methods.items()},
            "controls": {name: raw["planted"][0] for name, raw in controls.items()},
        },
    }  # fmt: skip


def localisation(rows: dict[str, list[dict[str, float]]], patients: list[str], controls: tuple[str, ...]) -> Raw:
    """Scores of everybody on one set of boxes, and how much larger each is than each control's on the same films."""
    return {
        "films": len(patients),
        "patients": len(set(patients)),
        "scores": {name: estimates(own, patients) for name, own in rows.items()},
        "over": {
            name: {control: estimates(over(own, rows[control]), patients) for control in controls if control != name}
            for name, own in rows.items()
        },
        "measures": list(MEASURES),
    }


def randomisation(raw: Raw) -> Raw:
    """Likeness to the trained maps at each stage, that of other films' maps, and the last stage's excess over it."""
    patients, stages = raw["patients"], raw["stages"]
    last = list(stages)[-1]
    return {
        "films": len(patients),
        "stages": {stage: estimates(rows, patients) for stage, rows in stages.items()},
        "other_films": estimates(raw["other_films"], patients),
        "excess": estimates(over(stages[last], raw["other_films"]), patients),
    }


def repeatability(raw: Raw) -> Raw:
    """Likeness between seeds, that of other films' maps, and the excess of the first over the second."""
    patients = raw["patients"]
    return {
        "films": len(patients),
        "between_seeds": estimates(raw["between_seeds"], patients),
        "other_films": estimates(raw["other_films"], patients),
        "excess": estimates(over(raw["between_seeds"], raw["other_films"]), patients),
    }


def deletion(rows: list[dict[str, float]], random: list[dict[str, float]], patients: list[str]) -> Raw:
    """Areas under the curves, and by how much they are better than those of a random order: above 0 is better."""
    better = [
        {name: value if name.startswith("insertion") else -value for name, value in row.items()}
        for row in over(rows, random)
    ]
    return {"area": estimates(rows, patients), "better_than_random": estimates(better, patients)}
