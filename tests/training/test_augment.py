"""Augmentation: one seed gives one result, greys stay greys, and what should stay untouched does."""

from collections.abc import Callable

import pytest
import torch
from torch import Generator, Tensor

from cnn.imaging import hide_lungs
from cnn.training import augment


def batch(count: int = 6, side: int = 64) -> Tensor:
    noise = torch.rand(count, 1, 8, 8, generator=Generator().manual_seed(5))
    return torch.nn.functional.interpolate(noise, size=side, mode="bilinear")


def lungs(count: int = 6, side: int = 64) -> Tensor:
    masks = torch.zeros(count, 1, side, side)
    masks[:, :, 16:48, 10:28] = 1
    masks[:, :, 16:48, 36:54] = 1
    return masks


CHANGES: dict[str, Callable[[Tensor, Generator], Tensor]] = {
    "move": lambda images, generator: augment.move(images, lungs(), generator)[0],
    "tone": augment.tone,
    "sharpness": augment.sharpness,
    "fill_margins": augment.fill_margins,
    "paste_markers": augment.paste_markers,
    "swap_background": lambda images, generator: augment.swap_background(images, lungs(), generator, 0.6),
    "augment": lambda images, generator: augment.augment(images, lungs(), generator, 0.6)[0],
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_seed_gives_one_result_and_greys_stay_greys(name: str) -> None:
    changed = [CHANGES[name](batch(), Generator().manual_seed(seed)) for seed in (1, 1, 2)]
    assert torch.equal(changed[0], changed[1])
    assert not torch.equal(changed[0], changed[2])
    assert changed[0].shape == batch().shape
    assert changed[0].min() >= 0
    assert changed[0].max() <= 1


def test_masks_move_with_their_films() -> None:
    films, masks = augment.move(lungs(), lungs(), Generator().manual_seed(0))
    assert torch.equal(films, masks)
    assert not torch.equal(films, lungs())


def test_deep_inside_the_lungs_nothing_is_swapped_and_far_outside_everything_is() -> None:
    images, masks = batch(), lungs()
    swapped = augment.swap_background(images, masks, Generator().manual_seed(5), probability=1.0)
    core = torch.zeros_like(masks, dtype=torch.bool)
    core[:, :, 20:44, 13:25] = True
    torch.testing.assert_close(swapped[core], images[core], atol=0.02, rtol=0)
    outside = torch.isclose(swapped[:, :, :8], images[:, :, :8]).flatten(1).all(dim=1)
    assert outside.sum() <= 1  # a film may be drawn as its own background


def test_a_film_without_lungs_keeps_its_background() -> None:
    images = batch()
    swapped = augment.swap_background(images, torch.zeros_like(images), Generator().manual_seed(3), probability=1.0)
    assert torch.equal(swapped, images)


def test_the_lungs_box_is_filled_with_the_mean_grey_and_nothing_else_changes() -> None:
    images = batch()
    hide = torch.tensor([True, False, True, False, True, False]).view(-1, 1, 1, 1)
    hidden = hide_lungs.hide_lungs(images, lungs(), hide)
    box = torch.zeros_like(images, dtype=torch.bool)
    box[:, :, 16:48, 10:54] = True
    mean = images.mean(dim=(1, 2, 3), keepdim=True).expand_as(images)
    torch.testing.assert_close(hidden, torch.where(box & hide, mean, images))


def test_a_film_without_lungs_loses_its_middle() -> None:
    images = batch()
    hidden = hide_lungs.hide_lungs(images, torch.zeros_like(images), torch.ones(6, 1, 1, 1, dtype=torch.bool))
    assert torch.equal(hidden[:, :, :10], images[:, :, :10])
    assert hidden[:, :, 20:40, 20:40].flatten(1).std(dim=1).max() < 1e-6
