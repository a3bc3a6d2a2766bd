"""What travels between the layers of a network: the maps of a film, what each cell sees, how much each map counts.

Nothing is hooked, because readers share the networks: layers are called one after the other.
"""

import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torchvision.models.efficientnet import EfficientNet, MBConv

from cnn.errors import UserError
from cnn.imaging.preprocess import resample, to_tensor
from cnn.imaging.radiograph import Radiograph
from cnn.layers import layers
from cnn.layers.layers import Layer, LayerInfo, Shape, Vector, Volume
from cnn.layers.receptive_field import ReceptiveField, receptive_field
from cnn.layers.sizes import Window
from cnn.models.inference import device
from cnn.models.loading import LoadedModel
from cnn.models.registry import MODELS
from cnn.ops.windows import Array

Maps = NDArray[np.float32]
Kind = Literal["conv", "norm", "relu", "pool", "average", "add", "flatten", "fc"]
_FLATTEN = nn.Flatten()


@dataclass(frozen=True)
class LayerCall:
    """One layer while a film passes it. ``module`` is None where a block adds its input to its output."""

    path: str
    module: nn.Module | None
    before: Tensor
    after: Tensor


@dataclass(frozen=True)
class LayerNode:
    """One layer of a registered network, whatever the film: its name to a reader, its place, what it costs and sees.

    ``path`` is the module's name in the network. ``block`` is the part of the network that it belongs to. ``field`` is
    the receptive field of its cells in pixels of the network's input, None for numbers in a row.
    """

    name: str
    path: str
    kind: Kind
    block: str
    step: LayerInfo
    field: ReceptiveField | None

    @property
    def signed(self) -> bool:
        """Whether its numbers can be negative."""
        return self.kind in ("conv", "norm", "add", "fc")


@dataclass(frozen=True)
class Activation:
    """A layer's input (C, H, W) and output (K, H2, W2) for one film."""

    layer: LayerNode
    before: Maps
    after: Maps


@dataclass(frozen=True)
class FilterTrace:
    """One filter of a convolution on its whole input: padded (C, PH, PW), weight (C, F, F), sums (H2, W2, C).

    ``sums`` holds what each channel adds to each cell; all of them and ``bias`` make the cell of ``output`` (H2, W2).
    """

    padded: Maps
    weight: Maps
    bias: float
    sums: Maps
    output: Maps

    @property
    def together(self) -> Maps:
        """(H2, W2): the channels' sums added up, without the bias."""
        return self.sums.sum(-1, dtype=np.float64).astype(np.float32)


@dataclass(frozen=True)
class ScoreParts:
    """How the last maps (C, h, w) make one class's score: ``parts`` (C,) and ``bias`` add up to ``logit``, exactly."""

    layer: LayerNode
    maps: Maps
    parts: Maps
    bias: float
    logit: float


def passes(network: nn.Module, pixels: Tensor) -> Generator[LayerCall, Tensor | None, Tensor]:
    """Each layer of ``network`` at work on ``pixels`` (1, 1, S, S), first to last, as it is asked for.

    What is sent into the generator goes on in place of the layer's output.
    """
    return _through(network, pixels, "")


def _through(module: nn.Module, x: Tensor, path: str) -> Generator[LayerCall, Tensor | None, Tensor]:
    if isinstance(module, EfficientNet):
        x = yield from _through(module.features, x, "features")
        x = yield from _through(module.avgpool, x, "avgpool")
        x = yield from _through(_FLATTEN, x, "flatten")
        return (yield from _through(module.classifier, x, "classifier"))
    if isinstance(module, MBConv):
        inner = yield from _through(module.block, x, f"{path}.block")
        if not module.use_res_connect:
            return inner
        after = inner + x
        given = yield LayerCall(f"{path}.add", None, inner, after)
        return after if given is None else given
    if isinstance(module, nn.Sequential):
        for name, child in module.named_children():
            x = yield from _through(child, x, f"{path}.{name}".lstrip("."))
        return x
    if isinstance(module, nn.Identity | nn.Dropout):
        return x  # they do nothing when a network is used
    after = module(x)
    given = yield LayerCall(path, module, x, after)
    return after if given is None else given


def list_layers(name: str) -> tuple[LayerNode, ...]:
    """All layers of the registered network ``name`` in order. Needs no weights: only shapes pass.

    Worked out once, which takes a second: who asks at the same time waits for it instead of doing it again.
    """
    with _PLANNING:
        return _list_layers(name)


_PLANNING = threading.Lock()


@cache
def _list_layers(name: str) -> tuple[LayerNode, ...]:
    architecture = MODELS[name]
    with torch.device("meta"):
        network = architecture.build().eval()
        pixels = torch.empty(1, 1, architecture.input_size, architecture.input_size)
    stops: list[LayerNode] = []
    windows: list[Window] | None = []
    for passed in passes(network, pixels):
        step = _step(passed)
        # A sum sees what its longer branch sees: the other one looks at the middle of that.
        windows = [*windows, step.window] if windows is not None and step.window else None
        field = receptive_field(windows)[-1] if windows and isinstance(step.after, Volume) else None
        block = _block(passed.path, stops)
        stops.append(LayerNode(_name(passed, block, stops), passed.path, _kind(passed.module), block, step, field))
    return tuple(stops)


def find_layer(name: str, layer: str) -> LayerNode:
    """The layer of the network ``name`` that a reader calls ``layer``. Raises ``UserError``."""
    for one in list_layers(name):
        if one.name == layer:
            return one
    raise UserError(f"The network {name} has no such layer; its first is {list_layers(name)[0].name}.")


def block_ends(name: str) -> tuple[LayerNode, ...]:
    """The last layer with maps of each block; all layers with maps in a network without blocks."""
    mapped = [one for one in list_layers(name) if isinstance(one.step.after, Volume)]
    following = [*mapped[1:], None]
    return tuple(one for one, after in zip(mapped, following, strict=True) if not after or one.block != after.block)


def _step(passed: LayerCall) -> LayerInfo:
    before, after = _shape(passed.before), _shape(passed.after)
    if passed.module is None:
        return LayerInfo(before, after, window=Window(1))
    return _layer(passed.module).through(before)


def _shape(values: Tensor) -> Shape:
    if values.ndim == 2:
        return Vector(values.shape[1])
    _, depth, height, width = values.shape
    return Volume(width, height, depth)


def _layer(module: nn.Module) -> Layer:
    """The layer as :mod:`cnn.layers.layers` measures it; all windows of the registered networks are square."""
    match module:
        case nn.Conv2d():
            return layers.Conv(
                module.out_channels, module.kernel_size[0], module.stride[0], int(module.padding[0]),
                module.dilation[0], module.groups, module.bias is not None,
            )  # fmt: skip
        case nn.MaxPool2d():
            return layers.Pool("max", _side(module.kernel_size), _side(module.stride))
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


_KINDS: tuple[tuple[type[nn.Module], Kind], ...] = (
    (nn.Conv2d, "conv"), (nn.BatchNorm2d, "norm"), (nn.ReLU, "relu"), (nn.MaxPool2d, "pool"),
    (nn.AdaptiveAvgPool2d, "average"), (nn.Flatten, "flatten"), (nn.Linear, "fc"),
)  # fmt: skip


def _kind(module: nn.Module | None) -> Kind:
    return next((kind for of, kind in _KINDS if isinstance(module, of)), "add")


def _block(path: str, before: list[LayerNode]) -> str:
    """Which part of the network a layer belongs to; the lecture's layers have names of their own and stand alone."""
    parts = path.split(".")
    if parts[0] != "features":
        return {"avgpool": "average", "classifier": "fc"}.get(parts[0], path)
    if len(parts) == 3:  # Conv2dNormActivation outside of a block
        return "stem" if parts[1] == "0" else "head"
    if before[-1].path.split(".")[:3] == parts[:3]:
        return before[-1].block
    return f"block {len({one.block for one in before})}"  # the stem came first, so this counts from 1


def _name(passed: LayerCall, block: str, before: list[LayerNode]) -> str:
    kind = _kind(passed.module)
    if block == passed.path or kind in ("average", "flatten", "fc"):
        return block
    if kind == "add" or not block.startswith("block"):
        return f"{block} {kind}"
    if isinstance(passed.module, nn.Conv2d):
        into, out = passed.module.in_channels, passed.module.out_channels
        return f"{block} {'depthwise' if passed.module.groups > 1 else 'expand' if out > into else 'project'}"
    of = next(one for one in reversed(before) if one.kind == "conv")
    return f"{of.name} {kind}"


def read_activation(model: LoadedModel, pixels: Tensor, wanted: LayerNode) -> Activation:
    """What ``wanted`` makes of ``pixels`` (1, 1, S, S); the layers behind it are not run."""
    return next(iter(read_activations(model, pixels, (wanted,))))


def read_activations(model: LoadedModel, pixels: Tensor, wanted: tuple[LayerNode, ...]) -> Iterator[Activation]:
    """Each of ``wanted``, which are in the order of the network, on one way through it."""
    waiting = list(wanted)
    with torch.inference_mode():
        for passed in passes(model.module, pixels.to(device())):
            if waiting and passed.path == waiting[0].path:
                yield Activation(waiting.pop(0), _maps(passed.before), _maps(passed.after))
            if not waiting:
                return


def _maps(values: Tensor) -> Maps:
    return np.asarray(values[0].float().cpu().numpy())


def trace_filter(model: LoadedModel, opened: Activation, number: int) -> FilterTrace:
    """Filter ``number``, from 0, of an ungrouped convolution; PyTorch takes the sums, a slice of weights a channel."""
    module = model.module.get_submodule(opened.layer.path)
    assert isinstance(module, nn.Conv2d)
    depth, margin = module.in_channels, int(module.padding[0])
    padded = np.pad(opened.before, ((0, 0), (margin, margin), (margin, margin)))
    weight = module.weight[number]  # (C, F, F)
    with torch.inference_mode():
        sums = nn.functional.conv2d(
            torch.from_numpy(padded)[None].to(weight.device), weight[:, None], stride=module.stride, groups=depth
        )  # (1, C, H2, W2)
    bias = 0.0 if module.bias is None else float(module.bias[number])
    by_cell = np.ascontiguousarray(_maps(sums).transpose(1, 2, 0))
    return FilterTrace(padded, np.asarray(weight.cpu().numpy()), bias, by_cell, opened.after[number])


def split_score(model: LoadedModel, pixels: Tensor, target: int) -> ScoreParts:
    """What each of the last maps adds to the logit of class ``target``: its numbers times their weights, added up.

    Where a map is averaged first, that is its mean times one weight. Exact, because the layer is linear.
    """
    *_, last, _, full = passes_through(model, pixels)
    assert isinstance(full.module, nn.Linear)
    maps = _maps(last.after)  # (C, h, w)
    weight = _maps(full.module.weight[target].view(1, *maps.shape))
    parts = (weight * maps).sum((1, 2))
    return ScoreParts(
        next(one for one in list_layers(model.name) if one.path == last.path),
        maps, parts, float(full.module.bias[target]), float(full.after[0, target]),
    )  # fmt: skip


def passes_through(model: LoadedModel, pixels: Tensor) -> list[LayerCall]:
    """All layers at work on ``pixels``."""
    with torch.inference_mode():
        return list(passes(model.module, pixels.to(device())))


def activation_x_gradient(model: LoadedModel, pixels: Tensor, wanted: LayerNode, target: int) -> Maps:
    """(K,): for each map of ``wanted``, the sum over its cells of activation times the logit's gradient there.

    A first-order estimate of how far the logit of class ``target`` would move if the map were cleared; exact at the
    last maps, behind which the network is linear. Source: the channel's part of "Gradient x Input" (Shrikumar et al.,
    arXiv 1605.01713, 2016), taken at a hidden layer.
    """
    with torch.inference_mode(False), torch.enable_grad():
        way = passes(model.module, pixels.detach().clone().to(device()))
        leaf, passed = None, next(way)
        try:
            while True:
                if passed.path == wanted.path:
                    leaf = passed.after.detach().requires_grad_()
                passed = way.send(leaf if passed.path == wanted.path else None)
        except StopIteration as end:
            logits = end.value
        assert leaf is not None
        (gradient,) = torch.autograd.grad(logits[0, target], leaf)
    return _maps((leaf * gradient).sum((2, 3)).detach())


def first_filters(model: LoadedModel) -> Maps:
    """(K, F, F): the weights of the first convolution, which reads one grey channel."""
    first = next(module for module in model.module.modules() if isinstance(module, nn.Conv2d))
    return np.asarray(first.weight[:, 0].cpu().numpy())


def zero_share(maps: Maps) -> float:
    """Which share of all numbers is exactly 0."""
    return float((maps == 0).mean())


def film_correlation(maps: Maps, pixels: Tensor) -> float:
    """How much the maps (K, h, w) look like the film, 0 to 1.

    The mean size of the correlation between a map and ``pixels`` (1, 1, S, S) made as small; an even map counts 0.
    """
    film = resample(pixels, maps.shape[-1])[0, 0].numpy().ravel()
    film = film - film.mean()
    flat = maps.reshape(len(maps), -1)
    flat = flat - flat.mean(1, keepdims=True)
    lengths = np.linalg.norm(flat, axis=1) * np.linalg.norm(film)
    found = np.divide(flat @ film, lengths, out=np.zeros(len(maps), np.float32), where=lengths > 0)
    return float(np.abs(found).mean())


def pool_input(model: LoadedModel, radiograph: Radiograph, stage: int) -> Array:
    """(C, H, W): what the pooling layer number ``stage``, from 1, of the ``lecture`` network reads.

    Raises ``KeyError`` if there is no such layer.
    """
    with torch.inference_mode():
        for passed in passes(model.module, to_tensor(radiograph, model.input_size).to(device())):
            if passed.path == f"pool{stage}":
                return passed.before[0].double().cpu().numpy()
    raise KeyError(f"pool{stage}")
