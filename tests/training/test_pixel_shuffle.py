"""The script that made the curves: it makes the same points again, and weights that move along learn the same."""

import itertools
import json

import pytest
import torch

from cnn.lecture.pixel_shuffle import results
from cnn.training.pixel_shuffle import __main__ as pixel_shuffle


@pytest.mark.parametrize(
    ("kind", "network", "order", "epochs"),
    [
        ("shapes", "fully connected", "shuffled", 2),
        ("digits", "fully connected", "as they are", 3),
        ("digits", "convolution", "shuffled", 2),
    ],
)
def test_the_first_points_of_a_curve_come_out_again(
    kind: results.Dataset, network: results.NetworkName, order: results.Order, epochs: int
) -> None:
    seed = 1
    again = pixel_shuffle.accuracy_curve(kind, network, order, seed, epochs)
    stored = results.load_experiment(kind).curves[network, order].accuracy[seed, :epochs]
    assert again == pytest.approx(stored, abs=0.02)  # other processors round differently


def test_samples_and_counts_are_the_script_s() -> None:
    stored = json.loads(results.RESULTS.read_text(encoding="utf-8"))
    assert stored["made by"] == "python -m cnn.training.pixel_shuffle"
    assert stored["seeds"] == list(pixel_shuffle.SEEDS)
    for kind in results.DATASETS:
        pixels, _ = pixel_shuffle.load_images(kind)
        assert stored[kind]["samples"] == pixel_shuffle.sample_images(kind)
        assert stored[kind]["training"] + stored[kind]["kept out"] == len(pixels)
        for network in results.NETWORKS:
            model = pixel_shuffle.build(network, pixels.shape[-1], len(stored[kind]["names"]))
            assert stored[kind]["parameters"][network] == sum(p.numel() for p in model.parameters())
    assert stored["digits"]["greys alone"] == pytest.approx(pixel_shuffle.accuracy_of_greys("digits"), abs=0.02)


def test_a_unit_of_the_last_convolution_sees_as_far_as_the_page_says() -> None:
    model = pixel_shuffle.build("convolution", 40, 4)
    pixels = torch.rand(1, 1, 40, 40, requires_grad=True)
    model[:4](pixels)[0, :, 10, 10].sum().backward()
    columns = pixels.grad[0, 0].abs().sum(dim=0).nonzero().ravel()
    reach = int(columns.max() - columns.min()) + 1
    field = results.load_experiment("shapes").receptive_field
    assert field - 1 <= reach <= field


def test_a_fully_connected_network_whose_weights_move_with_the_pixels_learns_the_very_same() -> None:
    curves = []
    for order in results.ORDERS:
        pixels, classes = pixel_shuffle.load_tensors("digits", order)
        torch.manual_seed(0)
        model = pixel_shuffle.build("fully connected", 8, 10).double()
        if order == "shuffled":
            with torch.no_grad():
                model[1].weight.copy_(model[1].weight[:, torch.from_numpy(results.permutation(64))])
        after = pixel_shuffle.train(model, pixels.double(), classes, 597, seed=0)
        curves.append(list(itertools.islice(after, 3)))
    assert curves[0] == pytest.approx(curves[1], abs=0.004)
    assert curves[0][-1] > 0.7
