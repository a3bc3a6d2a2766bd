"""Receptive fields of layers against the cells of the input that change them, as the gradients of PyTorch have them."""

from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from cnn.layers.reading.read import read_graph
from cnn.layers.receptive_field import ReceptiveField
from tests.layers.reading.network_texts import HEAD
from tests.layers.reading.torch_judge import build


def differing_fields(source: str, shape: tuple[int, ...]) -> list[str]:
    """Say which layers have other receptive fields than the gradients of PyTorch show."""
    graph = read_graph(HEAD + source, shape)
    network = prepared(build(source))
    outputs: dict[str, list[Tensor]] = {}
    for name, module in network.named_modules():
        if not list(module.children()):
            module.register_forward_hook(partial(_keep, outputs, name))
    image = torch.rand(2, *shape, dtype=torch.float64, requires_grad=True)
    with _SumsForMaxima():
        network(image)
    calls: dict[str, int] = {}
    wrong = []
    for node in graph.nodes[1:]:
        path = node.operation.path
        if not node.operation.code.startswith("nn.") or path not in outputs:
            continue
        number = calls[path] = calls.get(path, -1) + 1
        sides = image.shape[2:]
        if node.fields is None or node.fields == "all" or len(node.fields) != len(sides):
            continue
        output = outputs[path][min(number, len(outputs[path]) - 1)]
        if output.dim() != len(sides) + 2 or not output.requires_grad:
            continue
        for along, field in enumerate(node.fields):
            for unit in {0, output.shape[2 + along] // 2, output.shape[2 + along] - 1}:
                if not covers(image, output, along, unit, field):
                    wrong.append(f"{path} {node.operation.kind}: unit {unit} along side {along}, {field}")
    return wrong


def covers(image: Tensor, output: Tensor, along: int, unit: int, field: ReceptiveField) -> bool:
    """Whether units at one place along a side read no cell outside of a field, and the cells at both its ends."""
    (gradient,) = torch.autograd.grad(
        output[:1].select(2 + along, unit).sum(), image, retain_graph=True, allow_unused=True
    )
    if gradient is None:
        return False
    cells = gradient[0].abs().movedim(1 + along, 0).flatten(1).sum(1).nonzero().flatten()
    start = field.start + unit * field.jump
    low, high = max(0, start), min(image.shape[2 + along], start + field.size) - 1
    return bool(len(cells)) and (int(cells.min()), int(cells.max())) == (low, high)


def prepared(network: nn.Module) -> nn.Module:
    """Make weights small and positive, so that every cell that is read has a gradient, and leave out normalisation."""
    network = network.double().eval()
    for parameter in network.parameters():
        nn.init.uniform_(parameter, 0.5, 1.0)
        parameter.data /= parameter[0].numel() if parameter.dim() > 1 else 100
    for name, module in list(network.named_modules()):
        if isinstance(module, nn.GroupNorm | nn.InstanceNorm2d | nn.InstanceNorm3d | nn.BatchNorm1d | nn.BatchNorm2d):
            parent, _, last = name.rpartition(".")
            setattr(network.get_submodule(parent), last, nn.Identity())  # statistics would tie all cells together
    return network


class _SumsForMaxima(TorchFunctionMode):
    """Replaces the maximum of each window by its sum, which depends on every cell of the window."""

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if function in _MEANS:
            function, args, kwargs = _MEANS[function], args[:2], None
        output = function(*args, **(kwargs or {}))
        if function not in _MAXIMA:
            return output
        names = ("input", "kernel_size", "stride", "padding", "dilation", "ceil_mode")
        return _summed(output, **(dict(zip(names, args, strict=False)) | (kwargs or {})))


_MAXIMA = (F.max_pool1d, F.max_pool2d, F.max_pool3d)
_MEANS = {F.adaptive_max_pool1d: F.adaptive_avg_pool1d, F.adaptive_max_pool2d: F.adaptive_avg_pool2d}
_CONVOLVE = (F.conv1d, F.conv2d, F.conv3d)


def _summed(largest: Tensor, input: Tensor, kernel_size: Any, stride: Any = None, **options: Any) -> Tensor:
    sides, channels = input.dim() - 2, input.shape[1]
    kernel = (tuple(kernel_size) * sides)[:sides] if isinstance(kernel_size, tuple | list) else (kernel_size,) * sides
    for name in ("ceil_mode", "return_indices"):
        options.pop(name, None)
    weight = torch.ones(channels, 1, *kernel, dtype=input.dtype)
    ends = [n for _ in range(sides) for n in (0, max(kernel))]  # a window that ceil_mode adds reads less than it spans
    padded, options["padding"] = _padded(input, options.get("padding", 0), ends)
    summed = _CONVOLVE[sides - 1](padded, weight, stride=stride or kernel, groups=channels, **options)
    return summed[(..., *(slice(0, side) for side in largest.shape[2:]))].contiguous()


def _padded(image: Tensor, padding: Any, ends: list[int]) -> tuple[Tensor, int]:
    sides = image.dim() - 2
    pads = (tuple(padding) * sides)[:sides] if isinstance(padding, tuple | list) else (padding,) * sides
    both = [n for pad, end in zip(pads, ends[1::2], strict=True) for n in (pad, pad + end)]
    return F.pad(image, [both[2 * (sides - 1 - i) + j] for i in range(sides) for j in (0, 1)]), 0


def _keep(outputs: dict[str, list[Tensor]], name: str, _: nn.Module, __: Any, output: Any) -> None:
    if isinstance(output, Tensor):
        outputs.setdefault(name, []).append(output)
