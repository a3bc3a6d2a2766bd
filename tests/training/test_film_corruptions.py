"""Corrupted and varied films: same size, same greys, same result for the same seed."""

import pytest
import torch
from torch import Generator, Tensor

from cnn.models import ood_gate
from cnn.training.ood_gate import film_corruptions
from cnn.training.ood_gate.film_corruptions import ACCEPTED, REJECTED

CHANGES = {name: change for name, (_, change) in REJECTED.items()} | ACCEPTED


def films() -> Tensor:
    y, x = torch.meshgrid(torch.linspace(0, 1, 48), torch.linspace(0, 1, 48), indexing="ij")
    return torch.stack([y * x**power for power in (0.5, 1, 2, 3)])[:, None]


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("as_bytes", [True, False])
def test_a_change_keeps_size_type_and_range_and_follows_its_seed(name: str, as_bytes: bool) -> None:
    before = (films() * 255).round().to(torch.uint8) if as_bytes else films()
    first, second = (CHANGES[name](before, Generator().manual_seed(3)) for _ in range(2))
    assert (first.shape, first.dtype) == (before.shape, before.dtype)
    assert first.min() >= 0
    assert first.max() <= (255 if as_bytes else 1)
    assert torch.equal(first, second)
    assert not torch.equal(first, before)


def test_every_corruption_is_of_a_kind_that_the_gate_rejects() -> None:
    assert {kind for kind, _ in REJECTED.values()} == set(ood_gate.KINDS) - {"film"}


def test_upside_down_and_inverted_films_are_that() -> None:
    generator = Generator().manual_seed(0)
    turned = film_corruptions.upside_down(films(), generator)
    assert (turned.mean(dim=3)[:, 0].diff(dim=1) < 0).all(), "what grew downwards grows upwards"
    twice = film_corruptions.invert(film_corruptions.invert(films(), generator), generator)
    torch.testing.assert_close(twice, films())
