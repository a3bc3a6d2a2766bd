"""Scales that never stretch noise, and sentences that say what is in the map."""

from dataclasses import replace

import numpy as np
import pytest

from cnn.attribution.attribution import Attribution, Meaning, describe, half_area

MIXED = np.array([[3.0, -1.0], [0.0, 0.0]])


def attribution(values: np.ndarray, meaning: Meaning = "evidence", change: float | None = None) -> Attribution:
    return Attribution(values.astype(np.float32), "grad_cam", meaning, 1, "PNEUMONIA", 1, change)


def test_the_scale_is_a_high_percentile_so_that_one_pixel_does_not_set_it() -> None:
    values = np.full((100, 100), 0.5)
    values[0, :2] = 400, -400
    assert attribution(values).scale == 0.5
    assert attribution(values).scaled()[0, :3].tolist() == [1, -1, 1]


def test_a_map_of_few_pixels_is_scaled_by_the_largest() -> None:
    values = np.zeros((100, 100))
    values[3, 4] = -2
    assert attribution(values).scale == 2
    np.testing.assert_array_equal(attribution(values).scaled(), values / 2)


@pytest.mark.parametrize("values", [np.zeros((8, 8)), np.full((8, 8), 1e-9), np.full((8, 8), -1e-9)])
def test_noise_is_blank_and_is_not_stretched(values: np.ndarray) -> None:
    assert attribution(values).blank
    assert not attribution(values).scaled().any()
    assert "blank" in describe(attribution(values))


@pytest.mark.parametrize(
    ("support", "guided", "empty"),
    [
        (0.0, 20.0, "Grad-CAM is empty"),
        (1e-3, 20.0, "Grad-CAM is almost empty"),
        (0.4, 0.0, "Guided Backprop is empty"),
        (0.0, 0.0, "nothing in the film"),
    ],
)
def test_a_blank_product_names_its_empty_factor(support: float, guided: float, empty: str) -> None:
    factors = (("Grad-CAM", support), ("Guided Backprop", guided))
    assert empty in describe(replace(attribution(np.zeros((8, 8))), factors=factors))


RAMP = np.linspace(0.1, 1, 64).reshape(8, 8)


def test_a_map_all_against_stays_all_against() -> None:
    assert attribution(-RAMP).scaled().max() < 0


@pytest.mark.parametrize(
    ("described", "facts"),
    [
        (attribution(-RAMP), ["counts against PNEUMONIA"]),
        (attribution(RAMP), ["supports PNEUMONIA"]),
        (attribution(MIXED), ["75 %", "25 % counts against it"]),
        (attribution(MIXED, change=-2.25), ["+2.00", "2.25 lower"]),
    ],
)
def test_the_sentence_has_the_shares_and_the_sum_of_the_map(described: Attribution, facts: list[str]) -> None:
    assert all(fact in describe(described) for fact in facts)


def test_a_map_without_signs_claims_no_evidence() -> None:
    shown = attribution(np.array([[-2.0, 1.0]]), "strength")
    assert "supports" not in describe(shown)
    assert not shown.signed
    assert shown.scaled().min() > 0


def test_half_area() -> None:
    values = np.zeros((10, 10))
    values[0, 0] = -5
    values[1] = 0.1
    assert half_area(values) == 0.01
    assert half_area(np.ones((10, 10))) == 0.5
