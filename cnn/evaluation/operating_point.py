"""Operating points of a binary classifier: confusion counts, rates, predictive values by prevalence, and costs."""

from dataclasses import dataclass

import numpy as np

from cnn.evaluation import metrics
from cnn.evaluation.bootstrap import Estimate, resample_patients
from cnn.evaluation.metrics import divide
from cnn.evaluation.scores import Scores

COHORT_SIZE = 1000
AT_THRESHOLD = ("accuracy", "sensitivity", "specificity")
"""Measures that depend on the threshold."""


@dataclass(frozen=True)
class ConfusionCounts:
    """Films by truth and prediction, (R,): one count per resample."""

    true_positives: np.ndarray
    false_negatives: np.ndarray
    false_positives: np.ndarray
    true_negatives: np.ndarray

    @property
    def found(self) -> str:
        """How many films with pneumonia are predicted so, of how many: in the films themselves, not in resamples."""
        return f"{int(self.true_positives[0])} of {int(self.true_positives[0] + self.false_negatives[0])}"

    @property
    def cleared(self) -> str:
        """Likewise of the films without pneumonia."""
        return f"{int(self.true_negatives[0])} of {int(self.true_negatives[0] + self.false_positives[0])}"

    @property
    def sensitivity(self) -> np.ndarray:
        """Share of positive predictions among films with pneumonia, (R,)."""
        return divide(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def specificity(self) -> np.ndarray:
        """Share of negative predictions among films without pneumonia, (R,)."""
        return divide(self.true_negatives, self.true_negatives + self.false_positives)

    @property
    def accuracy(self) -> np.ndarray:
        """Share of correct predictions, (R,)."""
        correct = self.true_positives + self.true_negatives
        return divide(correct, correct + self.false_negatives + self.false_positives)


@dataclass(frozen=True)
class Rates:
    """Rates of a threshold in a population with a given prevalence."""

    sensitivity: Estimate
    specificity: Estimate
    ppv: Estimate
    npv: Estimate
    accuracy: Estimate


@dataclass(frozen=True)
class Cohort:
    """:data:`COHORT_SIZE` people by truth and prediction, in whole people."""

    true_positives: int
    false_negatives: int
    false_positives: int
    true_negatives: int

    @property
    def ill(self) -> int:
        """People with pneumonia."""
        return self.true_positives + self.false_negatives

    @property
    def positive_predictions(self) -> int:
        """People who are predicted to have pneumonia."""
        return self.true_positives + self.false_positives


def count_confusion(positive: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> ConfusionCounts:
    """Count films by truth and prediction.

    Args:
        positive: predictions (N,) bool.
        labels: 0 or 1, (N,).
        weights: how often each film counts, (R, N).
    """
    ill = labels == 1
    return ConfusionCounts(
        weights @ (positive & ill),
        weights @ (~positive & ill),
        weights @ (positive & ~ill),
        weights @ (~positive & ~ill),
    )


def confusion_at(scores: Scores, threshold: float | np.ndarray) -> ConfusionCounts:
    """Count films and all resamples when P(PNEUMONIA) >= ``threshold``, of all or each film, is positive."""
    return count_confusion(scores.probabilities >= threshold, scores.labels, resample_patients(scores.patients))


def confusion_at_frozen_threshold(scores: Scores) -> ConfusionCounts:
    """Count films at the operating point of the network that scored each."""
    return confusion_at(scores, scores.thresholds)


def measure_performance(scores: Scores) -> dict[str, Estimate]:
    """Compute AUC, accuracy, sensitivity and specificity at the frozen thresholds, ECE, and Brier score."""
    weights = resample_patients(scores.patients)
    counts = confusion_at_frozen_threshold(scores)
    squared_errors = (scores.probabilities - scores.labels) ** 2
    resampled = {
        "auc": metrics.auc(scores.logits, scores.labels, weights),
        "accuracy": counts.accuracy,
        "sensitivity": counts.sensitivity,
        "specificity": counts.specificity,
        "ece": metrics.expected_calibration_error(scores.probabilities, scores.labels, weights),
        "brier": weights @ squared_errors / weights.sum(axis=1),
    }
    return {name: Estimate.from_resamples(values) for name, values in resampled.items()}


def predictive_values(
    sensitivity: np.ndarray, specificity: np.ndarray, prevalence: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Compute PPV and NPV by Bayes' rule; NaN without positive or negative predictions."""
    true_positives, false_negatives = prevalence * sensitivity, prevalence * (1 - sensitivity)
    false_positives, true_negatives = (1 - prevalence) * (1 - specificity), (1 - prevalence) * specificity
    return (
        divide(true_positives, true_positives + false_positives),
        divide(true_negatives, true_negatives + false_negatives),
    )


def rates_at_prevalence(counts: ConfusionCounts, prevalence: float) -> Rates:
    """Compute the rates in a population in which ``prevalence`` (0..1) have pneumonia."""
    sensitivity, specificity = counts.sensitivity, counts.specificity
    ppv, npv = predictive_values(sensitivity, specificity, np.array(prevalence))
    accuracy = prevalence * sensitivity + (1 - prevalence) * specificity
    return Rates(*map(Estimate.from_resamples, (sensitivity, specificity, ppv, npv, accuracy)))


def expected_cohort(rates: Rates, prevalence: float) -> Cohort:
    """Return the expected counts in a cohort, rounded so that ill and healthy people add up to its size."""
    ill = round(COHORT_SIZE * prevalence)
    healthy = COHORT_SIZE - ill
    true_positives = round(ill * rates.sensitivity.value)
    false_positives = round(healthy * (1 - rates.specificity.value))
    return Cohort(true_positives, ill - true_positives, false_positives, healthy - false_positives)


def sensitivity_and_specificity(scores: Scores, thresholds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute both rates at each of ``thresholds`` (K,)."""
    ill, healthy = (np.sort(scores.probabilities[scores.labels == label]) for label in (1, 0))
    return 1 - np.searchsorted(ill, thresholds) / len(ill), np.searchsorted(healthy, thresholds) / len(healthy)


def expected_cost(sensitivity: np.ndarray, specificity: np.ndarray, prevalence: float, miss_cost: float) -> np.ndarray:
    """Compute the expected cost for a cohort; a false positive costs 1, a false negative ``miss_cost``."""
    return COHORT_SIZE * (miss_cost * prevalence * (1 - sensitivity) + (1 - prevalence) * (1 - specificity))


def thresholds_of_films(scores: Scores) -> tuple[float, float]:
    """Return thresholds of three decimals: where both rates are closest, and the highest that misses no film."""
    grid = np.linspace(0, 1, 1001)
    sensitivity, specificity = sensitivity_and_specificity(scores, grid)
    closest, missing_none = grid[np.argmin(np.abs(sensitivity - specificity))], grid[sensitivity == 1][-1]
    return round(float(closest), 3), round(float(missing_none), 3)


def lowest_cost_threshold(scores: Scores, thresholds: np.ndarray, prevalence: float, miss_cost: float) -> float:
    """Return the threshold with the lowest expected cost, the middle one of several."""
    costs = expected_cost(*sensitivity_and_specificity(scores, thresholds), prevalence, miss_cost)
    lowest = np.flatnonzero(costs <= costs.min() + 1e-9)
    return float(thresholds[lowest[len(lowest) // 2]])
