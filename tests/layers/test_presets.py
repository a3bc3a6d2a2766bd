"""Every preset, layer by layer: shapes, parameters and memory by torch's hooks, multiply-adds by its counter, and what
a unit sees by gradients; and the whole against torchvision, its published counts, and our own networks."""

import contextlib
import io
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import AlexNet_Weights, ResNet18_Weights, VGG16_Weights

from cnn.layers import to_torch
from cnn.layers.network import Network
from cnn.layers.network_text import parse
from cnn.layers.presets import PRESETS
from cnn.models import architectures


def built(network: Network, device: str = "meta") -> tuple[nn.Sequential, str]:
    """``net`` of the exported code, and what the code prints."""
    names: dict[str, Any] = {}
    out = io.StringIO()
    with torch.device(device), contextlib.redirect_stdout(out):
        exec(to_torch.torch_code(network), names)
    return names["net"], out.getvalue().rstrip()


def told_by_torch(net: nn.Sequential, shape: tuple[int, ...]) -> list[tuple[tuple[int, ...], int, int, int]]:
    """(shape, parameters, multiply-adds, bytes) behind every layer, in the order in which torch runs them."""
    found: list[tuple[tuple[int, ...], int, int, int]] = []
    counted = 0

    def hook(layer: nn.Module, _: Any, after: Tensor) -> None:
        nonlocal counted
        parameters = sum(p.numel() for p in layer.parameters()) if not list(layer.children()) else 0
        products = (counter.get_total_flops() - counted) // 2
        counted = counter.get_total_flops()
        found.append((tuple(after.shape[1:]), parameters, products, after.numel() * after.element_size()))

    for layer in net.modules():
        layer._forward_hooks.clear()  # those of the exported code, which print
        if not isinstance(layer, nn.Sequential):
            layer.register_forward_hook(hook)
    with FlopCounterMode(display=False) as counter:
        net.eval()(torch.zeros(1, *shape, device="meta"))
    return found


def thin(module: nn.Module, side: int) -> nn.Module | None:
    """The same along one side and for one channel, averaging, so that a gradient reaches all that a unit sees."""
    match module:
        case nn.Conv2d():
            numbers = (module.kernel_size[0], module.stride[0], module.padding[0], module.dilation[0])
            twin = nn.Conv1d(1, 1, *numbers, bias=False)
            nn.init.constant_(twin.weight, 1 / module.kernel_size[0])
            return twin
        case nn.MaxPool2d() | nn.AvgPool2d():
            return nn.AvgPool1d(module.kernel_size, module.stride, module.padding, module.ceil_mode)
        case nn.AdaptiveAvgPool2d():
            size = module.output_size
            return nn.AvgPool1d(side // size) if side % size == 0 else None
        case nn.Linear():
            return None
    return nn.Identity()


def seen(net: nn.Sequential, sides: list[int], length: int = 4096) -> list[tuple[int, int, int] | None]:
    """(size, jump, start) of the receptive field behind every layer, measured; None from where it is not defined."""
    picture = torch.zeros(1, 1, length, dtype=torch.float64, requires_grad=True)
    found: list[tuple[int, int, int] | None] = []
    left = iter(sides)
    known: dict[Tensor, tuple[int, int, int]] = {}  # an activation hands on the same tensor

    def measured(x: Tensor) -> tuple[int, int, int]:
        if x in known:
            return known[x]
        unit = x.shape[-1] // 2
        edges = []
        for number in (unit, unit + 1):
            (gradient,) = torch.autograd.grad(x[0, 0, number], picture, retain_graph=True)
            edges.append(gradient[0, 0].nonzero().flatten())
        jump = int(edges[1][0] - edges[0][0])
        known[x] = int(edges[0][-1] - edges[0][0]) + 1, jump, int(edges[0][0]) - unit * jump
        return known[x]

    def run(layers: nn.Module, x: Tensor | None) -> Tensor | None:
        for layer in layers.children():
            if type(layer).__name__ == "Residual":
                ways = run(layer.main, x), run(layer.shortcut, x)
                x = None if None in ways else sum(ways)  # type: ignore[arg-type]
            else:
                twin = thin(layer, next(left))
                x = twin.double()(x) if twin and x is not None else None
            found.append(None if x is None else measured(x))
        return x

    run(net, picture)
    return found


@pytest.mark.parametrize("name", PRESETS)
def test_every_layer_of_every_preset_is_as_torch_has_it(name: str) -> None:
    network = parse(PRESETS[name])
    net, printed = built(network)
    stages, steps = network.stages(), network.layer_infos()
    ours = [
        (step.output.torch_shape, step.parameters.value, step.multiply_adds.value, stage.memory.value)
        for stage, step in zip(stages, steps, strict=True)
    ]
    assert ours == told_by_torch(net, network.volume.torch_shape)
    assert printed == to_torch.expected_output(network)
    fields = [(stage.field.size, stage.field.jump, stage.field.start) if stage.field else None for stage in stages]
    sides = [step.input.torch_shape[-1] for stage, step in zip(stages, steps, strict=True) if stage.branch != "sum"]
    assert fields == seen(net, sides)
    assert len(network.csv().splitlines()) == len(stages) + 1
    assert parse(str(network)) == network


REFERENCES: dict[str, tuple[int, Callable[[], nn.Module] | None]] = {
    "LeNet-5": (61_706, None),
    "AlexNet": (61_100_840, torchvision.models.alexnet),
    "VGG-16": (138_357_544, torchvision.models.vgg16),
    "ResNet-18": (11_689_512, torchvision.models.resnet18),
    "Lecture CNN": (193_506, architectures.lecture),
    "EfficientNet-Lite0": (3_372_994, architectures.lite0),
}


@pytest.mark.parametrize("name", REFERENCES)
def test_presets_are_the_networks_they_are_named_after(name: str) -> None:
    network = parse(PRESETS[name])
    parameters, reference = REFERENCES[name]
    assert sum(step.parameters.value for step in network.layer_infos()) == parameters
    if reference:
        with torch.device("meta"):
            original = reference()
        net, _ = built(network)
        assert [p.shape for p in net.parameters()] == [p.shape for p in original.parameters()]
        with FlopCounterMode(display=False) as counter:
            original.eval()(torch.zeros(1, *network.volume.torch_shape, device="meta"))
        assert 2 * sum(step.multiply_adds.value for step in network.layer_infos()) == counter.get_total_flops()


@pytest.mark.parametrize(
    ("name", "weights"),
    [("AlexNet", AlexNet_Weights), ("VGG-16", VGG16_Weights), ("ResNet-18", ResNet18_Weights)],
)
def test_totals_are_those_that_torchvision_publishes(name: str, weights: Any) -> None:
    steps = parse(PRESETS[name]).layer_infos()
    published = weights.IMAGENET1K_V1.meta
    assert sum(step.parameters.value for step in steps) == published["num_params"]
    assert round(sum(step.multiply_adds.value for step in steps) / 1e9, 3) == published["_ops"]


def test_the_review_passes_the_slide_s_volumes() -> None:
    network = parse(PRESETS["Review (slides 43-44)"])
    volumes = [str(network.volume), *(str(step.output) for step in network.layer_infos())]
    assert volumes[:4] == ["32x32x3", "32x32x16", "32x32x16", "16x16x16"]
    assert volumes[-1] == "1x1x3"


def test_receptive_fields_are_the_published_ones() -> None:
    # Araujo, Norris, Sim, "Computing receptive fields of convolutional neural networks", Distill 2019.
    for name, size, jump in (("AlexNet", 195, 32), ("VGG-16", 212, 32), ("ResNet-18", 435, 32)):
        stages = parse(PRESETS[name]).stages()
        before = next(place for place, stage in enumerate(stages) if type(stage.layer).__name__ == "AdaptivePool")
        field = stages[before - 1].field
        assert field
        assert (field.size, field.jump) == (size, jump)
        assert stages[-1].whole_input
        assert stages[-1].field is None
