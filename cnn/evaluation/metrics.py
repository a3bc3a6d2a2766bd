"""Discrimination and calibration of a binary classifier: ROC, precision-recall, reliability; with 95 % bands.

Functions that take ``weights`` (R, N), as returned by :func:`cnn.evaluation.bootstrap.resample_patients`, compute one
number per row for all resamples at once. A row in which a class is missing gives NaN.
"""

from dataclasses import dataclass

import numpy as np

from cnn.evaluation.bootstrap import Estimate, resample_patients
from cnn.evaluation.scores import Scores, sigmoid

BINS = 15
GRID = np.linspace(0, 1, 101)
"""Values of x at which the band of a curve is computed."""


@dataclass(frozen=True)
class Curve:
    """Points (x, y), one per threshold, highest first; the 95 % band of y on :data:`GRID`; the area below."""

    x: np.ndarray
    y: np.ndarray
    thresholds: np.ndarray
    low: np.ndarray
    high: np.ndarray
    area: Estimate

    def index_at(self, probability: float) -> int:
        """Return the index of the point that belongs to a threshold on P(PNEUMONIA)."""
        return int(np.flatnonzero(sigmoid(self.thresholds) >= probability)[-1])


@dataclass(frozen=True)
class ReliabilityBin:
    """Films whose P(PNEUMONIA) lies from ``start`` to ``end``: their number, mean P, and share with pneumonia."""

    start: float
    end: float
    films: int
    predicted: float
    observed: Estimate


def roc_curve(scores: Scores) -> Curve:
    """Compute sensitivity (y) against 1 - specificity (x), from (0, 0) to (1, 1)."""
    true_positives, false_positives, thresholds = _counts_by_threshold(
        scores.logits, scores.labels, resample_patients(scores.patients)
    )
    x, y = _shares(false_positives), _shares(true_positives)
    resampled = np.array([np.interp(GRID, *curve) for curve in zip(x[1:], y[1:], strict=True)])
    return Curve(x[0], y[0], thresholds, *_band(resampled), Estimate.from_resamples(np.trapezoid(y, x, axis=1)))


def precision_recall_curve(scores: Scores) -> Curve:
    """Compute precision (y) against recall (x); the area is the average precision, as scikit-learn defines it.

    Precision is undefined at the first point, where no prediction is positive; it repeats that of the second.
    """
    true_positives, false_positives, thresholds = _counts_by_threshold(
        scores.logits, scores.labels, resample_patients(scores.patients)
    )
    recall, precision = _shares(true_positives), divide(true_positives, true_positives + false_positives)
    precision[:, 0] = precision[:, 1]
    resampled = np.array(
        [y[np.minimum(np.searchsorted(x, GRID), len(y) - 1)] for x, y in zip(recall[1:], precision[1:], strict=True)]
    )
    steps = np.diff(recall, axis=1)
    area = (steps * np.where(steps > 0, precision[:, 1:], 0)).sum(axis=1)
    area[np.isnan(recall[:, -1])] = np.nan
    return Curve(recall[0], precision[0], thresholds, *_band(resampled), Estimate.from_resamples(area))


def auc(logits: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Compute the area under the ROC curve, (R,)."""
    true_positives, false_positives, _ = _counts_by_threshold(logits, labels, weights)
    return np.asarray(np.trapezoid(_shares(true_positives), _shares(false_positives), axis=1))


def estimate_auc(scores: Scores) -> Estimate:
    """Compute the area under the ROC curve with its interval."""
    return Estimate.from_resamples(auc(scores.logits, scores.labels, resample_patients(scores.patients)))


def reliability_bins(scores: Scores) -> list[ReliabilityBin]:
    """Group films into :data:`BINS` bins of P(PNEUMONIA) of equal width, lowest first; empty bins are left out.

    The intervals of the observed shares are Wilson's: bins hold too few films for a bootstrap.
    """
    once = np.ones((1, len(scores.labels)))
    films, predicted, observed = (sums[0] for sums in _sums_by_bin(scores.probabilities, scores.labels, once))
    return [
        ReliabilityBin(
            start=index / BINS,
            end=(index + 1) / BINS,
            films=int(films[index]),
            predicted=predicted[index] / films[index],
            observed=Estimate.from_count(observed[index], int(films[index])),
        )
        for index in np.flatnonzero(films)
    ]


def expected_calibration_error(probabilities: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Compute the mean of |share with pneumonia - mean P| over bins, weighted by films, (R,).

    Source: Naeini et al., Obtaining Well Calibrated Probabilities Using Bayesian Binning, AAAI 2015.
    """
    films, predicted, observed = _sums_by_bin(probabilities, labels, weights)
    return np.asarray(np.abs(observed - predicted).sum(axis=1) / films.sum(axis=1))


def divide(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Divide with NaN where the denominator is 0."""
    shape = np.broadcast_shapes(np.shape(numerator), np.shape(denominator))
    return np.asarray(np.divide(numerator, denominator, out=np.full(shape, np.nan), where=denominator != 0))


def _counts_by_threshold(
    logits: np.ndarray, labels: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Count true and false positives (R, K + 1) at each of the K distinct scores as threshold, highest first.

    The first threshold is infinite: no prediction is positive.
    """
    order = np.argsort(-logits, kind="stable")
    last_of_ties = np.flatnonzero(np.diff(logits[order], append=-np.inf))
    ill = weights[:, order] * labels[order]
    true_positives, false_positives = (
        np.pad(np.cumsum(counts, axis=1)[:, last_of_ties], ((0, 0), (1, 0)))
        for counts in (ill, weights[:, order] - ill)
    )
    return true_positives, false_positives, np.concatenate([[np.inf], logits[order][last_of_ties]])


def _sums_by_bin(
    probabilities: np.ndarray, labels: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sum films, P(PNEUMONIA) and films with pneumonia in each bin, each (R, BINS)."""
    in_bin = np.minimum((probabilities * BINS).astype(int), BINS - 1)[:, None] == np.arange(BINS)
    return weights @ in_bin, weights @ (in_bin * probabilities[:, None]), weights @ (in_bin * labels[:, None])


def _shares(counts: np.ndarray) -> np.ndarray:
    """Return cumulative counts (R, K) as shares of the last one."""
    return divide(counts, counts[:, -1:])


def _band(curves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower and upper end of the 95 % band of curves (R, len(GRID))."""
    low, high = np.nanpercentile(curves, [2.5, 97.5], axis=0)
    return low, high
