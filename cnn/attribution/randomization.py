"""Is a saliency map about what the network has learnt? Random weights, and likeness of two maps."""

import copy
from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor, nn

from cnn.models.loading import LoadedModel
from cnn.models.registry import REGISTRY


def randomised(model: LoadedModel, films: Tensor, seed: int = 0) -> Iterator[tuple[str, LoadedModel]]:
    """``model`` with its last block random, then also the one before, down to the first: (block's name, network).

    ``films`` (N, 1, S, S), standardised, are what batch norms of random blocks meet: see :func:`reset`. The model
    itself is left alone.

    Source: Adebayo et al., Sanity Checks for Saliency Maps, NeurIPS 2018 (cascading randomization).
    """
    module = copy.deepcopy(model.module)
    generator = torch.Generator(next(module.parameters()).device).manual_seed(seed)
    for name in reversed(blocks(module)):
        reset(module.get_submodule(name), module, films, generator)
        stage = copy.deepcopy(module)
        layer = stage.get_submodule(REGISTRY[model.name].cam_layer)
        yield name, replace(model, module=stage, cam_layer=layer)


def blocks(module: nn.Module) -> list[str]:
    """Names of the parts of a network that hold weights, first to last: its layers, or its stages of several layers."""
    names = []
    for name, child in module.named_children():
        parts = [f"{name}.{part}" for part, _ in child.named_children()] if name == "features" else [name]
        names += [part for part in parts if any(True for _ in module.get_submodule(part).parameters())]
    return names


@torch.no_grad()
def reset(block: nn.Module, whole: nn.Module, films: Tensor, generator: torch.Generator) -> None:
    """Draws new weights for ``block`` of the network ``whole``, as before a training (He et al., ICCV 2015).

    Its batch norms take the mean and spread that they meet on ``films``; without, signals die or explode.
    """
    norms = []
    for part in block.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.reset_parameters()
            norms.append((part, part.momentum))
            part.momentum = 1.0
            part.train()
        elif isinstance(part, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu", generator=generator)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
    if norms:
        whole(films)
    for part, momentum in norms:
        part.momentum = momentum
        part.eval()
