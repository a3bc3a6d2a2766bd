"""Fit what a classifier's margins need on the validation set: shift, temperature and threshold."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


def cross_entropy(margins: Floats, labels: Labels, weights: Floats) -> float:
    """Return the weighted mean of -log P(true class)."""
    signed = np.where(labels == 1, margins, -margins)
    return float(np.average(np.logaddexp(0, -signed), weights=weights))


def class_weights(labels: Labels) -> Floats:
    """Return weights (N,) that give both classes the same total, so that a common disease does not become a prior."""
    return np.asarray(1.0 / np.bincount(labels, minlength=2)[labels])


def fit_temperature(margins: Floats, labels: Labels) -> float:
    """Return the T that makes margins / T most probable, both classes weighing the same (Guo et al., ICML 2017)."""
    weights = class_weights(labels)

    def cost(log_temperature: float) -> float:
        return cross_entropy(margins / np.exp(log_temperature), labels, weights)

    return float(np.exp(minimize_scalar(cost, bounds=(-5, 7), method="bounded").x))


def fit_shift(margins: Floats, labels: Labels) -> float:
    """Return the shift s that makes (margins + s) / T most probable with T fitted too, both classes weighing the same.

    With both, this is Platt's scaling (Probabilistic Outputs for Support Vector Machines, 1999).
    """
    weights = class_weights(labels)

    def cost(parameters: Floats) -> float:
        log_temperature, shift = parameters
        return cross_entropy((margins + shift) / np.exp(log_temperature), labels, weights)

    return float(minimize(cost, np.zeros(2), method="Nelder-Mead").x[1])


def balanced_threshold(probabilities: Floats, labels: Labels) -> float:
    """Return the threshold at which sensitivity and specificity are closest to each other."""
    candidates = np.unique(probabilities)
    sick, healthy = np.sort(probabilities[labels == 1]), np.sort(probabilities[labels == 0])
    sensitivity = 1 - np.searchsorted(sick, candidates) / len(sick)
    specificity = np.searchsorted(healthy, candidates) / len(healthy)
    return float(candidates[np.argmin(np.abs(sensitivity - specificity))])
