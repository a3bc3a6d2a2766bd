"""Reject what is out of distribution, i.e. no frontal chest radiograph, before it is classified.

One pass of the lung segmenter gives the lungs and the features on which a film is judged here.
:mod:`cnn.training.ood_gate.fit` compares methods, fits the statistics and writes ``weights/ood_gate.safetensors`` and
its card.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnn import cards
from cnn.errors import WeightsRejected
from cnn.imaging.preprocess import to_tensor
from cnn.imaging.radiograph import Radiograph
from cnn.models import engine, inference, loading, lung_segmenter
from cnn.models.architectures import LUNG_LEVELS, LungNet
from cnn.models.framing import find_warnings
from cnn.text import percent

INPUT_SIZE = lung_segmenter.INPUT_SIZE
GRIDS = {2: 3, 3: 4}
"""Levels of the segmenter, by index in ``LUNG_LEVELS``, that are also pooled to a grid of this side."""
CHANNELS = tuple(LUNG_LEVELS.values())
FEATURES = sum(CHANNELS) + sum(CHANNELS[level] * side**2 for level, side in GRIDS.items())
CLIP = 6.0
"""Standard deviations to which features are clipped for the classifier of kinds."""
AXES = 128
"""Number of directions in which films differ most, along which the distance from them is measured."""

REASONS = {
    "film": "",
    "upside down": "it seems to stand on its head: turn it the other way up",
    "lying": "it seems to lie on its side: turn it by a quarter",
    "piece": "it seems to show a piece of a chest only: give the whole film",
    "negative": "bright and dark seem to be swapped, as in a negative: invert its greys",
    "several": "it seems to hold more than one film: give one at a time",
    "other": "it looks like something else than a chest",
}
"""Kinds of image that the gate tells apart, and why each is rejected."""
KINDS = tuple(REASONS)


@dataclass(frozen=True)
class GateResult:
    """Whether a film passes the gate.

    Attributes:
        reason: why it does not look like a frontal chest radiograph; empty where it does.
        scores: by method, in units of its threshold: above 1 rejects the film.
        lungs: (S, S) bool, the lung mask.
    """

    reason: str
    scores: dict[str, float]
    lungs: np.ndarray = field(repr=False, compare=False)

    @property
    def accepted(self) -> bool:
        """Whether the film is classified."""
        return not self.reason

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What speaks against the prediction of a film that passes: it is cut or turned; one sentence each."""
        return find_warnings(self.lungs)

    @property
    def code(self) -> str:
        """The reason in a word for programs: gate_negative, gate_lying, gate_lungs and so on; empty if it passes."""
        kinds = {reason: kind for kind, reason in REASONS.items()}
        return f"gate_{kinds.get(self.reason, 'lungs').replace(' ', '_')}" if self.reason else ""

    def sentence(self, name: str) -> str:
        """Return why the file called ``name`` is rejected."""
        return f"“{name}” does not look like a frontal chest radiograph, because {self.reason}."


class Gate(nn.Module):
    """A classifier of kinds, and the distribution of the features of films.

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
        """Map features (B, FEATURES) to logits of kinds (B, K) and distances from the mean film (B,)."""
        standard = (features - self.mean) / self.spread
        return self.classify(standard.clamp(-CLIP, CLIP)), self.axes(standard).norm(dim=1)


@dataclass(frozen=True)
class LoadedGate:
    """The gate with its card's limits and the segmenter that it was fitted on."""

    network: LungNet
    gate: Gate
    limits: dict[str, float]
    weights_sha256: str


def load(on: str | None = None) -> LoadedGate:
    """Return the shipped gate, checked against its card; loaded once for each folder of weights and device.

    Raises:
        WeightsRejected: missing, damaged or unfitting weight file or card, or another segmenter than it was fitted on.
    """
    return load_from(loading.WEIGHTS_FOLDER, on)


@cache
def load_from(folder: Path, on: str | None = None) -> LoadedGate:
    """Load the gate of ``folder``; raises like :func:`load`."""
    card = cards.read_card(folder, "ood_gate")
    state = loading.read_weights(folder, "ood_gate", card, KINDS)
    network, segmenter_digest = lung_segmenter.load_from(folder, on)
    if card.get("lungs_sha256") != segmenter_digest:
        raise WeightsRejected("The weights of 'ood_gate' were fitted on another lung segmenter; get both files again.")
    gate = Gate()
    loading.load_weights(gate, state, "ood_gate")
    gate.eval().requires_grad_(False).to(inference.find_device(on))
    limits = {key: float(limit) for key, limit in card["limits"].items() if limit is not None}
    return LoadedGate(network, gate, limits, str(card["sha256"]))


def features_and_lungs(network: LungNet, pixels: Tensor) -> tuple[Tensor, Tensor]:
    """Return features (B, FEATURES) and P(lung) (B, 1, S, S) of standardised films (B, 1, S, S), from one pass."""
    *levels, logits = engine.run(network, pixels)
    pooled = [level.mean(dim=(2, 3)) for level in levels]
    pooled += [F.adaptive_avg_pool2d(levels[index], side).flatten(1) for index, side in GRIDS.items()]
    return torch.cat(pooled, dim=1), logits.sigmoid()


@torch.inference_mode()
def check_batch(pixels: Tensor, on: str | None = None) -> list[GateResult]:
    """Check each film of ``pixels`` (B, 1, INPUT_SIZE, INPUT_SIZE), see :class:`cnn.models.film_inputs.FilmInputs`."""
    loaded = load(on)
    inputs = pixels.to(inference.device_of(loaded.network), memory_format=torch.channels_last)
    features, lungs = features_and_lungs(loaded.network, inputs)
    logits, distances = loaded.gate(features)
    probabilities = logits.softmax(dim=1).cpu()
    masks = (lungs[:, 0] > 0.5).cpu()
    films = zip(probabilities, distances.tolist(), masks, strict=True)
    return [combine_scores(*film, loaded.limits) for film in films]


def check(radiograph: Radiograph) -> GateResult:
    """Check one radiograph."""
    return check_batch(to_tensor(radiograph, INPUT_SIZE))[0]


def combine_scores(probabilities: Tensor, distance: float, lungs: Tensor, limits: dict[str, float]) -> GateResult:
    """Combine the three scores of a film: each of them alone can reject it.

    Args:
        probabilities: of each of KINDS, (K,).
        distance: Mahalanobis distance from the films.
        lungs: lung mask, (S, S) bool.
        limits: the highest accepted value of each score that is used ("kind", "distance"), the lowest of "lungs".
    """
    area = float(lungs.float().mean())
    values = {"kind": 1 - float(probabilities[0]), "distance": distance}
    scores = {key: values[key] / limits[key] for key in values if key in limits}
    if "lungs" in limits:
        scores["lungs"] = limits["lungs"] / max(area, 1e-6)
    return GateResult(_find_reason(probabilities, scores, area), scores, lungs.numpy())


def _find_reason(probabilities: Tensor, scores: dict[str, float], area: float) -> str:
    if max(scores.values()) <= 1:
        return ""
    likeliest = KINDS[int(probabilities[1:].argmax()) + 1]
    without_lungs = area < lung_segmenter.MIN_LUNG_AREA
    if scores.get("kind", 0) > 1 and likeliest != "other" and not (likeliest == "piece" and without_lungs):
        return REASONS[likeliest]
    if without_lungs:
        return "no lungs were found in it"
    if scores.get("lungs", 0) > 1:
        return f"only {percent(area)} of it was found to be lung"
    return REASONS["other"]
