"""Random weights for the model-randomisation test: does a map depend on what the network has learnt?

Source: Adebayo et al., Sanity Checks for Saliency Maps, NeurIPS 2018.
"""

import copy
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnn.models import registry
from cnn.models.loading import LoadedModel


def randomise_cascade(model: LoadedModel, films: Tensor, seed: int = 0) -> Iterator[tuple[str, LoadedModel]]:
    """Randomise the weights block by block, from the last to the first, as Adebayo et al.'s cascading randomization.

    Args:
        model: trained network, which stays as it is.
        films: (N, 1, S, S), standardised, for the batch norms of random blocks: see :func:`reinitialise`.
        seed: of the random weights.

    Yields:
        Name of the block randomised last, and the network with this and all later blocks random.
    """
    module = copy.deepcopy(model.module)
    generator = torch.Generator(next(module.parameters()).device).manual_seed(seed)
    for name in reversed(block_names(module)):
        reinitialise(module.get_submodule(name), module, films, generator)
        yield name, replace(model, module=copy.deepcopy(module))


def block_names(module: nn.Module) -> list[str]:
    """Return the names of a network's blocks with weights, first to last: its layers, or its stages."""
    names = []
    for name, child in module.named_children():
        blocks = [f"{name}.{stage}" for stage, _ in child.named_children()] if name == "features" else [name]
        names += [block for block in blocks if any(True for _ in module.get_submodule(block).parameters())]
    return names


@torch.no_grad()
def reinitialise(block: nn.Module, network: nn.Module, films: Tensor, generator: torch.Generator) -> None:
    """Draw new weights for ``block`` of ``network``, as before a training (He et al., ICCV 2015).

    Its batch norms take mean and variance from ``films``; otherwise the signals would die or explode.
    """
    norms = []
    for layer in block.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_parameters()
            norms.append((layer, layer.momentum))
            layer.momentum = 1.0
            layer.train()
        elif isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    if norms:
        network(films)
    for norm, momentum in norms:
        norm.momentum = momentum
        norm.eval()


@cache
def untrained_twin(name: str) -> LoadedModel:
    """Return the registered network ``name`` with random weights, always the same, fitted to smooth noise."""
    spec = registry.REGISTRY[name]
    generator = torch.Generator().manual_seed(0)
    module = spec.build().eval().requires_grad_(False)
    noise = torch.randn(4, 1, 14, 14, generator=generator)
    smooth = F.interpolate(noise, size=(spec.input_size,) * 2, mode="bilinear")
    reinitialise(module, module, smooth, generator)
    card = {"temperature": 1.0, "threshold": 0.5, "sha256": f"random {name}"}
    return LoadedModel(name, module, card, spec.input_size, spec.cam_layers)


def shuffle_last_layer(model: LoadedModel, seed: int = 0) -> LoadedModel:
    """Return the network with the weights of its fully connected layer shuffled over the inputs: its answers are wrong.

    All layers before are as trained, so that its maps still show shapes.
    """
    module = copy.deepcopy(model.module)
    generator = torch.Generator().manual_seed(seed)
    for part in module.modules():
        if isinstance(part, nn.Linear):
            part.weight.copy_(part.weight[:, torch.randperm(part.in_features, generator=generator)])
    card = model.card | {"sha256": f"{model.weights_sha256} shuffled {seed}"}
    return LoadedModel(model.name, module, card, model.input_size, model.cam_layers)
