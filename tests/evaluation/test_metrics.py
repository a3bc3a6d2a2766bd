"""Curves and their areas against scikit-learn, on the films and on films drawn again."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from cnn.evaluation import metrics
from cnn.evaluation.bootstrap import resample_patients
from cnn.evaluation.scores import Scores, sigmoid


def made(count: int = 300, ties: bool = False) -> Scores:
    """Scores whose probabilities are right by construction; two films a patient."""
    generator = np.random.default_rng(0)
    logits = generator.normal(0, 2, count)
    logits = np.round(logits) if ties else logits
    labels = (generator.random(count) < sigmoid(logits)).astype(int)
    return Scores(logits, labels, np.arange(count) // 2, np.zeros(count, int), np.full(count, 0.4))


@pytest.mark.parametrize("ties", [False, True])
def test_areas_are_scikit_learn_s_for_every_draw(ties: bool) -> None:
    scores = made(ties=ties)
    weights = resample_patients(scores.patients)[:20]
    areas = metrics.auc(scores.logits, scores.labels, weights)
    precisions = metrics.average_precision(scores.logits, scores.labels, weights)
    for row, area, precision in zip(weights, areas, precisions, strict=True):
        assert area == pytest.approx(roc_auc_score(scores.labels, scores.logits, sample_weight=row))
        assert precision == pytest.approx(average_precision_score(scores.labels, scores.logits, sample_weight=row))


def test_a_draw_with_one_class_gives_no_number() -> None:
    logits, labels = np.array([0.1, 0.2, 0.3]), np.array([0, 1, 1])
    weights = np.array([[1.0, 1, 1], [0, 2, 1], [3, 0, 0]])
    assert np.isnan(metrics.auc(logits, labels, weights)).tolist() == [False, True, True]
    assert np.isnan(metrics.average_precision(logits, labels, weights)).tolist() == [False, False, True]


def test_roc_curve_is_scikit_learn_s() -> None:
    scores = made(ties=True)
    found = metrics.roc_curve(scores)
    x, y, thresholds = roc_curve(scores.labels, scores.logits, drop_intermediate=False)
    np.testing.assert_allclose(found.x, x)
    np.testing.assert_allclose(found.y, y)
    np.testing.assert_allclose(found.thresholds, thresholds)
    assert found.area.value == pytest.approx(roc_auc_score(scores.labels, scores.logits))
    inside = np.interp(metrics.GRID, found.x, found.y)
    assert ((found.low <= inside + 1e-9) & (inside <= found.high + 1e-9)).all()


def test_precision_recall_curve_is_scikit_learn_s() -> None:
    scores = made(ties=True)
    found = metrics.precision_recall_curve(scores)
    precision, recall, _ = precision_recall_curve(scores.labels, scores.logits)
    np.testing.assert_allclose(found.x, recall[::-1])
    np.testing.assert_allclose(found.y[1:], precision[::-1][1:])
    assert found.area.low < found.area.value < found.area.high


def test_reliability_is_scikit_learn_s_and_its_gaps_are_the_calibration_error() -> None:
    scores = made()
    bins = metrics.reliability_bins(scores)
    observed, predicted = calibration_curve(scores.labels, scores.probabilities, n_bins=metrics.BINS)
    np.testing.assert_allclose([each.observed.value for each in bins], observed)
    np.testing.assert_allclose([each.predicted for each in bins], predicted)
    gaps = sum(abs(each.observed.value - each.predicted) * each.films for each in bins) / 300
    weights = np.ones((1, 300))
    assert metrics.expected_calibration_error(scores.probabilities, scores.labels, weights)[0] == pytest.approx(gaps)


def test_calibration_error_of_cases_that_are_known() -> None:
    def error(probabilities: list[float], labels: list[int]) -> float:
        return metrics.expected_calibration_error(np.array(probabilities), np.array(labels), np.ones((1, len(labels))))[
            0
        ]

    assert error([0.9] * 10, [1] * 6 + [0] * 4) == pytest.approx(0.3)
    assert error([1.0, 0.0], [1, 0]) == 0
    many = made(20_000)
    assert error(many.probabilities.tolist(), many.labels.tolist()) < 0.02
