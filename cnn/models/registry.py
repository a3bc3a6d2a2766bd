"""List every network by name, with its input size and its layer for Grad-CAM."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from cnn.models.architectures import ENSEMBLE_SIZE, LECTURE_SIZE, Ensemble, lecture, lite0, logistic_regression


@dataclass(frozen=True)
class ModelSpec:
    """How a registered network is built and used.

    Attributes:
        build: makes the network with random weights.
        input_size: side S of its square input in pixels.
        cam_layers: paths of the layers that Grad-CAM uses; each part of an ensemble has its own.
        parts: networks whose weight files make this one up; empty where it has a file of its own.
        folder: where its weights and card are; None for the shipped ones.
    """

    build: Callable[[], nn.Module]
    input_size: int
    cam_layers: tuple[str, ...]
    parts: tuple[str, ...] = ()
    folder: Path | None = None


MODELS: dict[str, ModelSpec] = {
    "transfer": ModelSpec(lite0, 224, ("features.8",)),
    "lecture": ModelSpec(lecture, LECTURE_SIZE, ("relu5",)),
    "ensemble": ModelSpec(
        Ensemble, ENSEMBLE_SIZE, ("transfer.features.8", "lecture.relu5"), parts=("transfer", "lecture")
    ),
}
BASELINES: dict[str, ModelSpec] = {"logistic_regression": ModelSpec(logistic_regression, 32, ())}
"""Loaded and measured like the networks, but not offered to be explained."""

REGISTRY = MODELS | BASELINES
