"""How good a classifier's answers are: ranking, calibration, and right and wrong at a threshold."""

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.metrics import roc_auc_score

BINS = 15


def sigmoid(margins: np.ndarray) -> np.ndarray:
    """P(PNEUMONIA) from margins: for two classes, softmax over logits is the sigmoid of their difference."""
    return np.asarray(0.5 * (1 + np.tanh(np.asarray(margins, dtype=np.float64) / 2)))


def cross_entropy(margins: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> float:
    """Weighted mean of -log P(true class)."""
    signed = np.where(labels == 1, margins, -margins)
    return float(np.average(np.logaddexp(0, -signed), weights=weights))


def class_weights(labels: np.ndarray) -> np.ndarray:
    """Weights that give both classes the same total, so that a common disease does not become a prior."""
    shares = np.bincount(labels, minlength=2)
    return 1.0 / shares[labels]


def fit_temperature(margins: np.ndarray, labels: np.ndarray) -> float:
    """The T that makes margins / T most probable, both classes counting the same (Guo et al., ICML 2017)."""
    weights = class_weights(labels)
    found = minimize_scalar(lambda log_t: cross_entropy(margins / np.exp(log_t), labels, weights), bounds=(-5, 7),
                            method="bounded")  # fmt: skip
    return float(np.exp(found.x))


def balanced_threshold(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The threshold at which sensitivity and specificity are closest to each other."""
    candidates = np.unique(probabilities)
    sick, well = np.sort(probabilities[labels == 1]), np.sort(probabilities[labels == 0])
    sensitivity = 1 - np.searchsorted(sick, candidates) / len(sick)
    specificity = np.searchsorted(well, candidates) / len(well)
    return float(candidates[np.argmin(np.abs(sensitivity - specificity))])


def calibration_error(probabilities: np.ndarray, labels: np.ndarray, bins: int = BINS) -> float:
    """Expected calibration error: |share of PNEUMONIA - mean P(PNEUMONIA)|, averaged over equal bins of P by films."""
    bin_of = np.minimum((probabilities * bins).astype(int), bins - 1)
    gaps = [
        abs(labels[bin_of == number].mean() - probabilities[bin_of == number].mean()) * (bin_of == number).mean()
        for number in np.unique(bin_of)
    ]
    return float(np.sum(gaps))


def summary(probabilities: np.ndarray, labels: np.ndarray, threshold: float) -> dict[str, float]:
    """AUC, accuracy, sensitivity, specificity at ``threshold``, calibration error and Brier score, and film counts."""
    called = probabilities >= threshold
    return {
        "films": len(labels),
        "pneumonia": int(labels.sum()),
        "auc": float(roc_auc_score(labels, probabilities)),
        "accuracy": float((called == labels).mean()),
        "sensitivity": float(called[labels == 1].mean()),
        "specificity": float((~called[labels == 0]).mean()),
        "ece": calibration_error(probabilities, labels),
        "brier": float(np.mean((probabilities - labels) ** 2)),
    }


def bootstrap(
    statistics: Callable[[np.ndarray], np.ndarray], patients: np.ndarray, *, repeats: int = 1000, seed: int = 0
) -> np.ndarray:
    """95 % intervals, (K, 2), of K ``statistics(indices of films)``; patients, not films, are drawn with replacement.

    A draw for which a statistic is not finite (one class missing) does not count for it.
    """
    generator = np.random.default_rng(seed)
    names, group = np.unique(patients, return_inverse=True)
    members = [np.flatnonzero(group == number) for number in range(len(names))]
    draws = []
    for _ in range(repeats):
        drawn = generator.integers(len(names), size=len(names))
        draws.append(statistics(np.concatenate([members[number] for number in drawn])))
    return np.nanpercentile(np.array(draws), [2.5, 97.5], axis=0).T
