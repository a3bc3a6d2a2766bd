"""Bootstrap of patients: weights for all resamples at once equal resampling one after the other."""

import numpy as np
import pytest

from cnn.evaluation.bootstrap import Estimate, resample_patients

PATIENTS = np.array([3, 3, 3, 1, 1, 2, 7, 7, 5, 6])
VALUES = np.arange(10.0)


def mean(values: np.ndarray, patients: np.ndarray) -> Estimate:
    weights = resample_patients(patients)
    return Estimate.from_resamples(weights @ values / weights.sum(axis=1))


def test_films_of_a_patient_are_drawn_together_and_row_0_counts_each_once() -> None:
    weights = resample_patients(PATIENTS)
    assert weights.shape == (1001, 10)
    assert (weights[0] == 1).all()
    assert (weights[:, 0] == weights[:, 2]).all()
    assert (weights[1:, [0, 3, 5, 6, 8, 9]].sum(axis=1) == 6).all()


def test_intervals_equal_those_of_a_loop_over_resamples() -> None:
    generator = np.random.default_rng(0)
    names = np.unique(PATIENTS)
    means = []
    for _ in range(1000):
        drawn = names[generator.integers(len(names), size=len(names))]
        means.append(np.concatenate([VALUES[name == PATIENTS] for name in drawn]).mean())
    estimate = mean(VALUES, PATIENTS)
    expected = (VALUES.mean(), *np.percentile(means, [2.5, 97.5]))
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx(expected)


def test_patients_are_drawn_rather_than_films() -> None:
    values = np.repeat(np.random.default_rng(1).normal(size=20), 50)
    by_patient, by_film = mean(values, np.repeat(np.arange(20), 50)), mean(values, np.arange(1000))
    assert by_patient.high - by_patient.low > 4 * (by_film.high - by_film.low)


def test_undefined_resamples_are_left_out() -> None:
    estimate = Estimate.from_resamples(np.array([0.5, np.nan, 0.4, 0.6]))
    assert estimate.value == 0.5
    assert 0.4 <= estimate.low < estimate.high <= 0.6
    assert np.isnan(Estimate.from_resamples(np.array([np.nan, 0.4])).low)
    assert np.isnan(Estimate.from_resamples(np.array([0.4, np.nan])).value)


def test_an_estimate_as_text_and_beside_zero() -> None:
    assert str(Estimate(-0.001, -0.5, 0.25)) == "0.00 (−0.50 to 0.25)"
    assert Estimate(0.5, 0.1, 1).above_zero
    assert not Estimate(0.5, -0.1, 1).above_zero
