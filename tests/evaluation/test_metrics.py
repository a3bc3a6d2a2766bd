"""Curves and their areas equal scikit-learn's, on the films and on their resamples."""

import numpy as np
import pytest
import sklearn.metrics
from sklearn.calibration import calibration_curve

from cnn.evaluation import bootstrap, metrics
from cnn.evaluation.bootstrap import Estimate, resample_patients
from tests.support.fake_scores import make_scores

ties = pytest.mark.parametrize("ties", [False, True])


@ties
def test_auc_is_scikit_learn_s_for_every_resample(ties: bool) -> None:
    scores = make_scores(ties=ties)
    weights = resample_patients(scores.patients)[:20]
    areas = [sklearn.metrics.roc_auc_score(scores.labels, scores.logits, sample_weight=row) for row in weights]
    np.testing.assert_allclose(metrics.auc(scores.logits, scores.labels, weights), areas)


@ties
def test_precision_recall_curve_is_scikit_learn_s(ties: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "REPEATS", 20)
    scores = make_scores(ties=ties)
    curve = metrics.precision_recall_curve(scores)
    precision, recall, _ = sklearn.metrics.precision_recall_curve(scores.labels, scores.logits)
    np.testing.assert_allclose(curve.x, recall[::-1])
    np.testing.assert_allclose(curve.y[1:], precision[::-1][1:])
    areas = [
        sklearn.metrics.average_precision_score(scores.labels, scores.logits, sample_weight=row)
        for row in resample_patients(scores.patients)
    ]
    expected = Estimate.from_resamples(np.array(areas))
    assert (curve.area.value, curve.area.low) == pytest.approx((expected.value, expected.low))


def test_a_resample_with_one_class_has_no_auc() -> None:
    logits, labels = np.array([0.1, 0.2, 0.3]), np.array([0, 1, 1])
    weights = np.array([[1.0, 1, 1], [0, 2, 1], [3, 0, 0]])
    assert np.isnan(metrics.auc(logits, labels, weights)).tolist() == [False, True, True]


def test_roc_curve_is_scikit_learn_s() -> None:
    scores = make_scores(ties=True)
    curve = metrics.roc_curve(scores)
    x, y, thresholds = sklearn.metrics.roc_curve(scores.labels, scores.logits, drop_intermediate=False)
    for values, expected in ((curve.x, x), (curve.y, y), (curve.thresholds, thresholds)):
        np.testing.assert_allclose(values, expected)
    assert curve.area.value == pytest.approx(sklearn.metrics.roc_auc_score(scores.labels, scores.logits))
    on_grid = np.interp(metrics.GRID, curve.x, curve.y)
    assert ((curve.low <= on_grid + 1e-9) & (on_grid <= curve.high + 1e-9)).all()
    positive = scores.probabilities >= 0.3
    assert curve.y[curve.index_at(0.3)] == pytest.approx(sklearn.metrics.recall_score(scores.labels, positive))


def test_reliability_is_scikit_learn_s_and_its_gaps_are_the_calibration_error() -> None:
    scores = make_scores()
    bins = metrics.reliability_bins(scores)
    observed, predicted = calibration_curve(scores.labels, scores.probabilities, n_bins=metrics.BINS)
    np.testing.assert_allclose([each.observed.value for each in bins], observed)
    np.testing.assert_allclose([each.predicted for each in bins], predicted)
    gaps = sum(abs(each.observed.value - each.predicted) * each.films for each in bins) / 300
    error = metrics.expected_calibration_error(scores.probabilities, scores.labels, np.ones((1, 300)))
    assert error[0] == pytest.approx(gaps)


@pytest.mark.parametrize(
    ("probabilities", "labels", "error"), [([0.9] * 10, [1] * 6 + [0] * 4, 0.3), ([1.0, 0.0], [1, 0], 0)]
)
def test_calibration_error_of_known_cases(probabilities: list[float], labels: list[int], error: float) -> None:
    weights = np.ones((1, len(labels)))
    computed = metrics.expected_calibration_error(np.array(probabilities), np.array(labels), weights)
    assert computed[0] == pytest.approx(error)
