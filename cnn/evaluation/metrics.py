"""How well scores part two classes, and whether probabilities mean what they say: curves with 95 % bands.

Functions that take ``weights`` (R, N) work out one number for each row: how often each film counts in each of the
draws of :func:`cnn.evaluation.bootstrap.resample_patients`. A row in which a class is missing gives NaN.
"""

from dataclasses import dataclass

import numpy as np

from cnn.evaluation.bootstrap import Estimate, resample_patients
from cnn.evaluation.scores import Scores

BINS = 15
GRID = np.linspace(0, 1, 101)
"""Where a band is worked out: shares from 0 to 1."""


@dataclass(frozen=True)
class Curve:
    """Points (x, y), one for each threshold, highest first, and the 95 % band of y on :data:`GRID`."""

    x: np.ndarray
    y: np.ndarray
    thresholds: np.ndarray
    low: np.ndarray
    high: np.ndarray
    area: Estimate


@dataclass(frozen=True)
class ReliabilityBin:
    """Films whose P(PNEUMONIA) lies between ``start`` and ``end``: how many, their mean P, and the share with it."""

    start: float
    end: float
    films: int
    predicted: float
    observed: Estimate


def roc_curve(scores: Scores) -> Curve:
    """Sensitivity (y) against 1 - specificity (x), from (0, 0) to (1, 1)."""
    hits, alarms, thresholds = counts_by_threshold(scores.logits, scores.labels, resample_patients(scores.patients))
    y, x = _shares(hits), _shares(alarms)
    band = np.array([np.interp(GRID, across, up) for across, up in zip(x[1:], y[1:], strict=True)])
    return Curve(x[0], y[0], thresholds, *_band(band), Estimate.from_resamples(_area(x, y)))


def precision_recall_curve(scores: Scores) -> Curve:
    """Precision (y) against recall (x), which is sensitivity; its area is the average precision.

    The first point, where nothing is called, has no precision; it takes that of the second.
    """
    hits, alarms, thresholds = counts_by_threshold(scores.logits, scores.labels, resample_patients(scores.patients))
    recall, precision = _shares(hits), _precision(hits, alarms)
    band = np.array([
        up[np.minimum(np.searchsorted(across, GRID), len(up) - 1)]
        for across, up in zip(recall[1:], precision[1:], strict=True)
    ])  # fmt: skip
    return Curve(
        recall[0],
        precision[0],
        thresholds,
        *_band(band),
        Estimate.from_resamples(_average_precision(recall, precision)),
    )


def auc(logits: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Area under the ROC curve (R,): how often a film with pneumonia gets a higher score than one without."""
    hits, alarms, _ = counts_by_threshold(logits, labels, weights)
    return _area(_shares(alarms), _shares(hits))


def average_precision(logits: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean of the precision over recall (R,), by steps as scikit-learn defines it."""
    hits, alarms, _ = counts_by_threshold(logits, labels, weights)
    return _average_precision(_shares(hits), _precision(hits, alarms))


def counts_by_threshold(
    logits: np.ndarray, labels: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hits and false alarms (R, K + 1) with each of the K distinct scores as threshold, highest first; thresholds.

    The first threshold is infinite: nothing is called.
    """
    order = np.argsort(-logits, kind="stable")
    ends = np.flatnonzero(np.diff(logits[order], append=-np.inf))
    sick = weights[:, order] * labels[order]
    start = np.zeros((len(weights), 1))
    hits, alarms = (
        np.concatenate([start, np.cumsum(counts, axis=1)[:, ends]], axis=1)
        for counts in (sick, weights[:, order] - sick)
    )
    return hits, alarms, np.concatenate([[np.inf], logits[order][ends]])


def reliability_bins(scores: Scores, bins: int = BINS) -> list[ReliabilityBin]:
    """Bins of P(PNEUMONIA) of equal width that hold any film, lowest first."""
    weights = resample_patients(scores.patients)
    totals, chances, sick = _by_bin(scores.probabilities, scores.labels, weights, bins)
    return [
        ReliabilityBin(number / bins, (number + 1) / bins, int(totals[0, number]), chances[0, number] / totals[0, number],
            Estimate.from_resamples(_divided(sick[:, number], totals[:, number])))
        for number in np.flatnonzero(totals[0])
    ]  # fmt: skip


def expected_calibration_error(
    probabilities: np.ndarray, labels: np.ndarray, weights: np.ndarray, bins: int = BINS
) -> np.ndarray:
    """Expected calibration error (R,): |share with it - mean P|, averaged over equal bins of P by films.

    Source: Naeini et al., AAAI 2015.
    """
    totals, chances, sick = _by_bin(probabilities, labels, weights, bins)
    return np.abs(sick - chances).sum(axis=1) / totals.sum(axis=1)


def _by_bin(
    probabilities: np.ndarray, labels: np.ndarray, weights: np.ndarray, bins: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Films, summed P and films with pneumonia of each bin, each (R, bins)."""
    inside = np.minimum((probabilities * bins).astype(int), bins - 1)[:, None] == np.arange(bins)
    return weights @ inside, weights @ (inside * probabilities[:, None]), weights @ (inside * labels[:, None])


def _shares(counts: np.ndarray) -> np.ndarray:
    """Running counts (R, K) as shares of their last."""
    return _divided(counts, counts[:, -1:])


def _precision(hits: np.ndarray, alarms: np.ndarray) -> np.ndarray:
    precision = _divided(hits, hits + alarms)
    precision[:, 0] = precision[:, 1]
    return precision


def _area(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.asarray(np.trapezoid(y, x, axis=1))


def _average_precision(recall: np.ndarray, precision: np.ndarray) -> np.ndarray:
    steps = np.diff(recall, axis=1)
    return np.asarray((steps * np.where(steps > 0, precision[:, 1:], 0)).sum(axis=1) + 0 * recall[:, -1])


def _band(drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """95 % band of curves (R, len(GRID))."""
    low, high = np.nanpercentile(drawn, [2.5, 97.5], axis=0)
    return low, high


def _divided(over: np.ndarray, under: np.ndarray) -> np.ndarray:
    """Quotients, NaN where there is nothing to divide by."""
    return np.divide(over, under, out=np.full(np.broadcast_shapes(over.shape, under.shape), np.nan), where=under != 0)
