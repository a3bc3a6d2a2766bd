"""What is fitted to a classifier's answers on validation: shift, temperature and threshold."""

import numpy as np
from scipy.optimize import minimize, minimize_scalar

from cnn.evaluation.scores import sigmoid

__all__ = ["balanced_threshold", "class_weights", "cross_entropy", "fit_shift", "fit_temperature", "sigmoid"]


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


def fit_shift(margins: np.ndarray, labels: np.ndarray) -> float:
    """The shift s that makes (margins + s) / T most probable, together with T, both classes counting the same.

    With both, this is Platt's scaling (Probabilistic Outputs for Support Vector Machines, 1999).
    """
    weights = class_weights(labels)

    def cost(found: np.ndarray) -> float:
        return cross_entropy((margins + found[1]) / np.exp(found[0]), labels, weights)

    return float(minimize(cost, np.zeros(2), method="Nelder-Mead").x[1])


def balanced_threshold(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The threshold at which sensitivity and specificity are closest to each other."""
    candidates = np.unique(probabilities)
    sick, well = np.sort(probabilities[labels == 1]), np.sort(probabilities[labels == 0])
    sensitivity = 1 - np.searchsorted(sick, candidates) / len(sick)
    specificity = np.searchsorted(well, candidates) / len(well)
    return float(candidates[np.argmin(np.abs(sensitivity - specificity))])
