"""Rates at a threshold against scikit-learn, predictive values against counted people, and the question."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, brier_score_loss, confusion_matrix, precision_score, recall_score

from cnn.evaluation import operating_point
from cnn.evaluation.bootstrap import Estimate
from cnn.evaluation.operating_point import Cohort, Rates
from cnn.lecture.questions.operating_point import ask_ppv
from tests.evaluation.test_metrics import made


def test_outcomes_and_rates_are_scikit_learn_s() -> None:
    scores = made()
    found = operating_point.confusion_at(scores, 0.3)
    called = scores.probabilities >= 0.3
    cells = [found.true_negatives[0], found.false_positives[0], found.false_negatives[0], found.true_positives[0]]
    assert cells == confusion_matrix(scores.labels, called).ravel().tolist()
    share = scores.labels.mean()
    rates = operating_point.rates_at_prevalence(found, share)
    assert rates.sensitivity.value == pytest.approx(recall_score(scores.labels, called))
    assert rates.specificity.value == pytest.approx(recall_score(scores.labels, called, pos_label=0))
    assert rates.accuracy.value == pytest.approx(accuracy_score(scores.labels, called))
    # At the films' own share of pneumonia the predictive values are plain counts.
    assert rates.ppv.value == pytest.approx(precision_score(scores.labels, called))
    assert rates.npv.value == pytest.approx(precision_score(scores.labels, called, pos_label=0))
    for each in (rates.sensitivity, rates.specificity, rates.ppv, rates.npv, rates.accuracy):
        assert each.low < each.value < each.high


def test_performance_is_at_each_film_s_own_threshold() -> None:
    scores = made()
    found = operating_point.measure_performance(scores)
    assert found["accuracy"].value == pytest.approx(accuracy_score(scores.labels, scores.probabilities >= 0.4))
    assert found["brier"].value == pytest.approx(brier_score_loss(scores.labels, scores.probabilities))
    scores.thresholds[scores.labels == 1] = 0
    scores.thresholds[scores.labels == 0] = 1.1
    assert operating_point.measure_performance(scores)["accuracy"].value == 1


def test_a_rare_disease_makes_most_alarms_false() -> None:
    ppv, npv = operating_point.predictive_values(np.array(0.95), np.array(0.95), np.array([0.5, 0.02]))
    np.testing.assert_allclose(ppv, [0.95, 0.019 / (0.019 + 0.049)])
    np.testing.assert_allclose(npv, [0.95, 0.931 / (0.931 + 0.001)])
    assert np.isnan(operating_point.predictive_values(np.array(0.0), np.array(1.0), np.array(0.1))[0])


def test_a_thousand_people_add_up() -> None:
    exact = {name: Estimate(0.0, 0.0, 0.0) for name in ("ppv", "npv", "accuracy")}
    rates = Rates(Estimate(0.955, 0, 1), Estimate(0.935, 0, 1), **exact)
    found = operating_point.expected_cohort(rates, 0.055)
    assert found == Cohort(53, 2, 61, 884)
    assert (
        found.true_positives + found.false_negatives + found.false_positives + found.true_negatives
        == operating_point.COHORT_SIZE
    )


def test_the_cheapest_threshold_falls_as_misses_get_dear() -> None:
    scores, at = made(), np.linspace(0, 1, 101)
    sensitivity, specificity = operating_point.sensitivity_and_specificity(scores, at)
    found = operating_point.rates_at_prevalence(operating_point.confusion_at(scores, at[30]), 0.5)
    assert (sensitivity[30], specificity[30]) == pytest.approx((found.sensitivity.value, found.specificity.value))
    cheap, dear = (operating_point.lowest_cost_threshold(scores, at, 0.5, miss) for miss in (1, 50))
    assert dear < cheap
    costs = operating_point.expected_cost(sensitivity, specificity, 0.5, 50)
    assert costs[round(100 * dear)] == pytest.approx(costs.min())


def test_the_question_knows_the_usual_mix_ups() -> None:
    rates = operating_point.rates_at_prevalence(operating_point.confusion_at(made(), 0.5), 0.05)
    people = operating_point.expected_cohort(rates, 0.05)
    question = ask_ppv(people, rates)
    assert question.answer == round(100 * people.true_positives / (people.true_positives + people.false_positives))
    assert question.check(question.answer)[0]
    right, sentence = question.check(round(100 * rates.sensitivity.value))
    assert not right
    assert "among those who have it" in sentence
