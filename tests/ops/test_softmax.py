"""Softmax, cross-entropy and flatten: torch's numbers, the slide's, and those where 32 bits end."""

import math
import random
import re

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from cnn.errors import DoesNotFit
from cnn.ops.softmax import (
    cross_entropy,
    describe_float32,
    describe_loss,
    in_float32,
    locate_flat_index,
    match_scores,
    scores_for,
    softmax,
)

NAMES = ("Door", "Stair", "Sign")


def probabilities(scores: tuple[float, ...], temperature: float = 1.0) -> list[float]:
    names = [str(n) for n in range(len(scores))]
    return [term.probability for term in softmax(names, scores, temperature).terms]


def test_the_slide_s_probabilities() -> None:
    scores = scores_for((0.1, 0.1, 0.8))
    assert scores == pytest.approx((0, 0, math.log(8)))
    example = softmax(NAMES, scores)
    assert [float(term.exponential) for term in example.terms] == pytest.approx([1, 1, 8])
    assert float(example.total) == pytest.approx(10)
    assert [f"{term.probability:.0%}" for term in example.terms] == ["10%", "10%", "80%"]


def test_random_scores_give_torch_s_probabilities_losses_and_gradients() -> None:
    draw = random.Random(5)
    for _ in range(200):
        scores = tuple(draw.uniform(-50, 50) for _ in range(draw.randint(2, 8)))
        temperature, true = draw.uniform(0.1, 10), draw.randrange(len(scores))
        example = softmax([str(n) for n in range(len(scores))], scores, temperature)
        z = torch.tensor(scores, dtype=torch.float64, requires_grad=True)
        scaled = z / temperature
        scaled.retain_grad()
        theirs = F.cross_entropy(scaled[None], torch.tensor([true]))
        theirs.backward()
        ours = cross_entropy(example, true)
        assert [term.probability for term in example.terms] == pytest.approx(torch.softmax(scaled, 0).tolist())
        assert ours.value == pytest.approx(theirs.item(), abs=1e-12)
        assert ours.gradient == pytest.approx(scaled.grad.tolist(), abs=1e-12)
        assert ours.by_score == pytest.approx(z.grad.tolist(), abs=1e-12)
        assert sum(ours.gradient) == pytest.approx(0, abs=1e-12)


def test_only_differences_matter() -> None:
    assert probabilities((1000, 1001, 1002)) == pytest.approx(probabilities((0, 1, 2)))
    assert probabilities((-1000, -1001, -1002)) == pytest.approx(probabilities((2, 1, 0)))


def test_temperature_flattens_and_sharpens() -> None:
    largest = [max(probabilities((0, 1, 2), temperature)) for temperature in (0.1, 0.5, 1, 2, 10)]
    assert largest == sorted(largest, reverse=True)
    assert largest[0] > 0.99
    assert largest[-1] < 0.4


@pytest.mark.parametrize("scores", [(1000, 1001, 1002), (0, 0, 89), (-1000, -1001, -1002), (0, 1, 88), (-80, -81, -82)])
def test_float32_ends_where_torch_s_does_and_the_max_trick_does_not(scores: tuple[float, ...]) -> None:
    example = softmax(NAMES, scores)
    plain, shifted = (in_float32(example, max_trick=trick) for trick in (False, True))
    z = torch.tensor(scores, dtype=torch.float32)
    np.testing.assert_allclose(plain.exponentials, z.exp(), rtol=1e-6)
    np.testing.assert_allclose(plain.probabilities, z.exp() / z.exp().sum(), rtol=1e-5)
    np.testing.assert_allclose(shifted.probabilities, [term.probability for term in example.terms], rtol=1e-5)
    assert (shifted.shift, max(shifted.exponents), max(shifted.exponentials)) == (max(scores), 0, 1)
    assert ("not a number" in describe_float32(plain, in_float32(example, max_trick=True))) == any(
        map(math.isnan, plain.probabilities)
    )


def test_a_hopeless_class_still_has_a_finite_loss() -> None:
    example = softmax(("a", "b"), (-10_000, 10_000), 0.1)
    assert example.terms[0].probability == 0
    assert cross_entropy(example, 0).value == 200_000
    assert cross_entropy(example, 1).value == 0


def test_what_does_not_fit_is_said() -> None:
    with pytest.raises(DoesNotFit, match="3 class names and 2 scores"):
        softmax(NAMES, (1, 2))
    for number in (-1, 3):
        with pytest.raises(DoesNotFit, match="from 1 to 3"):
            cross_entropy(softmax(NAMES, (1, 2, 3)), number)


def test_flatten_is_torch_s() -> None:
    shape = (3, 4, 2)
    volume = torch.arange(math.prod(shape)).reshape(shape)
    for n, value in enumerate(volume.flatten().tolist()):
        place = locate_flat_index(n, shape)
        assert volume[place.channel, place.row, place.column] == value
        assert eval(place.flat.formula.split(" = ")[0]) == place.flat.value == n


def test_the_loss_is_that_of_the_printed_probability():
    for seed in range(200):
        scores = np.random.default_rng(seed).normal(0, 3, 3)
        example = softmax("abc", scores)
        printed = re.search(r"-ln ([\d.]+) = ([\d.]+)", describe_loss(example, cross_entropy(example, 0)))
        if printed:
            assert f"{-math.log(float(printed[1])):.4g}" == printed[2]


def test_scores_are_matched_to_the_classes():
    assert match_scores(3, (1, 2, 3)) == ((1, 2, 3), "")
    assert match_scores(2, (1, 2, 3))[0] == (1, 2)
    assert match_scores(3, (1, 2))[0] == (1, 2, 0)


@pytest.mark.parametrize(
    ("scores", "words"),
    [((88.5, 88.5, 0), "do not add up"), ((-100, -101, -102), "lost digits"), ((0, 1, 2), "small enough")],
)
def test_what_32_bits_lose_is_said(scores: tuple[float, ...], words: str) -> None:
    example = softmax("abc", scores)
    assert words in describe_float32(in_float32(example, max_trick=False), in_float32(example, max_trick=True))
