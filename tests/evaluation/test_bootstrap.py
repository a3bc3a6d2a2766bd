"""Draws of patients: the quick way gives what drawing one at a time gives."""

import numpy as np
import pytest

from cnn.evaluation.bootstrap import Estimate, resample_patients

PATIENTS = np.array([3, 3, 3, 1, 1, 2, 7, 7, 5, 6])
VALUES = np.arange(10.0)


def test_row_0_counts_every_film_once_and_a_patient_s_films_come_together() -> None:
    weights = resample_patients(PATIENTS)
    assert weights.shape == (1001, 10)
    assert (weights[0] == 1).all()
    assert (weights[:, 0] == weights[:, 2]).all()
    assert (weights[1:, [0, 3, 5, 6, 8, 9]].sum(axis=1) == 6).all()


def test_intervals_are_those_of_drawing_one_after_the_other() -> None:
    weights = resample_patients(PATIENTS)
    found = Estimate.from_resamples(weights @ VALUES / weights.sum(axis=1))
    generator = np.random.default_rng(0)
    names = np.unique(PATIENTS)
    means = []
    for _ in range(1000):
        drawn = names[generator.integers(len(names), size=len(names))]
        means.append(np.concatenate([VALUES[name == PATIENTS] for name in drawn]).mean())
    low, high = np.percentile(means, [2.5, 97.5])
    assert (found.value, found.low, found.high) == pytest.approx((VALUES.mean(), low, high))


def test_patients_are_drawn_rather_than_films() -> None:
    values = np.repeat(np.random.default_rng(1).normal(size=20), 50)

    def width(patients: np.ndarray) -> float:
        weights = resample_patients(patients)
        found = Estimate.from_resamples(weights @ values / weights.sum(axis=1))
        return found.high - found.low

    assert width(np.repeat(np.arange(20), 50)) > 4 * width(np.arange(1000))


def test_undefined_draws_do_not_count() -> None:
    found = Estimate.from_resamples(np.array([0.5, np.nan, 0.4, 0.6]))
    assert found.value == 0.5
    assert 0.4 <= found.low < found.high <= 0.6
    assert np.isnan(Estimate.from_resamples(np.array([np.nan, 0.4])).low)
    assert np.isnan(Estimate.from_resamples(np.array([0.4, np.nan])).value)
