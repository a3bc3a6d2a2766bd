"""Temperature and threshold on cases whose answer is known."""

import numpy as np
import pytest
from sklearn.metrics import recall_score

from cnn.evaluation.scores import sigmoid
from cnn.training import calibration


@pytest.fixture
def scores() -> tuple[np.ndarray, np.ndarray]:
    """Margins that are calibrated by construction, and labels drawn from them."""
    generator = np.random.default_rng(0)
    margins = generator.normal(0, 2, 20_000)
    labels = (generator.random(20_000) < sigmoid(margins)).astype(int)
    return margins, labels


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_spoilt_margins_is_found(
    scores: tuple[np.ndarray, np.ndarray], temperature: float
) -> None:
    margins, labels = scores
    assert calibration.fit_temperature(margins * temperature, labels) == pytest.approx(temperature, rel=0.05)


@pytest.mark.parametrize("shift", [-2.0, 0.0, 1.5])
def test_the_shift_that_spoilt_margins_is_found(scores: tuple[np.ndarray, np.ndarray], shift: float) -> None:
    margins, labels = scores
    assert calibration.fit_shift(2 * margins - shift, labels) == pytest.approx(shift, abs=0.1)


def test_at_the_balanced_threshold_both_rates_are_equal(scores: tuple[np.ndarray, np.ndarray]) -> None:
    margins, labels = scores
    chances = sigmoid(margins + 1.5)
    called = chances >= calibration.balanced_threshold(chances, labels)
    assert recall_score(labels, called) == pytest.approx(recall_score(labels, called, pos_label=0), abs=0.001)


def test_class_weights_give_both_classes_the_same_total() -> None:
    labels = np.array([0, 1, 1, 1])
    weights = calibration.class_weights(labels)
    assert weights[labels == 0].sum() == pytest.approx(weights[labels == 1].sum())
