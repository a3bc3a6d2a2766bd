"""Scales that never stretch noise, and sentences that say what is there."""

import numpy as np
import pytest

from cnn.attribution.attribution import Attribution, Meaning, describe, half_area


def attribution(values: np.ndarray, meaning: Meaning = "evidence", change: float | None = None) -> Attribution:
    return Attribution(values.astype(np.float32), "grad_cam", meaning, 1, "PNEUMONIA", 1, change)


def test_the_scale_is_a_high_percentile_so_that_one_pixel_does_not_set_it() -> None:
    values = np.full((100, 100), 0.5)
    values[0, 0] = 400
    values[0, 1] = -400
    found = attribution(values)
    assert found.scale == 0.5
    assert found.scaled()[0, :3].tolist() == [1, -1, 1]


def test_a_map_of_few_pixels_is_scaled_by_the_largest() -> None:
    values = np.zeros((100, 100))
    values[3, 4] = -2
    found = attribution(values)
    assert found.scale == 2
    assert found.scaled()[3, 4] == -1
    assert np.count_nonzero(found.scaled()) == 1


@pytest.mark.parametrize("values", [np.zeros((8, 8)), np.full((8, 8), 1e-9), np.full((8, 8), -1e-9)])
def test_noise_is_blank_and_is_not_stretched(values: np.ndarray) -> None:
    found = attribution(values)
    assert found.blank
    assert not found.scaled().any()
    assert "blank" in describe(found)


def test_a_map_all_against_stays_all_against() -> None:
    values = -np.linspace(0.1, 1, 64).reshape(8, 8)
    found = attribution(values)
    assert found.scaled().max() < 0
    assert describe(found).startswith("Everything in this map counts against PNEUMONIA;")
    assert describe(attribution(-values)).startswith("Everything in this map supports PNEUMONIA.")


def test_shares_are_by_weight() -> None:
    values = np.array([[3.0, -1.0], [0.0, 0.0]])
    assert "75 % of the total attribution supports PNEUMONIA, and 25 % counts against it" in describe(
        attribution(values)
    )


def test_sums_are_told_for_complete_methods() -> None:
    values = np.array([[3.0, -1.0], [0.0, 0.0]])
    said = describe(attribution(values, change=-2.25))
    assert "adds up to +2.00" in said
    assert "2.25 lower than for a plain grey film" in said


def test_unsigned_and_brightness_maps_claim_no_evidence() -> None:
    values = np.ones((4, 4))
    for meaning in ("strength", "brightness"):
        said = describe(attribution(values, meaning))
        assert "supports" not in said
    assert not attribution(values, "strength").signed
    assert attribution(values, "brightness").signed


def test_half_area() -> None:
    values = np.zeros((10, 10))
    values[0, 0] = -5
    values[1] = 0.1
    assert half_area(values) == 0.01
    assert half_area(np.ones((10, 10))) == 0.5
