"""What a threshold does: right and wrong calls, and what a call is worth at a given prevalence."""

from dataclasses import dataclass

import numpy as np

from cnn.evaluation import metrics
from cnn.evaluation.bootstrap import Estimate, resamples
from cnn.evaluation.scores import Scores

PEOPLE = 1000


@dataclass(frozen=True)
class Outcomes:
    """Films by truth and call, one count for each row of weights (R,)."""

    hits: np.ndarray
    misses: np.ndarray
    alarms: np.ndarray
    cleared: np.ndarray

    @property
    def sensitivity(self) -> np.ndarray:
        """Share of the films with pneumonia that are called so."""
        return _share(self.hits, self.misses)

    @property
    def specificity(self) -> np.ndarray:
        """Share of the films without that are not called so."""
        return _share(self.cleared, self.alarms)

    @property
    def accuracy(self) -> np.ndarray:
        """Share of right calls among these films."""
        return _share(self.hits + self.cleared, self.misses + self.alarms)


@dataclass(frozen=True)
class Rates:
    """What a threshold does to people of whom a share has pneumonia, with 95 % intervals."""

    sensitivity: Estimate
    specificity: Estimate
    ppv: Estimate
    npv: Estimate
    accuracy: Estimate


@dataclass(frozen=True)
class People:
    """A thousand people by truth and call; rounded to whole people, so that both kinds add up to a thousand."""

    hits: int
    misses: int
    alarms: int
    cleared: int


def outcomes(called: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> Outcomes:
    """Counts for each row of ``weights`` (R, N)."""
    cells = [called & (labels == 1), ~called & (labels == 1), called & (labels == 0), ~called & (labels == 0)]
    return Outcomes(*(weights @ cell for cell in cells))


def at_threshold(scores: Scores, threshold: float) -> Outcomes:
    """Outcomes in the films and in all draws of them, when everything from ``threshold`` on is called PNEUMONIA."""
    return outcomes(scores.probabilities >= threshold, scores.labels, resamples(scores.patients))


def performance(scores: Scores) -> dict[str, Estimate]:
    """AUC, accuracy, sensitivity and specificity at the frozen threshold, calibration error and Brier score."""
    weights = resamples(scores.patients)
    found = outcomes(scores.called, scores.labels, weights)
    squares = (scores.probabilities - scores.labels) ** 2
    measured = {
        "auc": metrics.auc(scores.logits, scores.labels, weights),
        "accuracy": found.accuracy,
        "sensitivity": found.sensitivity,
        "specificity": found.specificity,
        "ece": metrics.calibration_error(scores.probabilities, scores.labels, weights),
        "brier": weights @ squares / weights.sum(axis=1),
    }
    return {key: Estimate.of(values) for key, values in measured.items()}


def predictive(sensitivity: np.ndarray, specificity: np.ndarray, prevalence: np.ndarray) -> tuple[np.ndarray, ...]:
    """PPV and NPV by Bayes' rule: the share with pneumonia among those called so, and without among the others.

    NaN where nobody is called, or everybody.
    """
    hits, alarms = sensitivity * prevalence, (1 - specificity) * (1 - prevalence)
    misses, cleared = (1 - sensitivity) * prevalence, specificity * (1 - prevalence)
    return _share(hits, alarms), _share(cleared, misses)


def rates(found: Outcomes, prevalence: float) -> Rates:
    """The rates of a threshold among people of whom ``prevalence`` (0..1) have pneumonia."""
    sensitivity, specificity = found.sensitivity, found.specificity
    ppv, npv = predictive(sensitivity, specificity, np.array(prevalence))
    accuracy = prevalence * sensitivity + (1 - prevalence) * specificity
    return Rates(*(Estimate.of(values) for values in (sensitivity, specificity, ppv, npv, accuracy)))


def out_of_a_thousand(found: Rates, prevalence: float) -> People:
    """What becomes of a thousand people."""
    sick = round(PEOPLE * prevalence)
    hits = round(sick * found.sensitivity.value)
    alarms = round((PEOPLE - sick) * (1 - found.specificity.value))
    return People(hits, sick - hits, alarms, PEOPLE - sick - alarms)


def thresholds_tried(scores: Scores, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sensitivity and specificity at each of the thresholds ``at`` (K,)."""
    sick, well = (np.sort(scores.probabilities[scores.labels == label]) for label in (1, 0))
    return 1 - np.searchsorted(sick, at) / len(sick), np.searchsorted(well, at) / len(well)


def cost(sensitivity: np.ndarray, specificity: np.ndarray, prevalence: float, miss: float) -> np.ndarray:
    """What a thousand calls cost, when a false alarm costs 1 and a miss ``miss``."""
    return PEOPLE * (miss * prevalence * (1 - sensitivity) + (1 - prevalence) * (1 - specificity))


def cheapest(scores: Scores, at: np.ndarray, prevalence: float, miss: float) -> float:
    """The threshold among ``at`` that costs least; the middle one where several do."""
    costs = cost(*thresholds_tried(scores, at), prevalence, miss)
    best = np.flatnonzero(costs <= costs.min() + 1e-9)
    return float(at[best[len(best) // 2]])


def _share(part: np.ndarray, rest: np.ndarray) -> np.ndarray:
    total = part + rest
    return np.divide(part, total, out=np.full(np.shape(total), np.nan), where=total > 0)
