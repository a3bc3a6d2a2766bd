"""CAM supervision: boxes in place, cells that average to the margin, a loss that wants evidence in the right place."""

from pathlib import Path

import pytest
import torch
from captum.attr import LayerGradCam
from torch import Tensor

from cnn.cards import CLASSES
from cnn.models import architectures
from cnn.models.efficientnet import EfficientNet
from cnn.training import cam_supervision
from cnn.training.data import Film

PNEUMONIA = CLASSES.index("PNEUMONIA")


@pytest.fixture(scope="module")
def network() -> EfficientNet:
    torch.manual_seed(0)
    network = architectures.lite0().eval()
    cam_supervision.oppose_rows(network)
    return network


def test_boxes_move_to_the_films_size() -> None:
    boxed = Film(Path("a"), 1, "nih-1", boxes=((128, 256, 64, 128), (0, 0, 32, 32)))
    masks = cam_supervision.box_masks([boxed, Film(Path("b"), 0, "nih-2")], size=64)
    assert masks.shape == (2, 1, 64, 64)
    assert masks[0, 0, 32:48, 16:24].all()
    assert masks[0, 0, :4, :4].all()
    assert masks[0].sum() == 16 * 8 + 4 * 4
    assert masks[1].sum() == 0


def test_the_cells_margins_average_to_the_film_s(network: EfficientNet) -> None:
    films = torch.randn(2, 1, 64, 64)
    with torch.no_grad():
        logits, cells = cam_supervision.cell_margins(network, films)
        torch.testing.assert_close(logits, network(films))
    torch.testing.assert_close(cells.mean(dim=(1, 2)), logits[:, 1] - logits[:, 0], atol=1e-4, rtol=1e-4)


def test_what_is_taught_is_what_grad_cam_draws(network: EfficientNet) -> None:
    film = torch.randn(1, 1, 64, 64)
    drawn = LayerGradCam(network, network.features[8]).attribute(film, PNEUMONIA)
    with torch.no_grad():
        cells = cam_supervision.cell_margins(network, film)[1]
    torch.testing.assert_close(drawn[0] * 2 * cells.numel(), cells, atol=1e-4, rtol=1e-3)


LUNGS = torch.zeros(1, 1, 64, 64)
LUNGS[..., 16:48, 8:56] = 1
BOX = torch.zeros(1, 1, 64, 64)
BOX[..., 16:32, 8:24] = 1
SICK, WELL = torch.tensor([PNEUMONIA]), torch.tensor([CLASSES.index("NORMAL")])
COUNTS = torch.tensor([True])


def cost(cells: Tensor, masks: Tensor, labels: Tensor, counts: Tensor = COUNTS) -> float:
    return cam_supervision.loss(cells, masks, labels, counts).item()


def test_evidence_should_lie_in_the_box_and_nowhere_else() -> None:
    masks = torch.cat([LUNGS, BOX], dim=1)
    right = torch.full((1, 8, 8), -4.0) * (LUNGS[:, 0, ::8, ::8] > 0)
    right[:, 2:4, 1:3] = 4
    moved = right.roll(2, dims=1)
    outside = right.clone()
    outside[:, 0] = 3
    assert cost(right, masks, SICK) < 0.1
    assert cost(moved, masks, SICK) > 1
    assert cost(outside, masks, SICK) > 4 * cost(right, masks, SICK)


def test_healthy_lungs_speak_against_the_disease_and_unmarked_ones_of_the_sick_say_what_they_like() -> None:
    masks = torch.cat([LUNGS, torch.zeros_like(BOX)], dim=1)
    for_it = torch.full((1, 8, 8), 2.0) * (LUNGS[:, 0, ::8, ::8] > 0)
    assert cost(for_it, masks, WELL) > 1 > cost(-for_it, masks, WELL)
    assert cost(for_it, masks, SICK) == cost(-for_it, masks, SICK) == 0


def test_a_film_that_does_not_count_costs_nothing() -> None:
    masks = torch.cat([LUNGS, BOX], dim=1)
    assert cost(torch.randn(1, 8, 8), masks, SICK, ~COUNTS) == 0
