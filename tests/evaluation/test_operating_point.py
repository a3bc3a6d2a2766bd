"""Rates at a threshold equal scikit-learn's; predictive values, cohorts and costs follow from them."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, brier_score_loss, confusion_matrix, precision_score, recall_score

from cnn.evaluation import operating_point
from cnn.evaluation.bootstrap import Estimate
from cnn.evaluation.operating_point import Cohort, Rates
from tests.support.fake_scores import make_scores


def test_confusion_and_rates_are_scikit_learn_s() -> None:
    scores = make_scores()
    counts = operating_point.confusion_at(scores, 0.3)
    labels, positive = scores.labels, scores.probabilities >= 0.3
    cells = [counts.true_negatives, counts.false_positives, counts.false_negatives, counts.true_positives]
    assert [cell[0] for cell in cells] == confusion_matrix(labels, positive).ravel().tolist()
    rates = operating_point.rates_at_prevalence(counts, labels.mean())  # of these films: values are plain counts
    expected = {
        "sensitivity": recall_score(labels, positive),
        "specificity": recall_score(labels, positive, pos_label=0),
        "accuracy": accuracy_score(labels, positive),
        "ppv": precision_score(labels, positive),
        "npv": precision_score(labels, positive, pos_label=0),
    }
    for name, value in expected.items():
        estimate = getattr(rates, name)
        assert estimate.value == pytest.approx(value), name
        assert estimate.low < estimate.value < estimate.high


def test_performance_is_measured_at_each_film_s_own_threshold() -> None:
    scores = make_scores()
    performance = operating_point.measure_performance(scores)
    assert performance["accuracy"].value == pytest.approx(accuracy_score(scores.labels, scores.probabilities >= 0.4))
    assert performance["brier"].value == pytest.approx(brier_score_loss(scores.labels, scores.probabilities))
    scores.thresholds[:] = np.where(scores.labels == 1, 0, 1.1)
    assert operating_point.measure_performance(scores)["accuracy"].value == 1


def test_most_positive_predictions_of_a_rare_disease_are_false() -> None:
    ppv, npv = operating_point.predictive_values(np.array(0.95), np.array(0.95), np.array([0.5, 0.02]))
    np.testing.assert_allclose(ppv, [0.95, 0.019 / (0.019 + 0.049)])
    np.testing.assert_allclose(npv, [0.95, 0.931 / (0.931 + 0.001)])
    assert np.isnan(operating_point.predictive_values(np.array(0.0), np.array(1.0), np.array(0.1))[0])


def test_a_cohort_adds_up() -> None:
    unused = Estimate(0, 0, 0)
    rates = Rates(Estimate(0.955, 0, 1), Estimate(0.935, 0, 1), ppv=unused, npv=unused, accuracy=unused)
    cohort = operating_point.expected_cohort(rates, 0.055)
    assert cohort == Cohort(53, 2, 61, 884)
    assert (cohort.ill, cohort.positive_predictions) == (55, 114)


def test_the_threshold_of_lowest_cost_falls_as_misses_get_expensive() -> None:
    scores, thresholds = make_scores(), np.linspace(0, 1, 101)
    sensitivity, specificity = operating_point.sensitivity_and_specificity(scores, thresholds)
    counts = operating_point.confusion_at(scores, thresholds[30])
    assert (sensitivity[30], specificity[30]) == pytest.approx((counts.sensitivity[0], counts.specificity[0]))
    cheap, expensive = (operating_point.lowest_cost_threshold(scores, thresholds, 0.5, miss) for miss in (1, 50))
    assert expensive < cheap
    costs = operating_point.expected_cost(sensitivity, specificity, 0.5, 50)
    assert costs[round(100 * expensive)] == pytest.approx(costs.min())
