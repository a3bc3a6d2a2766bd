"""Networks: every preset layer by layer against torch's hooks and counter, random stacks, the text and the code."""

import contextlib
import io
import math
import random
from typing import Any

import pytest
import torch
import torchvision
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cnn import models
from cnn.architecture import MAX_LAYERS, PRESETS, Network, read
from cnn.errors import DoesNotFit, UserError
from cnn.layers import (
    Activation,
    AdaptivePool,
    BatchNorm,
    Dropout,
    Flatten,
    Linear,
    Softmax,
    Volume,
)
from tests.test_layers import random_layer, theirs


def built(network: Network, device: str = "meta") -> tuple[nn.Sequential, str]:
    """``net`` of the exported code, and what the code prints."""
    names: dict[str, Any] = {}
    out = io.StringIO()
    with torch.device(device), contextlib.redirect_stdout(out):
        exec(network.code(), names)
    return names["net"], out.getvalue()


def per_layer(net: nn.Sequential, volume: Volume) -> list[tuple[tuple[int, ...], int, int]]:
    """(shape, parameters, multiply-adds) of every layer, by hooks and by torch's own counter."""
    found: list[tuple[tuple[int, ...], int, int]] = []
    shapes: list[tuple[int, ...]] = []
    hooks = [layer.register_forward_hook(lambda _, __, y: shapes.append(tuple(y.shape[1:]))) for layer in net]
    x = torch.zeros(1, *volume.torch_shape, device="meta")
    for layer in net.eval():
        with FlopCounterMode(display=False) as counter:
            x = layer(x)
        parameters = sum(p.numel() for p in layer.parameters())
        found.append((shapes[-1], parameters, counter.get_total_flops() // 2))
    for hook in hooks:
        hook.remove()
    return found


@pytest.mark.parametrize("name", PRESETS)
def test_every_layer_of_every_preset_is_as_torch_has_it(name: str) -> None:
    network = read(PRESETS[name])
    net, printed = built(network)
    ours = [(s.after.torch_shape, s.parameters.value, s.multiply_adds.value) for s in network.steps()]
    assert ours == per_layer(net, network.volume)
    assert printed.strip() == network.told()
    assert len(network.csv().splitlines()) == len(network.layers) + 1
    assert read(network.text()) == network


@pytest.mark.parametrize(
    ("name", "parameters", "reference"),
    [
        ("VGG-16", 138_357_544, lambda: torchvision.models.vgg16()),
        ("AlexNet", 61_100_840, lambda: torchvision.models.alexnet()),
        ("lecture, our own", None, models.lecture),
        ("LeNet-5", 61_706, None),
    ],
)
def test_presets_are_the_networks_they_are_named_after(name: str, parameters: int | None, reference: Any) -> None:
    network = read(PRESETS[name])
    net, _ = built(network)
    total = sum(step.parameters.value for step in network.steps())
    assert parameters in (None, total)
    if reference:
        with torch.device("meta"):
            original = reference()
        assert [p.shape for p in net.parameters()] == [p.shape for p in original.parameters()]
        with FlopCounterMode(display=False) as counter:
            original(torch.zeros(1, *network.volume.torch_shape, device="meta"))
        assert 2 * sum(step.multiply_adds.value for step in network.steps()) == counter.get_total_flops()


def test_the_review_passes_the_slide_s_volumes() -> None:
    network = read(PRESETS["Review (slides 43-44)"])
    volumes = [str(network.volume), *(str(step.after) for step in network.steps())]
    assert volumes[:4] == ["32x32x3", "32x32x16", "32x32x16", "16x16x16"]
    assert volumes[-1] == "1x1x3"


def test_receptive_fields_are_the_published_ones() -> None:
    # Araujo, Norris, Sim, "Computing receptive fields of convolutional neural networks", Distill 2019.
    for name, size, jump in (("AlexNet", 195, 32), ("VGG-16", 212, 32)):
        stages = read(PRESETS[name]).stages()
        last = [stage for stage in stages if type(stage.layer).__name__ == "Pool"][-1]
        assert (last.field.size, last.field.jump) == (size, jump)
        assert stages[-1].everything
        assert stages[-1].field is None


def random_network(draw: random.Random, fitting: bool) -> Network:
    """2 to 12 layers as they come, or only such as fit."""
    network = Network(Volume(draw.randint(6, 20), draw.randint(6, 20), draw.randint(1, 4)), ())
    length = draw.randint(2, 12)
    while len(network.layers) < length:
        others = [Activation("relu"), Activation("tanh"), BatchNorm(), Dropout(0.25), Softmax(), Flatten(),
                  AdaptivePool(draw.randint(1, 3)), Linear(draw.randint(1, 5), draw.random() < 0.5)]  # fmt: skip
        layer = random_layer(draw) if draw.random() < 0.45 else draw.choice(others)
        longer = Network(network.volume, (*network.layers, layer))
        if not fitting or len(torch_shapes(longer)) == len(longer.layers):
            network = longer
    return network


def torch_shapes(network: Network) -> list[tuple[int, ...]]:
    """Shapes as torch gives them, up to the first layer that it refuses."""
    x = torch.zeros(1, *network.volume.torch_shape)
    shapes = []
    plain = {Activation: lambda a: {"relu": nn.ReLU(), "tanh": nn.Tanh()}[a.name], Dropout: lambda _: nn.Dropout(0.25),
             BatchNorm: lambda _: nn.BatchNorm2d(x.shape[1]), Softmax: lambda _: nn.Softmax(dim=1),
             AdaptivePool: lambda a: nn.AdaptiveAvgPool2d(a.size), Flatten: lambda _: nn.Flatten(),
             Linear: lambda a: nn.Linear(math.prod(x.shape[1:]), a.out_features, a.bias)}  # fmt: skip
    for layer in network.layers:
        try:
            make = plain.get(type(layer))
            module = make(layer) if make else theirs(layer, x.shape[1])
            if x.dim() == 2 and not isinstance(layer, (Activation, Dropout, Softmax, Flatten, Linear)):
                break  # torch takes a row for one picture without a batch; the course does not
            if isinstance(layer, Linear) and x.dim() == 4 and x.shape[1:3] == (1, 1):
                break  # here the whole volume happens to be as wide as its last side
            x = module.eval()(x)
        except (RuntimeError, ValueError):
            break
        if not x.numel():
            break  # torch lets a transposed convolution leave a volume without a single number
        shapes.append(tuple(x.shape[1:]))
    return shapes


def test_random_stacks_are_accepted_exactly_as_far_as_torch_runs_them() -> None:
    draw = random.Random(7)
    whole = 0
    for number in range(1000):
        network = random_network(draw, fitting=number % 5 < 2)
        ours = [stage.step.after.torch_shape for stage in network.stages() if stage.step]
        assert ours == torch_shapes(network), network.text()
        assert read(network.text()) == network
        if len(ours) == len(network.layers):
            whole += 1
            if whole % 2:
                assert built(network, "cpu")[1].count("\n") == len(ours)
        else:
            with pytest.raises(DoesNotFit, match=f"Layer {len(ours) + 1} does not fit"):
                network.code()
    assert 400 < whole < 700


def test_what_follows_a_layer_that_does_not_fit_has_no_figures() -> None:
    stages = read("8x8x3, conv 4 9, relu, flatten, fc 2").stages()
    assert "longer than the input" in stages[0].problem
    assert [stage.step for stage in stages] == [None] * 4
    assert [stage.problem for stage in stages[1:]] == [""] * 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "begins with its input volume"),
        ("32x32, conv 3 3", "begins with its input volume"),
        ("8x8x3, import os", "not a layer"),
        ("8x8x3, __import__('os').system('x')", "not a layer"),
        ("8x8x3, conv 3", "2 whole numbers"),
        ("8x8x3, conv 3 -1", "2 whole numbers"),
        ("8x8x3, conv 3 3 q2", "means nothing to conv"),
        ("8x8x3, relu 3", "takes nothing"),
        ("8x8x3, drop x", "not a layer"),
        ("8x8x3" + ", relu" * 500, f"{MAX_LAYERS} or fewer"),
        ("8x8x3, " + "z" * 100_000, "not a layer"),
    ],
)
def test_text_that_is_no_network_is_refused_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises(UserError, match=said) as refusal:
        read(text)
    assert len(str(refusal.value)) < 200


def test_numbers_out_of_range_are_refused_where_they_stand() -> None:
    for text in ("0x8x3, relu", "999999999x999999999x3, conv 3 3", "8x8x3, conv 9 3, conv 9 999999999",
                 "8x8x3, conv 3 3 s0", "8x8x3, flatten, fc 0", "8x8x3, adaptive 0",
                 "9999x9999x99, flatten", "9999x9999x3, tconv 1 2 s2",
                 "9x9x3, adaptive 10000, conv 99999 1, flatten", "8x8x3, conv 0 3"):  # fmt: skip
        with pytest.raises(DoesNotFit):
            read(text).steps()
