"""Exercises of notebook 5: calibration, threshold, predictive values, intervals, another hospital, a shortcut."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnn.cards import WEIGHTS_FOLDER
from cnn.evaluation import metrics, operating_point, scores
from cnn.evaluation.scores import Scores, sigmoid
from cnn.handson.exercises.judging import Exercise, choice, function, returned, rule, value

Array = NDArray[Any]
NETWORK, THRESHOLD = "transfer", 0.5
PREVALENCE, CHILDREN = 0.02, 1000
SURENESS = 2.5
"""By what the notebook multiplies logits, so that there is something to calibrate."""
_BINS = 10


@cache
def groups() -> dict[str, Scores]:
    """Return the scores of the shipped network on its validation and test films, and on adults of another hospital."""
    return scores.read(WEIGHTS_FOLDER, NETWORK, ("validation", "test", "adults_left_out"))


def ece(p: Array, y: Array, *, weighted: bool = True, absolute: bool = True, largest: bool = False) -> float:
    """Return the expected calibration error in ten bins of equal width."""
    bins = np.minimum((p * _BINS).astype(int), _BINS - 1)
    gaps = [(y[bins == b].mean() - p[bins == b].mean(), (bins == b).mean()) for b in np.unique(bins)]
    sizes = [abs(gap) if absolute else gap for gap, _ in gaps]
    if largest:
        return float(max(sizes))
    return float(np.average(sizes, weights=[share for _, share in gaps] if weighted else None))


def likelihood_loss(logits: Array, y: Array, temperature: float) -> float:
    """Return the mean cross-entropy of logits divided by a temperature."""
    return float(np.logaddexp(0, logits * (1 - 2 * y) / temperature).mean())


def fit_temperature(logits: Array, y: Array) -> float:
    """Return the temperature from 0.1 to 10 with the lowest cross-entropy, to 0.01."""
    candidates = np.arange(0.1, 10, 0.01)
    return float(candidates[np.argmin([likelihood_loss(logits, y, t) for t in candidates])])


def _judge_temperature(answer: Callable[[Array, Array], Any]) -> str:
    if not callable(answer):
        return "a function is expected here. Give its name, without brackets."
    validation = groups()["validation"]
    for sureness in (SURENESS, 0.5):
        logits, y = validation.logits * sureness, validation.labels
        found, right = float(returned(answer(logits.copy(), y.copy()))), fit_temperature(logits, y)
        if abs(found - 1 / right) < 0.03:
            return "this is 1 / T: the logits are divided by the temperature."
        if abs(found - right) > 0.03:
            return f"the cross-entropy is {likelihood_loss(logits, y, found):.4f} with your T, and it can be lower."
    return ""


def rates(p: Array, y: Array, threshold: float) -> tuple[float, float]:
    """Return sensitivity and specificity; from the threshold on a prediction is positive."""
    positive = p >= threshold
    return float(positive[y == 1].mean()), float((~positive)[y == 0].mean())


def _predictive_values(p: Array, y: Array, threshold: float) -> tuple[float, float]:
    positive = p >= threshold
    return float(y[positive].mean()), float(1 - y[~positive].mean())


def choose_threshold(p: Array, y: Array, sensitivity: float) -> float:
    """Return the highest score as threshold that reaches a sensitivity."""
    return max(float(t) for t in p if rates(p, y, t)[0] >= sensitivity)


def ppv(sensitivity: float, specificity: float, prevalence: float) -> float:
    """Return the share of positive predictions that are ill."""
    found = operating_point.predictive_values(np.array(sensitivity), np.array(specificity), np.array(prevalence))
    return float(found[0])


def healthy_flagged() -> float:
    """Return how many of ``CHILDREN`` are healthy and flagged, at the notebook's prevalence and threshold."""
    test = groups()["test"]
    return CHILDREN * (1 - PREVALENCE) * (1 - rates(test.probabilities, test.labels, THRESHOLD)[1])


_PATIENTS = np.repeat(np.arange(30), 8)
_RIGHT = np.repeat(np.random.default_rng(2).random(30) < 0.7, 8).astype(float)


def _judge_interval(answer: Callable[[Array, Array, int], Any]) -> str:
    if not callable(answer):
        return "a function is expected here. Give its name, without brackets."
    found = np.asarray(returned(answer(_RIGHT.copy(), _PATIENTS.copy(), 0)), dtype=float)
    if found.shape != (2,) or found[0] >= found[1]:
        return "two numbers are expected, the lower and the upper end of the interval."
    width, by_patient = found[1] - found[0], 2 * 1.96 * _RIGHT.std() / np.sqrt(30)
    if width < 0.6 * by_patient:
        return (
            "it is too narrow: eight films of one patient are not eight independent films. Draw patients, and take all "
            "films of each, as often as it was drawn."
        )
    if width > 1.4 * by_patient:
        return "it is too wide: take the 2.5th and the 97.5th percentile of the means, each over as many patients."
    if not found[0] < _RIGHT.mean() < found[1]:
        return "the mean of all films lies outside of it."
    return ""


def interval(right: Array, patients: Array, seed: int, *, unit: str = "patient") -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a mean, drawn by patient or by film."""
    rng = np.random.default_rng(seed)
    groups = [right[patients == name] for name in np.unique(patients)] if unit == "patient" else list(right[:, None])
    draws = rng.integers(len(groups), size=(1000, len(groups)))
    means = [np.concatenate([groups[i] for i in draw]).mean() for draw in draws]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def auc(scored: Scores) -> float:
    """Return the area under the ROC curve."""
    return float(metrics.auc(scored.logits, scored.labels, np.ones((1, len(scored.labels))))[0])


def _balanced_drop() -> float:
    test, adults = groups()["test"], groups()["adults_left_out"]
    accuracies = [((g.probabilities >= THRESHOLD) == g.labels).mean() for g in (test, adults)]
    return float(accuracies[0] - accuracies[1])


_rng = np.random.default_rng(1)
_P, _Y = _rng.random(200), (_rng.random(200) < 0.5).astype(int)
_SURE = sigmoid(_rng.normal(size=300) * 4)
_SURE_Y = (_rng.random(300) < 0.3 + 0.4 * _SURE).astype(int)
_BEFORE, _AFTER = _rng.normal(size=50), _rng.normal(size=50)
_DROP = auc(groups()["test"]) - auc(groups()["adults_left_out"])


def _flipped(before: Array, after: Array) -> float:
    return float(((before > 0) != (after > 0)).mean())


EXERCISES: dict[str, Exercise] = {
    "5.1": function(
        lambda logits, t: sigmoid(logits / t),
        [(_BEFORE * 5, 1.0), (_BEFORE * 5, 2.5)],
        {
            "a temperature divides the logit: the hotter, the less sure.": lambda z, t: sigmoid(z * t),
            "you divided the probability; divide the logit, before the sigmoid.": lambda z, t: sigmoid(z) / t,
            "the sign is wrong: a large logit means a probability near 1.": lambda z, t: sigmoid(-z / t),
            "the temperature has no effect.": lambda z, t: sigmoid(z),
        },
        "1 / (1 + np.exp(-z)) is the sigmoid of z.",
    ),
    "5.2": function(
        ece,
        [(_P, _Y), (_SURE, _SURE_Y)],
        {
            "weigh each bin by its number of films: a bin with two films must not count like one with two hundred.": (
                lambda p, y: ece(p, y, weighted=False)
            ),
            "take the absolute value of each bin's gap, or bins that are too sure cancel those that are not.": (
                lambda p, y: ece(p, y, absolute=False)
            ),
            "this is the largest gap (the maximum calibration error); the weighted mean is wanted.": (
                lambda p, y: ece(p, y, largest=True)
            ),
            "without bins this is the error of single films; compare means of bins.": (
                lambda p, y: float(np.abs(p - y).mean())
            ),
        },
        "bins = np.minimum((p * 10).astype(int), 9): the bin of each film.",
        "For each bin that holds films: abs(y.mean() - p.mean()) times its share of all films. Add these up.",
    ),
    "5.3": rule(
        _judge_temperature,
        fit_temperature,
        {
            "this is 1 / T": lambda z, y: 1 / fit_temperature(z, y),
            "it can be lower": lambda z, y: 1.7,
        },
        "Try np.arange(0.1, 10, 0.01) and keep the best.",
        "The loss of one film is -log P of its true class, with P = sigmoid(logit / T) for label 1.",
    ),
    "5.4": function(
        rates,
        [(_P, _Y, 0.5), (_P, _Y, float(_P[3]))],
        {
            "sensitivity and specificity are exchanged: the first is about the ill.": (
                lambda p, y, t: rates(p, y, t)[::-1]
            ),
            "these are the predictive values: you divided by the number of positive predictions, not of ill people.": (
                _predictive_values
            ),
            "a film exactly at the threshold counts as positive: use >=.": lambda p, y, t: rates(p, y, t + 1e-12),
            "the second is the share of healthy films that are flagged; specificity is the share left alone.": (
                lambda p, y, t: (rates(p, y, t)[0], 1 - rates(p, y, t)[1])
            ),
        },
        "Among films with y == 1: which share has p >= threshold? Among those with y == 0: which share has not?",
    ),
    "5.5": function(
        choose_threshold,
        [(_P, _Y, 0.9), (_SURE, _SURE_Y, 0.95)],
        {
            "a lower threshold than needed: it reaches the sensitivity, but flags more healthy people.": (
                lambda p, y, s: float(p.min())
            ),
            "this looks at the specificity.": (lambda p, y, s: max(float(t) for t in p if rates(p, y, t)[1] <= s)),
            "with this threshold the sensitivity is too low: it must be reached, not nearly.": (
                lambda p, y, s: min(float(t) for t in p if rates(p, y, t)[0] < s)
            ),
        },
        "Candidates are the scores themselves: with a lower threshold sensitivity can only rise.",
        "Of all candidates with enough sensitivity, the highest has the best specificity.",
    ),
    "5.6": function(
        ppv,
        [(0.9, 0.8, 0.5), (0.98, 0.87, 0.02), (0.5, 0.99, 0.1)],
        {
            "the prevalence has no effect; it matters most of all.": lambda se, sp, pr: se / (se + 1 - sp),
            "this is the share of negative predictions that are healthy, the NPV.": (
                lambda se, sp, pr: sp * (1 - pr) / (sp * (1 - pr) + (1 - se) * pr)
            ),
            "this is the share of all people who are ill and flagged; divide it by all who are flagged.": (
                lambda se, sp, pr: se * pr
            ),
        },
        "Imagine 1,000 people. How many are ill and flagged, how many healthy and flagged?",
        "sensitivity * prevalence, and (1 - specificity) * (1 - prevalence).",
    ),
    "5.7": value(
        healthy_flagged(),
        {
            "this counts the ill and flagged; the question is about the healthy.": CHILDREN
            * PREVALENCE
            * rates(groups()["test"].probabilities, groups()["test"].labels, THRESHOLD)[0],
            "of 1,000 children not all are healthy.": healthy_flagged() / (1 - PREVALENCE),
        },
        "980 children are healthy. Which share of the healthy does the network flag?",
        tolerance=1.0,
    ),
    "5.8": rule(
        _judge_interval,
        interval,
        {
            "it is too narrow": lambda right, patients, seed: interval(right, patients, seed, unit="film"),
            "two numbers are expected": lambda right, patients, seed: float(right.mean()),
            "it is too wide": lambda right, patients, seed: (0.0, 1.0),
        },
        "names = np.unique(patients); in each round draw len(names) of them with rng.choice(names, len(names)).",
        "Concatenate the films of the drawn patients, take the mean, 1,000 times; np.percentile(means, [2.5, 97.5]).",
    ),
    "5.9": value(
        _DROP,
        {
            "the other way round: by how much is the AUC lower on the adults?": -_DROP,
            "this is the drop of the accuracy; the AUC needs no threshold.": _balanced_drop(),
        },
        "AUC of the test films less AUC of the adults. Your function of notebook 3 computes it.",
        tolerance=0.002,
    ),
    "5.10": function(
        _flipped,
        [(_BEFORE, _AFTER), (_BEFORE, -_BEFORE)],
        {
            "this is the mean change of the margin; count the films whose label changes.": (
                lambda before, after: float(np.abs(after - before).mean())
            ),
            "this counts the changes in one direction only.": (
                lambda before, after: float(((before > 0) & (after <= 0)).mean())
            ),
            "this is the share of films that keep their label.": lambda before, after: 1 - _flipped(before, after),
        },
        "margin > 0 means PNEUMONIA. Compare before and after, film by film.",
    ),
    "5.11": choice(
        "d",
        {
            "the accuracy depends on prevalence and threshold; both are different in your hospital.": "a",
            "a good AUC says that the order is right; the probabilities may be wrong all the same.": "b",
            "maps on lungs do not show that the network works on your films.": "c",
        },
        "What has been shown about your patients, your machines, your prevalence?",
    ),
}
