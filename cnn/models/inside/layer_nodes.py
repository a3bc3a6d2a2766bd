"""The layers of a network: name, shapes, cost and receptive field of each, and the calls of all of them on a film.

Layers are called one after the other, because readers share the networks: a hook would fire for everybody's film, and
``torch.fx`` traces by patching ``nn.Module`` for all threads.
"""

import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

import torch
from torch import Tensor, nn

from cnn.errors import UserError
from cnn.layers import layers
from cnn.layers.layer import Layer, LayerInfo, Shape, Vector, Volume
from cnn.layers.receptive_field import ReceptiveField, receptive_field
from cnn.layers.sizes import Window
from cnn.models.architectures import Residual
from cnn.models.efficientnet import EfficientNet, MBConv
from cnn.models.loading import LoadedModel
from cnn.models.registry import MODELS

Kind = Literal["conv", "norm", "relu", "pool", "max", "mean", "average", "add", "flatten", "fc"]
"""Of a layer: "pool" is the lecture's, the largest of 2x2 values after ReLU; "max" and "mean" are all other windows."""
_FLATTEN = nn.Flatten()


@dataclass(frozen=True)
class LayerCall:
    """One layer's input and output for a film.

    ``module`` is None where a block adds its input to its output.
    """

    path: str
    module: nn.Module | None
    before: Tensor
    after: Tensor


@dataclass(frozen=True)
class LayerNode:
    """One layer of a registered network, whatever the film.

    Attributes:
        name: what a reader calls it.
        path: the module's name in the network.
        kind: of the layer.
        block: the part of the network that it belongs to.
        step: its input and output shape and its costs.
        field: receptive field of its cells in pixels of the network's input; None for a vector.
        signed: whether its values can be negative.
    """

    name: str
    path: str
    kind: Kind
    block: str
    step: LayerInfo
    field: ReceptiveField | None
    signed: bool


def call_layers(network: nn.Module, pixels: Tensor) -> Iterator[LayerCall]:
    """Yield the call of each layer of ``network`` on ``pixels`` (1, 1, S, S), first to last.

    A layer is computed when it is asked for, so that reading an early one costs little.
    """
    return _walk(network, pixels, "")


def _walk(module: nn.Module, x: Tensor, path: str) -> Generator[LayerCall, None, Tensor]:
    """Yield the calls of all layers inside ``module``; return its output."""
    if isinstance(module, EfficientNet):
        x = yield from _walk(module.features, x, "features")
        x = yield from _walk(module.avgpool, x, "avgpool")
        x = yield from _walk(_FLATTEN, x, "flatten")
        return (yield from _walk(module.classifier, x, "classifier"))
    after: Tensor
    if isinstance(module, MBConv):
        inner = yield from _walk(module.block, x, f"{path}.block")
        if not module.use_res_connect:
            return inner
        after = inner + x
        yield LayerCall(f"{path}.add", None, inner, after)
        return after
    if isinstance(module, Residual):
        inner = yield from _walk(module.main, x, f"{path}.main")
        after = inner + (yield from _walk(module.shortcut, x, f"{path}.shortcut"))
        yield LayerCall(f"{path}.add", None, inner, after)
        return after
    if isinstance(module, nn.Sequential):
        for name, child in module.named_children():
            x = yield from _walk(child, x, f"{path}.{name}".lstrip("."))
        return x
    if isinstance(module, nn.Identity | nn.Dropout):
        return x  # they do nothing in evaluation mode
    after = module(x)
    yield LayerCall(path, module, x, after)
    return after


def list_layers(network: str | LoadedModel) -> tuple[LayerNode, ...]:
    """Return all layers of a network, or of the registered one of that name, in order.

    Needs no weights: only shapes are read. For registered networks that is done once; simultaneous first callers wait
    for it instead of computing it again.
    """
    name = network if isinstance(network, str) else network.name
    if isinstance(network, str) or name in MODELS:
        with _LISTING:
            return _list_layers(name)
    return _layer_nodes(network.module, network.input_size)


_LISTING = threading.Lock()


@cache
def _list_layers(name: str) -> tuple[LayerNode, ...]:
    spec = MODELS[name]
    return _layer_nodes(spec.build().eval(), spec.input_size)  # the device "meta" would import compilers, for 4 s


@torch.inference_mode()
def _layer_nodes(network: nn.Module, side: int) -> tuple[LayerNode, ...]:
    """Return the layers of a network for one film, by a pass whose values do not matter."""
    pixels = torch.zeros(1, 1, side, side, device=next(network.parameters()).device)
    nodes: list[LayerNode] = []
    branches = _Branches()
    for call in call_layers(network, pixels):
        step = _step(call)
        before = branches.before(call.path)
        # A sum has the receptive field of its longer branch, in the middle of which the other one lies.
        windows = [*before.windows, step.window] if before.windows is not None and step.window else None
        field = receptive_field(windows)[-1] if windows and isinstance(step.output, Volume) else None
        block = _block(call.path, nodes)
        kind = _kind(call.module, signed=before.signed)
        signed = kind in ("conv", "norm", "add", "fc") or (kind != "relu" and before.signed)
        nodes.append(LayerNode(_name(call, block, nodes), call.path, kind, block, step, field, signed))
        branches.after = _Reached(windows, signed)
    return tuple(nodes)


@dataclass(frozen=True)
class _Reached:
    """What there is to know of a layer's input: the windows behind it, None where there are none; its sign."""

    windows: list[Window] | None
    signed: bool

    @property
    def reach(self) -> int:
        return receptive_field(self.windows)[-1].size if self.windows else 0


class _Branches:
    """Follows a network whose blocks have two branches: both read what the block reads, and their sum has both."""

    def __init__(self) -> None:
        self.after = self._start = self._main = _Reached([], signed=True)
        self._at: tuple[str, str] = "", ""

    def before(self, path: str) -> _Reached:
        """Return what the next layer, ``path``, reads; :attr:`after` is of the layer before it."""
        at, last = _place(path), self._at
        self._at = at
        if at[0] and at[0] != last[0]:
            self._start = self._main = self.after
        if at[1] == "shortcut" != last[1]:
            self._main = self.after if last[0] == at[0] else self._start
            return self._start
        if at[1] == "add":
            return max(self._main, self.after, key=lambda branch: branch.reach)
        return self.after


def _place(path: str) -> tuple[str, str]:
    """Return the block of two branches in which a layer is, and which of them; empty words outside of one."""
    block, _, inner = path.partition(".")
    branch = inner.partition(".")[0]
    return (block, branch) if branch in ("main", "shortcut", "add") else ("", "")


def find_layer(network: str | LoadedModel, layer: str) -> LayerNode:
    """Return the layer of a network that a reader calls ``layer``.

    Raises:
        UserError: there is no such layer.
    """
    nodes = list_layers(network)
    for node in nodes:
        if node.name == layer:
            return node
    name = network if isinstance(network, str) else network.name
    raise UserError(f"The network {name} has no such layer; its first is {nodes[0].name}.")


def block_ends(network: str | LoadedModel) -> tuple[LayerNode, ...]:
    """Return the last layer with maps of each block; all layers with maps in a network without blocks."""
    last = {node.block: node for node in list_layers(network) if isinstance(node.step.output, Volume)}
    return tuple(last.values())


def _step(call: LayerCall) -> LayerInfo:
    before, after = _shape(call.before), _shape(call.after)
    if call.module is None:
        return LayerInfo(before, after, window=Window(1))
    return _layer(call.module).infer(before)


def _shape(values: Tensor) -> Shape:
    if values.ndim == 2:
        return Vector(values.shape[1])
    _, depth, height, width = values.shape
    return Volume(width, height, depth)


def _layer(module: nn.Module) -> Layer:
    """Return the layer as :mod:`cnn.layers.layers` measures it; all windows of the registered networks are square."""
    match module:
        case nn.Conv2d():
            size, stride, dilation = module.kernel_size[0], module.stride[0], module.dilation[0]
            bias = module.bias is not None
            return layers.Conv(module.out_channels, size, stride, int(module.padding[0]), dilation, module.groups, bias)
        case nn.MaxPool2d():
            kernel, stride, padding, dilation = map(
                _side, (module.kernel_size, module.stride, module.padding, module.dilation)
            )
            return layers.Pool("max", kernel, stride, padding, dilation, module.ceil_mode)
        case nn.AvgPool2d():
            kernel, stride, padding = map(_side, (module.kernel_size, module.stride, module.padding))
            return layers.Pool("average", kernel, stride, padding, ceil_mode=module.ceil_mode)
        case nn.AdaptiveAvgPool2d():
            return layers.AdaptivePool(1)
        case nn.BatchNorm2d():
            return layers.BatchNorm()
        case nn.ReLU():
            return layers.Activation("relu")
        case nn.Linear():
            return layers.Linear(module.out_features)
    return layers.Flatten()


def _side(size: int | tuple[int, int]) -> int:
    return size if isinstance(size, int) else size[0]


_KINDS: dict[type[nn.Module], Kind] = {
    nn.Conv2d: "conv",
    nn.BatchNorm2d: "norm",
    nn.ReLU: "relu",
    nn.MaxPool2d: "max",
    nn.AvgPool2d: "mean",
    nn.AdaptiveAvgPool2d: "average",
    nn.Flatten: "flatten",
    nn.Linear: "fc",
}


def _kind(module: nn.Module | None, *, signed: bool = True) -> Kind:
    if isinstance(module, nn.MaxPool2d) and not signed and _layer(module) == layers.Pool("max", 2, 2):
        return "pool"
    return "add" if module is None else _KINDS[type(module)]


def _block(path: str, previous: list[LayerNode]) -> str:
    """Return the part of the network that a layer belongs to; each of the lecture's named layers is its own."""
    parts = path.split(".")
    if block := _place(path)[0]:
        return block
    if parts[0] != "features":
        return {"avgpool": "average", "classifier": "fc"}.get(parts[0], path)
    if len(parts) == 3:  # Conv2dNormActivation outside of a block
        return "stem" if parts[1] == "0" else "head"
    if previous[-1].path.split(".")[:3] == parts[:3]:
        return previous[-1].block
    return f"block {len({node.block for node in previous})}"  # the stem is the first, so this counts from 1


def _name(call: LayerCall, block: str, previous: list[LayerNode]) -> str:
    if _place(call.path)[0]:
        return call.path.replace(".main", "").replace(".", " ")
    kind = _kind(call.module)
    if block == call.path or kind in ("average", "flatten", "fc"):
        return block
    if kind == "add" or not block.startswith("block"):
        return f"{block} {kind}"
    if not isinstance(call.module, nn.Conv2d):
        convolution = next(node for node in reversed(previous) if node.kind == "conv")
        return f"{convolution.name} {kind}"
    if call.module.groups > 1:
        return f"{block} depthwise"
    return f"{block} expand" if call.module.out_channels > call.module.in_channels else f"{block} project"
