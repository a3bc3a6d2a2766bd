"""Sentences of the model card follow from the numbers, whichever way these point."""

from dataclasses import asdict

import numpy as np

from cnn.evaluation import metrics, operating_point
from cnn.evaluation.bootstrap import Estimate, resample_patients
from cnn.evaluation.operating_point import count_confusion
from cnn.evaluation.scores import Scores
from cnn.evaluation.subgroups import Subgroup
from cnn.training.classifier import RECIPES
from tests.evaluation.test_metrics import made
from ui.evaluation.model_card import sentences


def guessing() -> Scores:
    scores = made()
    return Scores(np.random.default_rng(1).normal(size=300), scores.labels, scores.patients, scores.seeds,
                  scores.thresholds)  # fmt: skip


def test_a_gain_beyond_chance_is_told_from_one_that_is_not() -> None:
    scores = made()
    assert "more than chance explains" in sentences.ranking(scores, guessing())
    assert "may be chance" in sentences.ranking(scores, made())
    assert "logistic_regression" not in sentences.ranking(scores, scores)


def test_two_answer_keys_are_compared_film_by_film() -> None:
    scores = made()
    mined = np.where(np.arange(300) < 30, 1 - scores.labels, scores.labels).astype(str)
    scores.metadata["text_mined_label"] = mined
    assert "agree on 270 of 300 films (90%)" in sentences.two_answers(scores)


def test_confusion_says_which_error_is_more_frequent() -> None:
    labels = np.array([1, 1, 1, 0, 0])
    weights = np.ones((2, 5))
    some = count_confusion(np.array([True, False, False, True, False]), labels, weights)
    assert "misses 2 of 3" in sentences.confusion(some)
    assert "misses more than it invents" in sentences.confusion(some)
    assert "both errors are as many" in sentences.confusion(count_confusion(labels == 1, labels, weights))


def test_probabilities_that_are_too_high_are_called_so() -> None:
    scores = made()
    bold = Scores(scores.logits + 2, scores.labels, scores.patients, scores.seeds, scores.thresholds)
    error = Estimate.from_resamples(
        metrics.expected_calibration_error(bold.probabilities, bold.labels, resample_patients(bold.patients))
    )
    assert "points too high" in sentences.reliability(metrics.reliability_bins(bold), error)


def test_small_groups_are_not_compared() -> None:
    few, good, bad = made(12), made(), guessing()
    pairs = [(Subgroup("age", name, each), operating_point.measure_performance(each))
             for name, each in (("few", few), ("good", good), ("bad", bad))]  # fmt: skip
    assert "best on *good*" in sentences.subgroups(pairs)
    assert "intervals lie apart" in sentences.subgroups(pairs)
    assert "too few to compare" in sentences.subgroups(pairs[:2])


def test_what_goes_with_the_lungs_is_a_share_of_what_is_above_guessing() -> None:
    as_is, half, none = Estimate(0.9, 0.8, 1), Estimate(0.7, 0.6, 0.8), Estimate(0.4, 0.3, 0.5)
    assert "50% of what it has above guessing" in sentences.hidden(as_is, half)
    assert "100% of what it has above guessing" in sentences.hidden(as_is, none)


def test_a_recipe_is_told_in_words() -> None:
    for one in RECIPES.values():
        told = sentences.recipe(asdict(one))
        assert f"{one.epochs} epochs of {one.films_per_epoch:,} films" in told
        assert f"{one.adults:.0%}".replace("%", " %") in told
        assert ("second loss" in told) == bool(one.guidance)
    assert sentences.recipe("a mean") == "a mean"
