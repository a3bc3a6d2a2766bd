"""List every network by name, with its input size and its layer for Grad-CAM."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from cnn.models.architectures import LECTURE_SIZE, Ensemble, lecture, lite0, logistic_regression


@dataclass(frozen=True)
class Architecture:
    """How a registered network is built, the side S of its input in pixels, and where Grad-CAM looks by default."""

    build: Callable[[], nn.Module]
    input_size: int
    cam_layer: str
    parts: tuple[str, ...] = ()
    """Networks whose weight files make this one up; empty where it has a file of its own."""


MODELS: dict[str, Architecture] = {
    "transfer": Architecture(lite0, 224, "features.8"),
    "lecture": Architecture(lecture, LECTURE_SIZE, "relu5"),
    "ensemble": Architecture(Ensemble, 224, "transfer.features.8", parts=("transfer", "lecture")),
}


DEFAULT = "transfer"


BASELINES: dict[str, Architecture] = {"logistic_regression": Architecture(logistic_regression, 32, "")}
"""What the networks have to beat; loaded and measured like them, but not offered to be explained."""


REGISTRY = MODELS | BASELINES
