"""Means and intervals of the saliency benchmark."""

import pytest

from cnn.training.saliency_bench import statistics


def test_estimates_are_means_inside_their_intervals() -> None:
    rows = [{"a": float(number), "b": 1.0} for number in range(10)]
    estimates = statistics.estimate(rows, [str(number) for number in range(10)])
    mean, low, high = estimates["a"]
    assert low < mean == 4.5 < high
    assert estimates["b"] == [1, 1, 1]


def test_patients_are_drawn_rather_than_films() -> None:
    rows = [{"a": float(number % 2)} for number in range(40)]
    _, low, high = statistics.estimate(rows, [str(number % 2) for number in range(40)])["a"]
    _, film_low, film_high = statistics.estimate(rows, [str(number) for number in range(40)])["a"]
    assert high - low == 1 > film_high - film_low


def test_deletion_is_better_where_it_is_smaller() -> None:
    rows, random = [{"deletion, x": 0.2, "insertion, x": 0.9}] * 3, [{"deletion, x": 0.5, "insertion, x": 0.5}] * 3
    better = statistics.deletion(rows, random, ["a", "b", "c"])["better_than_random"]
    assert {name: mean for name, (mean, *_) in better.items()} == pytest.approx(
        {"deletion, x": 0.3, "insertion, x": 0.4}
    )
