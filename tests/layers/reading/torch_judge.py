"""What PyTorch itself counts of a network: shapes, parameters, and multiply-adds of convolutions and linear layers."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from tests.layers.reading.network_texts import HEAD

_CONVS = {torch.conv1d, torch.conv2d, torch.conv3d}
BATCH = 2
_TRANSPOSED = {torch.conv_transpose1d, torch.conv_transpose2d, torch.conv_transpose3d}


@dataclass
class Counts:
    """What a run has counted."""

    output: tuple[int, ...] = ()
    parameters: int = 0
    multiply_adds: int = 0
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)


class _Counter(TorchFunctionMode):
    """Counts products of convolutions and linear layers, whether modules or functions call them."""

    def __init__(self, counts: Counts) -> None:
        super().__init__()
        self.counts = counts

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        output = function(*args, **(kwargs or {}))
        images = BATCH if isinstance(output, Tensor) and output.dim() and output.shape[0] % BATCH == 0 else 1
        if function is F.linear:
            self.counts.multiply_adds += output.numel() * args[1].shape[-1] // images
        elif function in _CONVS:
            self.counts.multiply_adds += output[:, 0].numel() * args[1].numel() // images
        elif function in _TRANSPOSED:
            self.counts.multiply_adds += args[0][:, 0].numel() * args[1].numel() // images
        return output


def build(source: str) -> nn.Module:
    """Run the source of a test and return its network."""
    names: dict[str, Any] = {"__name__": "a_test"}
    exec(HEAD + source, names)
    if "net" not in names:
        names["net"] = [value for value in names.values() if isinstance(value, type) and value.__module__ == "a_test"][
            -1
        ]()
    return names["net"].eval()


def _note_shape(shapes: dict[str, tuple[int, ...]], name: str, _: nn.Module, __: Any, output: Any) -> None:
    if isinstance(output, Tensor):
        shapes.setdefault(name, tuple(output.shape[1:]))


def count(network: nn.Module, shape: tuple[int, ...]) -> Counts:
    """Run a network on zeros and return what it counts."""
    counts = Counts(parameters=sum({id(p): p.numel() for p in network.parameters()}.values()))
    for name, module in network.named_modules():
        if not list(module.children()):
            module.register_forward_hook(partial(_note_shape, counts.shapes, name))
    device = next((parameter.device for parameter in network.parameters()), None)
    with torch.no_grad(), _Counter(counts):
        output = network(torch.zeros(BATCH, *shape, device=device))
    while not isinstance(output, Tensor):
        output = next(iter(output.values())) if isinstance(output, dict) else output[0]
    counts.output = tuple(output.shape[1:])
    return counts
