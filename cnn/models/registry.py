"""List every network by name, with its input size and its layer for Grad-CAM."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from cnn.models.architectures import LECTURE_SIZE, Ensemble, lecture, lite0, logistic_regression


@dataclass(frozen=True)
class ModelSpec:
    """How a registered network is built, the side S of its input in pixels, and its layers for Grad-CAM."""

    build: Callable[[], nn.Module]
    input_size: int
    cam_layers: tuple[str, ...]
    parts: tuple[str, ...] = ()
    """Networks whose weight files make this one up; empty where it has a file of its own."""


MODELS: dict[str, ModelSpec] = {
    "transfer": ModelSpec(lite0, 224, ("features.8",)),
    "lecture": ModelSpec(lecture, LECTURE_SIZE, ("relu5",)),
    "ensemble": ModelSpec(Ensemble, 224, ("transfer.features.8", "lecture.relu5"), parts=("transfer", "lecture")),
}


DEFAULT = "transfer"


BASELINES: dict[str, ModelSpec] = {"logistic_regression": ModelSpec(logistic_regression, 32, ())}
"""What the networks have to beat; loaded and measured like them, but not offered to be explained."""


REGISTRY = MODELS | BASELINES
