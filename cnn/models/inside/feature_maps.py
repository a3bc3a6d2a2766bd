"""The layers of a network at work on a film: feature maps, what a filter adds up, and each map's share in a score."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnn.imaging.preprocess import resample, to_tensor
from cnn.imaging.radiograph import Radiograph
from cnn.models.inference import device
from cnn.models.inside.layer_nodes import LayerNode, call_layers, list_layers
from cnn.models.loading import LoadedModel
from cnn.ops.windows import Array

Maps = NDArray[np.float32]


@dataclass(frozen=True)
class Activation:
    """A layer's input (C, H, W) and output (K, H2, W2) for one film."""

    layer: LayerNode
    before: Maps
    after: Maps


@dataclass(frozen=True)
class FilterTrace:
    """One filter of a convolution applied to a whole input.

    Attributes:
        source: name of the layer whose maps are the input.
        padded: the input with its padding, (C, PH, PW).
        weight: (C, F, F).
        bias: added to every sum; 0 where the layer has none.
        sums: what each channel adds to each cell of the output, (H2, W2, C).
        output: (H2, W2), the sum over all channels plus the bias.
    """

    source: str
    padded: Maps
    weight: Maps
    bias: float
    sums: Maps
    output: Maps

    @property
    def without_bias(self) -> Maps:
        """The sum over all channels, (H2, W2)."""
        total: Maps = self.sums.sum(-1, dtype=np.float64).astype(np.float32)
        return total


@dataclass(frozen=True)
class ScoreParts:
    """The last maps (C, h, w) and what each contributes to a class's logit.

    ``contributions`` (C,) and ``bias`` add up to ``logit`` exactly.
    """

    layer: LayerNode
    maps: Maps
    contributions: Maps
    bias: float
    logit: float


def read_activation(model: LoadedModel, pixels: Tensor, layer: LayerNode) -> Activation:
    """Return the activation of ``layer`` for ``pixels`` (1, 1, S, S); later layers are not computed."""
    return next(read_activations(model, pixels, (layer,)))


def read_activations(model: LoadedModel, pixels: Tensor, nodes: tuple[LayerNode, ...]) -> Iterator[Activation]:
    """Yield the activation of each of ``nodes``, which are in the order of the network, in one forward pass."""
    remaining = list(nodes)
    with torch.inference_mode():
        for call in call_layers(model.module, pixels.to(device())):
            if remaining and call.path == remaining[0].path:
                yield Activation(remaining.pop(0), _to_numpy(call.before[0]), _to_numpy(call.after[0]))
            if not remaining:
                return


def _to_numpy(values: Tensor) -> Maps:
    return np.asarray(values.detach().float().cpu().numpy())


def trace_filter(model: LoadedModel, activation: Activation, number: int) -> FilterTrace:
    """Return what filter ``number``, from 0, of an ungrouped convolution computes, channel by channel."""
    module = model.module.get_submodule(activation.layer.path)
    if not isinstance(module, nn.Conv2d) or module.groups > 1:
        raise TypeError(f"{activation.layer.name} is no ungrouped convolution")
    margin = int(module.padding[0])
    padded = np.pad(activation.before, ((0, 0), (margin, margin), (margin, margin)))
    weight = module.weight[number]  # (C, F, F)
    with torch.inference_mode():
        sums = nn.functional.conv2d(
            torch.from_numpy(padded)[None].to(weight.device),
            weight[:, None],
            stride=module.stride,
            groups=module.in_channels,
        )  # (1, C, H2, W2)
    bias = 0.0 if module.bias is None else float(module.bias[number])
    sums_by_cell = np.ascontiguousarray(_to_numpy(sums[0]).transpose(1, 2, 0))
    layers = [layer.name for layer in list_layers(model)]
    source = ("film", *layers)[layers.index(activation.layer.name)]
    return FilterTrace(source, padded, _to_numpy(weight), bias, sums_by_cell, activation.after[number])


def split_score(model: LoadedModel, pixels: Tensor, target: int) -> ScoreParts:
    """Split the logit of class ``target`` into what each of the last maps contributes.

    A contribution is the sum of a map's values times their weights; where the map is averaged first, its mean times one
    weight. It is exact, because the last layer is linear.
    """
    with torch.inference_mode():
        *_, last, _, linear = call_layers(model.module, pixels.to(device()))
    if not isinstance(linear.module, nn.Linear):
        raise TypeError(f"{model.name} does not end in a linear layer")
    maps = _to_numpy(last.after[0])  # (C, h, w)
    weight = _to_numpy(linear.module.weight[target]).reshape(maps.shape)
    layer = next(node for node in list_layers(model) if node.path == last.path)
    bias, logit = float(linear.module.bias[target]), float(linear.after[0, target])
    return ScoreParts(layer, maps, (weight * maps).sum((1, 2)), bias, logit)


def activation_x_gradient(model: LoadedModel, pixels: Tensor, layer: LayerNode, target: int) -> Maps:
    """Return for each map of ``layer`` the sum over its cells of activation times the logit's gradient, (K,).

    A first-order estimate of how far the logit of class ``target`` would move if the map were cleared; exact at the
    last maps, behind which the network is linear. Source: the channel's part of "Gradient x Input" (Shrikumar et al.,
    arXiv 1605.01713, 2016), taken at a hidden layer.
    """
    with torch.inference_mode(False), torch.enable_grad():
        inputs = pixels.detach().clone().to(device()).requires_grad_()
        calls = {call.path: call for call in call_layers(model.module, inputs)}
        maps, logits = calls[layer.path].after, list(calls.values())[-1].after
        (gradient,) = torch.autograd.grad(logits[0, target], maps)
    return _to_numpy((maps * gradient).sum((2, 3))[0])


def first_filters(model: LoadedModel) -> Maps:
    """Return the weights of the first convolution, which reads one grey channel, (K, F, F)."""
    first = next(module for module in model.module.modules() if isinstance(module, nn.Conv2d))
    return _to_numpy(first.weight[:, 0])


def zero_share(maps: Maps) -> float:
    """Return the share of values that are exactly 0."""
    return float((maps == 0).mean())


def film_correlation(maps: Maps, pixels: Tensor) -> float:
    """Return how similar the maps (K, h, w) are to the film, 0 to 1.

    It is the mean absolute Pearson correlation between a map and ``pixels`` (1, 1, S, S) resized to it; a constant map
    counts 0.
    """
    film = resample(pixels, maps.shape[-1])[0, 0].numpy().ravel()
    film = film - film.mean()
    flat = maps.reshape(len(maps), -1)
    flat = flat - flat.mean(1, keepdims=True)
    lengths = np.linalg.norm(flat, axis=1) * np.linalg.norm(film)
    correlations = np.divide(flat @ film, lengths, out=np.zeros(len(maps), np.float32), where=lengths > 0)
    return float(np.abs(correlations).mean())


def pool_input(model: LoadedModel, radiograph: Radiograph, stage: int) -> Array:
    """Return the input (C, H, W) of pooling layer number ``stage``, from 1, of the ``lecture`` network.

    Raises:
        KeyError: there is no such layer.
    """
    with torch.inference_mode():
        for call in call_layers(model.module, to_tensor(radiograph, model.input_size).to(device())):
            if call.path == f"pool{stage}":
                return call.before[0].double().cpu().numpy()
    raise KeyError(f"pool{stage}")
