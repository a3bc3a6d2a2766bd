"""Layers: shapes, parameters and multiply-adds are torch's, and its own counter's; what torch refuses is refused."""

import random

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cnn.errors import DoesNotFit
from cnn.layers.layer import Layer, Vector, Volume
from cnn.layers.layers import Conv, ConvTranspose, Pool


def random_layer(draw: random.Random) -> Layer:
    kernel, stride, padding, dilation, groups = (draw.randint(1, top) for top in (5, 3, 3, 2, 3))
    match draw.randrange(3):
        case 0:
            return Conv(draw.randint(1, 6), kernel, stride, padding - 1, dilation, groups, draw.random() < 0.5)
        case 1:
            numbers = (kernel, stride, padding - 1, draw.randint(0, 2), dilation, groups)
            return ConvTranspose(draw.randint(1, 6), *numbers, draw.random() < 0.5)
        case _:
            return Pool(draw.choice(["max", "average"]), kernel, stride, padding - 1, dilation, draw.random() < 0.5)


def theirs(layer: Layer, depth: int) -> nn.Module:
    """The same in torch, built from the fields and not from the line of code."""
    if isinstance(layer, Pool):
        if layer.kind == "max":
            return nn.MaxPool2d(
                layer.kernel_size, layer.stride, layer.padding, layer.dilation, ceil_mode=layer.ceil_mode
            )
        if layer.dilation > 1:
            raise ValueError
        return nn.AvgPool2d(layer.kernel_size, layer.stride, layer.padding, layer.ceil_mode)
    numbers = {name: getattr(layer, name) for name in ("stride", "padding", "dilation", "groups", "bias")}
    if isinstance(layer, ConvTranspose):
        return nn.ConvTranspose2d(
            depth, layer.out_channels, layer.kernel_size, **numbers, output_padding=layer.output_padding
        )
    return nn.Conv2d(depth, layer.out_channels, layer.kernel_size, **numbers)


def test_random_layers_are_accepted_exactly_when_torch_runs_them_and_cost_what_it_counts() -> None:
    draw = random.Random(11)
    outcomes = {True: 0, False: 0}
    for _ in range(1000):
        before = Volume(draw.randint(1, 12), draw.randint(1, 12), draw.randint(1, 6))
        layer = random_layer(draw)
        try:
            module = theirs(layer, before.depth)
            with FlopCounterMode(display=False) as counter:
                shape = tuple(module(torch.zeros(1, *before.torch_shape)).shape[1:])
            if 0 in shape:  # torch lets a transposed convolution leave a volume without a single number
                raise ValueError
        except (RuntimeError, ValueError):
            with pytest.raises(DoesNotFit):
                layer.infer(before)
            outcomes[False] += 1
            continue
        step = layer.infer(before)
        assert step.output.torch_shape == shape, (before, layer)
        assert step.parameters.value == sum(p.numel() for p in module.parameters())
        assert 2 * step.multiply_adds.value == counter.get_total_flops()
        assert repr(eval(layer.torch_code(before), {"nn": nn})) == repr(module)
        outcomes[True] += 1
    assert min(outcomes.values()) > 250


def test_the_lecture_s_layers() -> None:
    image = Volume(32, 32, 3)
    step = Conv(6, 5).infer(image)
    assert (str(step.output), step.parameters.formula) == ("28x28x6", "(5*5*3)*6 + 6 = 456")
    assert step.multiply_adds.value == 75 * 28 * 28 * 6
    assert str(Pool("max", 2, 2).infer(Volume(100, 100, 128)).output) == "50x50x128"
    for kernel, stride, padding, after in ((3, 1, 1, "32x32x64"), (5, 1, 2, "32x32x64"), (5, 2, 2, "16x16x64")):
        assert str(Conv(64, kernel, stride, padding).infer(image).output) == after


def test_what_does_not_fit_is_said_in_a_sentence() -> None:
    for layer, before, said in (
        (Conv(4, 9), Volume(5, 5, 1), "longer than the input"),
        (Conv(4, 3), Vector(10), "put it before Flatten"),
        (Conv(4, 3, groups=2), Volume(5, 5, 3), "2 groups"),
        (Conv(10**12, 3), Volume(5, 5, 3), "output channels"),
        (Pool("max", 2, 2, 2), Volume(5, 5, 3), "more than half"),
        (Pool("average", 2, 2, 0, 2), Volume(5, 5, 3), "no dilation"),
        (ConvTranspose(4, 3, output_padding=1), Volume(5, 5, 3), "output padding"),
    ):
        with pytest.raises(DoesNotFit, match=said):
            layer.infer(before)
