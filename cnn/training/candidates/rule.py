"""The figures of the candidates over all seeds, and the rule that decides: see the package's docstring."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from cnn.evaluation import metrics
from cnn.evaluation.bootstrap import Estimate, resample_patients
from cnn.evaluation.operating_point import count_confusion

ADULTS_LOST = 0.01
POINTING, AUPRC = 0.70, 0.50
TRAINED = "trained"
HEAD = (
    "candidate",
    "AUC, augmented validation",
    "error, corrupted validation",
    "adults: AUC",
    "balanced accuracy",
    "AUC within PA, AP",
    "found on PA, AP",
    "pointing, AUPRC",
    "gains",
    "losses",
)
TITLES = {
    "auc": "augmented validation",
    "corrupted": "corrupted films",
    "worse_auc": "worse view",
    "gap": "difference of the views",
    "adults_auc": "adults' AUC",
    "adults_balanced": "adults' balanced accuracy",
    "pointing": "pointing",
    "auprc": "AUPRC",
}


@dataclass(frozen=True)
class Adults:
    """The adults left out of all seeds: labels (N,), patients (N,), and whether the view is AP, (N,) bool."""

    labels: np.ndarray
    patients: np.ndarray
    in_bed: np.ndarray

    def measure(self, logits: np.ndarray) -> dict[str, np.ndarray]:
        """Return each figure for all resamples, (R,), the films themselves first."""
        weights = resample_patients(self.patients)
        figures = {"adults_auc": metrics.auc(logits, self.labels, weights)}
        for view, mask in (("pa", ~self.in_bed), ("ap", self.in_bed)):
            figures[f"{view}_auc"] = metrics.auc(logits[mask], self.labels[mask], weights[:, mask])
            counts = count_confusion(logits[mask] >= 0, self.labels[mask], weights[:, mask])
            figures[f"{view}_sensitivity"] = counts.sensitivity
        counts = count_confusion(logits >= 0, self.labels, weights)
        return figures | {
            "adults_balanced": (counts.sensitivity + counts.specificity) / 2,
            "adults_specificity": counts.specificity,
            "worse_auc": np.minimum(figures["pa_auc"], figures["ap_auc"]),
            "gap": figures["ap_sensitivity"] - figures["pa_sensitivity"],
        }


def summarise(runs: dict[str, list[dict[str, Any]]], adults: Adults) -> dict[str, dict[str, Any]]:
    """Return figures and verdict of each candidate, from its measurements for each seed.

    ``gains`` and ``losses`` name what the rule counts; a candidate with gains and no losses may be shipped.
    """
    resampled = {
        name: adults.measure(np.concatenate([each["logits"] for each in seeds])) for name, seeds in runs.items()
    }
    figures: dict[str, dict[str, Any]] = {}
    for name, seeds in runs.items():
        values = {key: float(each[0]) for key, each in resampled[name].items()}
        values |= {key: float(np.mean([each[key] for each in seeds])) for key in ("auc", "corrupted")}
        values |= {key: float(np.mean(np.concatenate([each[key] for each in seeds]))) for key in ("pointing", "auprc")}
        figures[name] = values
    spread = {key: float(np.std([each[key] for each in runs[TRAINED]], ddof=1)) for key in ("auc", "corrupted")}
    figures[TRAINED]["sd_over_seeds"] = spread
    for name in runs.keys() - {TRAINED}:
        gains = {key: resampled[name][key] - resampled[TRAINED][key] for key in ("worse_auc", "gap")}
        gains["gap"] = -gains["gap"]
        estimates = {key: Estimate.from_resamples(each) for key, each in gains.items()}
        change = {key: figures[name][key] - figures[TRAINED][key] for key in figures[name]}
        figures[name]["difference"] = {key: [each.value, each.low, each.high] for key, each in estimates.items()}
        figures[name]["gains"] = [key for key, each in estimates.items() if each.above_zero]
        figures[name]["gains"] += ["corrupted"] * (change["corrupted"] < -spread["corrupted"])
        lost = {
            "auc": change["auc"] < -spread["auc"],
            "corrupted": change["corrupted"] > spread["corrupted"],
            "adults_auc": change["adults_auc"] < -ADULTS_LOST,
            "adults_balanced": change["adults_balanced"] < -ADULTS_LOST,
            "pointing": figures[name]["pointing"] < POINTING,
            "auprc": figures[name]["auprc"] < AUPRC,
        }
        figures[name]["losses"] = [key for key, worse in lost.items() if worse]
    return figures


def list_passed(figures: dict[str, dict[str, Any]]) -> list[str]:
    """Return the candidates that the rule lets pass, the one that it would ship first."""
    passed = [name for name in figures if figures[name].get("gains") and not figures[name]["losses"]]
    return sorted(passed, key=lambda name: (-len(figures[name]["gains"]), figures[name]["corrupted"]))


def format_table(figures: dict[str, dict[str, Any]]) -> str:
    """Return the figures as Markdown, for the README of the weights."""
    lines = [f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|"]
    for name, each in figures.items():
        found = f"{each['pa_sensitivity']:.0%}, {each['ap_sensitivity']:.0%}".replace("%", " %")
        cells = [name, f"{each['auc']:.3f}", f"{each['corrupted']:.3f}"]
        cells += [f"{each[key]:.3f}" for key in ("adults_auc", "adults_balanced")]
        cells += [f"{each['pa_auc']:.2f}, {each['ap_auc']:.2f}", found, f"{each['pointing']:.2f}, {each['auprc']:.2f}"]
        cells += [", ".join(TITLES[key] for key in each.get(verdict, ())) or "-" for verdict in ("gains", "losses")]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
