"""Build a network as a PyTorch module, and look into it: its first filters, and the evidence in a film."""

import ast
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnn.handson.films import SIDE
from cnn.handson.recipe import lay_out, standardise
from cnn.handson.runs.events import Picture
from cnn.handson.settings import Settings
from cnn.layers.layer import Layer, LayerInfo
from cnn.layers.network import Block, Network
from cnn.models import loading
from cnn.models.architectures import Residual

MAX_FILTERS = 16
"""Filters of the first layer that are shown."""
HIRES_CAM, GRADIENT_TIMES_INPUT = "HiResCAM", "gradient × input"
FINE_SIDE = 16
"""Side from which on maps are fine enough to locate what is small."""


def build(network: Network) -> nn.Sequential:
    """Return the described network with random weights from torch's global generator.

    Raises:
        DoesNotFit: A layer does not fit.
    """
    infos = iter(network.layer_infos())
    return nn.Sequential(*(_module_of(part, infos) for part in network.parts))


def _module_of(part: Layer | Block, infos: Iterator[LayerInfo]) -> nn.Module:
    if not isinstance(part, Block):
        return _layer_of(part.torch_code(next(infos).input))
    branches = [
        nn.Sequential(*(_layer_of(layer.torch_code(next(infos).input)) for layer in branch))
        for branch in (part.main, part.shortcut)
    ]
    next(infos)  # the addition
    return Residual(*branches)


def _layer_of(code: str) -> nn.Module:
    """Return the module that a call such as ``nn.ReLU()`` builds; its arguments are plain numbers and words."""
    call: Any = ast.parse(code, mode="eval").body
    options = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
    module: nn.Module = getattr(nn, call.func.attr)(*map(ast.literal_eval, call.args), **options)
    return module


def start(settings: Settings) -> nn.Sequential:
    """Seed torch and return the network that a training begins with.

    Fine-tuning takes the five convolutions of the shipped Lecture CNN; its last layer reads larger maps, so that one
    begins at random.

    Raises:
        WeightsRejected: The shipped weights are missing or damaged.
    """
    torch.manual_seed(settings.seed)
    network = build(settings.described_network)
    if settings.fine_tunes:
        shipped = loading.load("lecture").module
        with torch.no_grad():
            for ours, theirs in zip(convolutions(network), convolutions(shipped), strict=True):
                ours.load_state_dict(theirs.state_dict())
    return lay_out(network)


def convolutions(network: nn.Module) -> list[nn.Conv2d]:
    """Return all convolutions in order."""
    return [module for module in network.modules() if isinstance(module, nn.Conv2d)]


def first_filters(network: nn.Sequential) -> Picture:
    """Return up to ``MAX_FILTERS`` filters of the first convolution, (K, F, F), or of units that read the pixels.

    For logistic regression that is one picture: what speaks for PNEUMONIA, less what speaks for NORMAL.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            return _picture(module.weight[:MAX_FILTERS, 0])
        if isinstance(module, nn.Linear):
            if module.in_features != SIDE * SIDE:
                break
            weights = F.avg_pool2d(module.weight.view(-1, SIDE, SIDE), 2)  # as many epochs of them are kept
            return _picture(weights[1:] - weights[:1] if len(weights) == 2 else weights[:MAX_FILTERS])
    return np.empty((0, 1, 1), np.float16)


def map_layer(network: nn.Sequential) -> int | None:
    """Return the number of the layer whose maps HiResCAM reads, None where there are no maps.

    That is the last layer, other than a pool, with maps of ``FINE_SIDE`` cells a side or more; else the last with maps.
    """
    values, sides = torch.zeros(1, 1, SIDE, SIDE), {}
    was_training = network.training
    network.eval()
    with torch.no_grad():
        for number, module in enumerate(network):
            values = module(values)
            if values.ndim == 4 and "Pool" not in type(module).__name__:
                sides[number] = values.shape[-1]
    network.train(was_training)
    if not convolutions(network):
        return None
    return max((number for number, side in sides.items() if side >= FINE_SIDE), default=max(sides))


def map_method(network: nn.Sequential) -> str:
    """Return the name of the method by which :func:`evidence` makes its maps."""
    return GRADIENT_TIMES_INPUT if map_layer(network) is None else HIRES_CAM


def evidence(network: nn.Sequential, films: Tensor, targets: Tensor) -> Picture:
    """Return what speaks for (positive) and against each film's class, (N, 64, 64).

    HiResCAM (Draelos and Carin, 2020) on the logit's lead over the other class: each map's value times its gradient.
    Grad-CAM averages the gradients of a map first, which misleads where a fully connected layer reads every position
    with other weights, as it does here. Networks without feature maps get gradient times input.

    Args:
        network: Two logits from (N, 1, 64, 64).
        films: (N, 1, 64, 64), from 0 to 1.
        targets: One class for each film, (N,).
    """
    layer = map_layer(network)
    network.eval()
    values = standardise(films)
    if layer is None:
        leaf = values.requires_grad_()
        tail: nn.Module = network
    else:
        leaf, tail = network[: layer + 1](values).detach().requires_grad_(), network[layer + 1 :]
    logits = tail(leaf)
    lead = (logits[:, 1] - logits[:, 0]) * (2 * targets - 1)
    (gradient,) = torch.autograd.grad(lead.sum(), leaf)
    network.train()
    maps = (gradient * leaf).sum(1, keepdim=True).detach()
    return _picture(F.interpolate(maps, size=SIDE, mode="bilinear")[:, 0])


def _picture(values: Tensor) -> Picture:
    picture: Picture = values.detach().clamp(-6e4, 6e4).contiguous().numpy().astype(np.float16)
    return picture
