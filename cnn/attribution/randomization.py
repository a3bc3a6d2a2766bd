"""Random weights for the model-randomisation test: does a map depend on what the network has learnt?

Source: Adebayo et al., Sanity Checks for Saliency Maps, NeurIPS 2018.
"""

import copy
import threading
from collections.abc import Iterator
from dataclasses import replace
from weakref import WeakKeyDictionary

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnn.models.loading import LoadedModel

_OTHER_STD = 0.02
"""Standard deviation of random weights that no convolution or linear layer has, as Vision Transformers draw them."""


def randomise_cascade(model: LoadedModel, films: Tensor) -> Iterator[tuple[str, LoadedModel]]:
    """Randomise the weights block by block, from the last to the first, as Adebayo et al.'s cascading randomization.

    Args:
        model: trained network, which stays as it is.
        films: (N, 1, S, S), standardised, for the batch norms of random blocks: see :func:`reinitialise`.

    Yields:
        Name of the block randomised last, and the network with this and all later blocks random.
    """
    module = copy.deepcopy(model.module)
    generator = torch.Generator(next(module.parameters()).device).manual_seed(0)
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
        elif isinstance(layer, nn.LayerNorm | nn.GroupNorm):
            layer.reset_parameters()
        else:
            for name, weight in layer.named_parameters(recurse=False):
                if name.endswith("bias"):
                    nn.init.zeros_(weight)
                elif weight.ndim < 2:
                    nn.init.ones_(weight)
                elif name == "weight":
                    nn.init.kaiming_normal_(weight, nonlinearity="relu", generator=generator)
                else:  # such as the positions of a transformer
                    nn.init.normal_(weight, std=_OTHER_STD, generator=generator)
    if norms:
        network(films)
    for norm, momentum in norms:
        norm.momentum = momentum
        norm.eval()


_TWINS: WeakKeyDictionary[nn.Module, LoadedModel] = WeakKeyDictionary()
_MAKING = threading.Lock()


def untrained_twin(model: LoadedModel, shape: tuple[int, ...]) -> LoadedModel:
    """Return ``model`` with random weights, always the same, fitted to smooth noise, on the same device.

    Args:
        model: the trained network, which stays as it is.
        shape: (C, H, W) of its inputs.
    """
    with _MAKING:
        if model.module not in _TWINS:
            _TWINS[model.module] = _randomised(model, shape)
        return _TWINS[model.module]


def _randomised(model: LoadedModel, shape: tuple[int, ...]) -> LoadedModel:
    generator = torch.Generator().manual_seed(0)
    with torch.inference_mode(False):
        module = copy.deepcopy(model.module).cpu().float().eval().requires_grad_(False)
    noise = torch.randn(4, shape[0], 14, 14, generator=generator)
    smooth = F.interpolate(noise, size=shape[1:], mode="bilinear")
    reinitialise(module, module, smooth, generator)
    card = {"temperature": 1.0, "threshold": 0.5, "sha256": f"random {model.name}"}
    return replace(model, module=module.to(next(model.module.parameters())), card=card)


def shuffle_last_layer(model: LoadedModel) -> LoadedModel:
    """Return the network with the weights of its fully connected layer shuffled over the inputs: its answers are wrong.

    All layers before are as trained, so that its maps still show shapes.
    """
    module = copy.deepcopy(model.module)
    generator = torch.Generator().manual_seed(0)
    for part in module.modules():
        if isinstance(part, nn.Linear):
            part.weight.copy_(part.weight[:, torch.randperm(part.in_features, generator=generator)])
    card = model.card | {"sha256": f"{model.weights_sha256} shuffled 0"}
    return LoadedModel(model.name, module, card, model.input_size, model.cam_layers)
