"""Is a saliency map about what the network has learnt? Random weights, likeness of two maps, deletion and insertion."""

import copy
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from scipy.stats import spearmanr
from skimage.metrics import structural_similarity
from torch import Tensor, nn
from torchvision.transforms.functional import gaussian_blur

from cnn.explain import BASELINE
from cnn.models import REGISTRY, LoadedModel

BLOCKS = 14
"""Deletion and insertion move a film in BLOCKS x BLOCKS squares: single pixels would show a network what no film is."""
STEPS = 10
"""Points of a deletion or insertion curve, besides its start."""
FILLINGS = ("mean grey", "blurred")
"""What a deleted square shows; the choice is known to change the curves, so both are measured."""
BLUR = 1 / 20
"""Standard deviation of the blur, in sides of the film."""


def randomised(model: LoadedModel, films: Tensor, seed: int = 0) -> Iterator[tuple[str, LoadedModel]]:
    """``model`` with its last block random, then also the one before, down to the first: (block's name, network).

    Weights are drawn as before a training. Batch norms of random blocks take the statistics of what they meet on
    ``films`` (N, 1, S, S), standardised, so that signals neither die nor explode. The model itself is left alone.

    Source: Adebayo et al., Sanity Checks for Saliency Maps, NeurIPS 2018 (cascading randomization).
    """
    module = copy.deepcopy(model.module)
    generator = torch.Generator(next(module.parameters()).device).manual_seed(seed)
    for name in reversed(blocks(module)):
        _reset(module.get_submodule(name), module, films, generator)
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
def _reset(block: nn.Module, whole: nn.Module, films: Tensor, generator: torch.Generator) -> None:
    """Draws new weights for ``block`` and lets its batch norms measure what they meet in ``whole``."""
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


def ssim(one: np.ndarray, other: np.ndarray) -> float:
    """Structural similarity of two maps (S, S) in 0..1, as people would see them: 1 for equal ones.

    Source: Wang et al., IEEE TIP 2004, with the Gaussian window of that paper.
    """
    return float(structural_similarity(one, other, data_range=1.0, gaussian_weights=True, sigma=1.5,
                                       use_sample_covariance=False))  # fmt: skip


def rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Spearman's correlation of two maps, -1..1; 0 where one of them is constant."""
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(spearmanr(one, other, axis=None).statistic)


def likeness(one: np.ndarray, other: np.ndarray) -> dict[str, float]:
    """Both measures of how alike two maps in 0..1 are; a map that is 0 everywhere is like none."""
    if not (one.any() and other.any()):
        return {"ssim": 0.0, "rank": 0.0}
    return {"ssim": ssim(one, other), "rank": rank_correlation(one, other)}


def square_order(heat: np.ndarray) -> np.ndarray:
    """The squares of a map (S, S), those with the largest mean first: (BLOCKS ** 2,) indices, row by row."""
    edges = np.linspace(0, len(heat), BLOCKS + 1).round().astype(int)[:-1]
    counts = np.diff(np.append(edges, len(heat)))
    sums = np.add.reduceat(np.add.reduceat(heat.astype(np.float64), edges, axis=0), edges, axis=1)
    return np.argsort(-(sums / np.outer(counts, counts)), axis=None, kind="stable")


def filled(film: Tensor, filling: str) -> Tensor:
    """What a film (1, 1, S, S), standardised, shows where it is deleted; one of FILLINGS."""
    if filling == "mean grey":
        return torch.full_like(film, BASELINE)
    spread = film.shape[-1] * BLUR
    return gaussian_blur(film, kernel_size=[2 * round(2 * spread) + 1] * 2, sigma=[spread, spread])


@torch.no_grad()
def curve(
    model: LoadedModel, film: Tensor, order: np.ndarray, filling: str, target: int, *, insert: bool
) -> np.ndarray:
    """P(target), calibrated, while squares vanish in ``order``, or come back if ``insert``: (STEPS + 1,).

    Source: Petsiuk et al., RISE, BMVC 2018.
    """
    side, empty = film.shape[-1], filled(film, filling)
    place = np.empty(BLOCKS**2, dtype=int)
    place[order] = np.arange(BLOCKS**2)
    places = torch.nn.functional.interpolate(
        torch.tensor(place.reshape(1, 1, BLOCKS, BLOCKS), dtype=torch.float32), size=(side, side), mode="nearest"
    )
    moved = torch.linspace(0, BLOCKS**2, STEPS + 1).view(-1, 1, 1, 1)
    shown = (places < moved) if insert else (places >= moved)  # (STEPS + 1, 1, S, S)
    logits = model.module(torch.where(shown, film, empty)) / model.temperature
    return logits.softmax(dim=1)[:, target].double().numpy()


def area(values: np.ndarray) -> float:
    """Area under a curve over 0..1, by trapezia."""
    return float(np.trapezoid(values, dx=1 / (len(values) - 1)))
