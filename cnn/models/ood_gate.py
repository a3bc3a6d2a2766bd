"""Is this a frontal chest radiograph? Asked between reading a picture and classifying it.

One pass of the lung segmenter (:mod:`cnn.models.lung_segmenter`) gives both where the lungs are and the features
that are judged here. ``python -m cnn.training.ood_gate.fit FILMS --adults ADULTS`` compares methods, fits the
statistics and writes ``weights/ood_gate.safetensors`` and its card: see :mod:`cnn.training.ood_gate.fit`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnn import cards
from cnn.errors import WeightsRejected
from cnn.imaging.preprocess import to_tensor
from cnn.imaging.radiograph import Radiograph
from cnn.models import inference, loading, lung_segmenter
from cnn.text import percent

INPUT_SIZE = lung_segmenter.INPUT_SIZE
GRIDS = {2: 3, 3: 4}
"""Levels of the segmenter, by place in ``lungs.LEVELS``, that are also pooled to a grid of this side: where is what."""
CHANNELS = tuple(lung_segmenter.LEVELS.values())
FEATURES = sum(CHANNELS) + sum(CHANNELS[level] * side**2 for level, side in GRIDS.items())
CLIP = 6.0
"""Standard deviations beyond which a feature is no stranger to the classifier of kinds."""
AXES = 128
"""Directions in which films differ most, along which the distance from them is measured."""

REASONS = {
    "film": "",
    "upside down": "it seems to stand on its head: turn it the other way up",
    "lying": "it seems to lie on its side: turn it by a quarter",
    "piece": "it seems to show a piece of a chest only: give the whole film",
    "negative": "bright and dark seem to be swapped, as in a negative: invert its greys",
    "several": "it seems to hold more than one film: give one at a time",
    "other": "it looks like something else than a chest",
}
"""Kinds of picture that the classifier of features tells apart, and what is said of each."""
KINDS = tuple(REASONS)


@dataclass(frozen=True)
class GateResult:
    """What is thought of a picture.

    Attributes:
        reason: why it does not look like a frontal chest radiograph; empty where it does.
        scores: by method, in units of its threshold: above 1 speaks against the picture.
        lungs: (S, S) bool, where lungs were found.
    """

    reason: str
    scores: dict[str, float]
    lungs: np.ndarray = field(repr=False, compare=False)

    @property
    def accepted(self) -> bool:
        """Whether the picture goes on to the classifier."""
        return not self.reason

    def sentence(self, name: str) -> str:
        """Why the file called ``name`` is refused."""
        return f"“{name}” does not look like a frontal chest radiograph, because {self.reason}."


class Gate(nn.Module):
    """The fitted statistics: a classifier of kinds, and where the features of films lie.

    ``classify``: softmax regression on standardised features. ``axes``: a projection after which the features of films
    have unit covariance, so that a length is a Mahalanobis distance (Lee et al., NeurIPS 2018).
    """

    mean: Tensor
    spread: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(FEATURES))
        self.register_buffer("spread", torch.ones(FEATURES))
        self.classify = nn.Linear(FEATURES, len(KINDS))
        self.axes = nn.Linear(FEATURES, AXES)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Features (B, FEATURES) to logits of kinds (B, K) and distances from the films' centre (B,)."""
        standard = (features - self.mean) / self.spread
        return self.classify(standard.clamp(-CLIP, CLIP)), self.axes(standard).norm(dim=1)


@dataclass(frozen=True)
class LoadedGate:
    """The gate with its card's limits and the segmenter that it was fitted on."""

    network: lung_segmenter.LungNet
    gate: Gate
    limits: dict[str, float]
    weights_sha256: str


def load() -> LoadedGate:
    """The shipped gate, checked against its card; loaded once for each folder of weights.

    Raises:
        WeightsRejected: missing, damaged or unfitting weight file or card, or another segmenter than it was fitted on.
    """
    return load_from(loading.WEIGHTS_FOLDER)


@cache
def load_from(folder: Path) -> LoadedGate:
    card = cards.read_card(folder, "ood_gate")
    state, digest = loading.read_weights(folder, "ood_gate")
    loading.verify_card("ood_gate", card, digest, classes=KINDS)
    network, segmenter = lung_segmenter.load_from(folder)
    if card.get("lungs_sha256") != segmenter:
        raise WeightsRejected("The weights of 'refuse' were fitted on another lung segmenter; get both files again.")
    gate = Gate()
    loading.load_weights(gate, state, "ood_gate")
    gate.eval().requires_grad_(False).to(inference.device())
    limits = {key: float(limit) for key, limit in card["limits"].items() if limit is not None}
    return LoadedGate(network, gate, limits, digest)


def features_and_lungs(network: lung_segmenter.LungNet, pixels: Tensor) -> tuple[Tensor, Tensor]:
    """Features (B, FEATURES) and P(lung) (B, 1, S, S) of standardised pictures (B, 1, S, S), in one pass."""
    levels = network.encode(pixels)
    pooled = [level.mean(dim=(2, 3)) for level in levels]
    pooled += [F.adaptive_avg_pool2d(levels[place], side).flatten(1) for place, side in GRIDS.items()]
    return torch.cat(pooled, dim=1), network.decode(levels, pixels.shape[-2:]).sigmoid()


@torch.inference_mode()
def check_batch(pixels: Tensor) -> list[GateResult]:
    """What is thought of each picture of ``pixels`` (B, 1, SIZE, SIZE), standardised by
    :mod:`cnn.imaging.preprocess`."""
    loaded = load()
    inputs = pixels.to(inference.device(), memory_format=torch.channels_last)
    features, lung = features_and_lungs(loaded.network, inputs)
    logits, distances = loaded.gate(features)
    chances = logits.softmax(dim=1)
    return [
        combine_scores(chance, distance, mask[0] > 0.5, loaded.limits)
        for chance, distance, mask in zip(chances.cpu(), distances.tolist(), lung.cpu(), strict=True)
    ]


def check(radiograph: Radiograph) -> GateResult:
    """What is thought of ``radiograph``."""
    return check_batch(to_tensor(radiograph, INPUT_SIZE))[0]


def combine_scores(chances: Tensor, distance: float, lung: Tensor, limits: dict[str, float]) -> GateResult:
    """Puts the three opinions together: any of them alone can refuse.

    Args:
        chances: of each of KINDS, (K,).
        distance: Mahalanobis distance from the films.
        lung: (S, S) bool.
        limits: what is still accepted of each score that is used, by its name.
    """
    area = float(lung.float().mean())
    spoken = {"kind": 1 - float(chances[0]), "distance": distance}
    scores = {key: spoken[key] / limits[key] for key in spoken if key in limits}
    if "lungs" in limits:
        scores["lungs"] = limits["lungs"] / max(area, 1e-6)
    return GateResult(_reason(chances, scores, area), scores, lung.numpy())


def _reason(chances: Tensor, scores: dict[str, float], area: float) -> str:
    if max(scores.values()) <= 1:
        return ""
    likeliest = KINDS[int(chances[1:].argmax()) + 1]
    lungless_piece = likeliest == "piece" and area < lung_segmenter.MIN_LUNG_AREA
    if scores.get("kind", 0) > 1 and likeliest != "other" and not lungless_piece:
        return REASONS[likeliest]
    if area < lung_segmenter.MIN_LUNG_AREA:
        return "no lungs were found in it"
    if scores.get("lungs", 0) > 1:
        return f"only {percent(area)} of it was found to be lung"
    return REASONS["other"]
