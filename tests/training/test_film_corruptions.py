"""Films made unfit, and films changed a little: same size, same greys, same result for the same seed."""

import pytest
import torch
from torch import Tensor

from cnn.training.ood_gate import film_corruptions

ALL = film_corruptions.REFUSED | film_corruptions.ACCEPTED


def films() -> Tensor:
    y, x = torch.meshgrid(torch.linspace(0, 1, 48), torch.linspace(0, 1, 48), indexing="ij")
    return torch.stack([y * x**power for power in (0.5, 1, 2, 3)])[:, None]


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("whole", [True, False])
def test_a_change_keeps_size_type_and_range_and_follows_its_seed(name: str, whole: bool) -> None:
    given = (films() * 255).round().to(torch.uint8) if whole else films()
    first, second = (ALL[name](given, torch.Generator().manual_seed(3)) for _ in range(2))
    assert (first.shape, first.dtype) == (given.shape, given.dtype)
    assert first.min() >= 0
    assert first.max() <= (255 if whole else 1)
    assert torch.equal(first, second)
    assert not torch.equal(first, given)


def test_what_is_turned_over_is_turned_over() -> None:
    generator = torch.Generator().manual_seed(0)
    turned = film_corruptions.upside_down(films(), generator)
    assert (turned.mean(dim=3)[:, 0].diff(dim=1) < 0).all(), "what grew downwards grows upwards"
    twice = film_corruptions.negative(film_corruptions.negative(films(), generator), generator)
    torch.testing.assert_close(twice, films())


def test_a_piece_is_a_part_enlarged() -> None:
    piece = film_corruptions.quarter(films(), torch.Generator().manual_seed(0))
    assert (piece.amax(dim=(1, 2, 3)) - piece.amin(dim=(1, 2, 3)) < 0.9).all()


def test_shuffled_tiles_keep_the_film_s_greys() -> None:
    shuffled = film_corruptions.shuffled(films(), torch.Generator().manual_seed(0))
    torch.testing.assert_close(shuffled.mean(dim=(1, 2, 3)), films().mean(dim=(1, 2, 3)), atol=0.1, rtol=0)
