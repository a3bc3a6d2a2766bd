"""What a threshold does: right and wrong calls, and what a call is worth at a given prevalence."""

from dataclasses import dataclass

import numpy as np

from cnn.evaluation import metrics
from cnn.evaluation.bootstrap import Estimate, resample_patients
from cnn.evaluation.scores import Scores

COHORT_SIZE = 1000


@dataclass(frozen=True)
class ConfusionCounts:
    """Films by truth and call, one count for each row of weights (R,)."""

    true_positives: np.ndarray
    false_negatives: np.ndarray
    false_positives: np.ndarray
    true_negatives: np.ndarray

    @property
    def sensitivity(self) -> np.ndarray:
        """Share of the films with pneumonia that are called so."""
        return _share(self.true_positives, self.false_negatives)

    @property
    def specificity(self) -> np.ndarray:
        """Share of the films without that are not called so."""
        return _share(self.true_negatives, self.false_positives)

    @property
    def accuracy(self) -> np.ndarray:
        """Share of right calls among these films."""
        return _share(self.true_positives + self.true_negatives, self.false_negatives + self.false_positives)


@dataclass(frozen=True)
class Rates:
    """What a threshold does to people of whom a share has pneumonia, with 95 % intervals."""

    sensitivity: Estimate
    specificity: Estimate
    ppv: Estimate
    npv: Estimate
    accuracy: Estimate


@dataclass(frozen=True)
class Cohort:
    """A thousand people by truth and call; rounded to whole people, so that both kinds add up to a thousand."""

    true_positives: int
    false_negatives: int
    false_positives: int
    true_negatives: int


def count_confusion(called: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> ConfusionCounts:
    """Counts for each row of ``weights`` (R, N)."""
    cells = [called & (labels == 1), ~called & (labels == 1), called & (labels == 0), ~called & (labels == 0)]
    return ConfusionCounts(*(weights @ cell for cell in cells))


def confusion_at(scores: Scores, threshold: float) -> ConfusionCounts:
    """Outcomes in the films and in all draws of them, when everything from ``threshold`` on is called PNEUMONIA."""
    return count_confusion(scores.probabilities >= threshold, scores.labels, resample_patients(scores.patients))


def measure_performance(scores: Scores) -> dict[str, Estimate]:
    """AUC, accuracy, sensitivity and specificity at the frozen threshold, calibration error and Brier score."""
    weights = resample_patients(scores.patients)
    found = count_confusion(scores.predicted_positive, scores.labels, weights)
    squares = (scores.probabilities - scores.labels) ** 2
    measured = {
        "auc": metrics.auc(scores.logits, scores.labels, weights),
        "accuracy": found.accuracy,
        "sensitivity": found.sensitivity,
        "specificity": found.specificity,
        "ece": metrics.expected_calibration_error(scores.probabilities, scores.labels, weights),
        "brier": weights @ squares / weights.sum(axis=1),
    }
    return {key: Estimate.from_resamples(values) for key, values in measured.items()}


def predictive_values(
    sensitivity: np.ndarray, specificity: np.ndarray, prevalence: np.ndarray
) -> tuple[np.ndarray, ...]:
    """PPV and NPV by Bayes' rule: the share with pneumonia among those called so, and without among the others.

    NaN where nobody is called, or everybody.
    """
    hits, alarms = sensitivity * prevalence, (1 - specificity) * (1 - prevalence)
    misses, cleared = (1 - sensitivity) * prevalence, specificity * (1 - prevalence)
    return _share(hits, alarms), _share(cleared, misses)


def rates_at_prevalence(found: ConfusionCounts, prevalence: float) -> Rates:
    """The rates of a threshold among people of whom ``prevalence`` (0..1) have pneumonia."""
    sensitivity, specificity = found.sensitivity, found.specificity
    ppv, npv = predictive_values(sensitivity, specificity, np.array(prevalence))
    accuracy = prevalence * sensitivity + (1 - prevalence) * specificity
    return Rates(*(Estimate.from_resamples(values) for values in (sensitivity, specificity, ppv, npv, accuracy)))


def expected_cohort(found: Rates, prevalence: float) -> Cohort:
    """What becomes of a thousand people."""
    sick = round(COHORT_SIZE * prevalence)
    hits = round(sick * found.sensitivity.value)
    alarms = round((COHORT_SIZE - sick) * (1 - found.specificity.value))
    return Cohort(hits, sick - hits, alarms, COHORT_SIZE - sick - alarms)


def sensitivity_and_specificity(scores: Scores, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sensitivity and specificity at each of the thresholds ``at`` (K,)."""
    sick, well = (np.sort(scores.probabilities[scores.labels == label]) for label in (1, 0))
    return 1 - np.searchsorted(sick, at) / len(sick), np.searchsorted(well, at) / len(well)


def expected_cost(sensitivity: np.ndarray, specificity: np.ndarray, prevalence: float, miss: float) -> np.ndarray:
    """What a thousand calls cost, when a false alarm costs 1 and a miss ``miss``."""
    return COHORT_SIZE * (miss * prevalence * (1 - sensitivity) + (1 - prevalence) * (1 - specificity))


def lowest_cost_threshold(scores: Scores, at: np.ndarray, prevalence: float, miss: float) -> float:
    """The threshold among ``at`` that costs least; the middle one where several do."""
    costs = expected_cost(*sensitivity_and_specificity(scores, at), prevalence, miss)
    best = np.flatnonzero(costs <= costs.min() + 1e-9)
    return float(at[best[len(best) // 2]])


def _share(part: np.ndarray, rest: np.ndarray) -> np.ndarray:
    total = part + rest
    return np.divide(part, total, out=np.full(np.shape(total), np.nan), where=total > 0)
