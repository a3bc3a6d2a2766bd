"""Build the networks that classify a radiograph, one grey channel in, two logits out, and the one that finds lungs."""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnn.cards import CLASSES
from cnn.imaging.preprocess import resample
from cnn.models.efficientnet import EfficientNet

LECTURE_SIZE = 128
"""Height and width of the input of :func:`lecture`, in pixels."""

ENSEMBLE_SIZE = 224
"""The same of :class:`Ensemble`, and of its part ``transfer``."""

LUNG_LEVELS = {2: 24, 3: 40, 5: 112, 6: 192}
"""Lite0 stages that :class:`LungNet`'s decoder reads, with their channels: strides 4, 8, 16, 32."""


def lecture(channels: tuple[int, ...] = (16, 32, 64, 96, 128), input_size: int = LECTURE_SIZE) -> nn.Sequential:
    """Build the lecture's chain: CONV -> ReLU -> POOL, five times, then flatten and one fully connected layer.

    Each convolution is 3x3, stride 1, padding 1, so it keeps the size; each pool is 2x2, stride 2, so it halves it.
    Softmax follows in :func:`cnn.predict.prediction.classify`, because training and attributions need the logits.
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    depth = 1
    for number, width in enumerate(channels, start=1):
        layers[f"conv{number}"] = nn.Conv2d(depth, width, kernel_size=3, padding=1)
        layers[f"relu{number}"] = nn.ReLU()
        layers[f"pool{number}"] = nn.MaxPool2d(kernel_size=2)
        depth = width
    side = input_size // 2 ** len(channels)
    layers["flatten"] = nn.Flatten()
    layers["fc"] = nn.Linear(depth * side * side, len(CLASSES))
    return nn.Sequential(layers)


def lite0(in_channels: int = 1, num_classes: int = len(CLASSES), dropout: float = 0.2) -> EfficientNet:
    """Build EfficientNet-Lite0 for grey films.

    Source: Tan and Le, EfficientNet, ICML 2019, and the "Lite" variants of its TPU repository (2020). Lite0's ReLU6
    is a ReLU here, one module each and not in place, because Captum's DeepLift and Guided Backprop know ``nn.ReLU``
    only and hook each module once.
    """
    return EfficientNet(in_channels, num_classes, dropout)


class Residual(nn.Module):
    """Add the output of one branch to that of another, which is the input itself where it has no layers."""

    def __init__(self, main: nn.Sequential, shortcut: nn.Sequential) -> None:
        super().__init__()
        self.main, self.shortcut = main, shortcut

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum of both branches."""
        result: Tensor = self.main(x) + self.shortcut(x)
        return result


class Ensemble(nn.Module):
    """The mean of two networks' logits, as a plain module, so that every gradient method works on it.

    Input ``(B, 1, S, S)`` at the size of ``transfer``; ``lecture`` gets the same image, resized.
    """

    def __init__(self) -> None:
        super().__init__()
        self.transfer = lite0()
        self.lecture = lecture()

    def forward(self, pixels: Tensor) -> Tensor:
        """Return logits (B, 2)."""
        transfer: Tensor = self.transfer(pixels)
        lecture: Tensor = self.lecture(resample(pixels, LECTURE_SIZE))
        return (transfer + lecture) / 2


class LungNet(nn.Module):
    """Lite0's first stages with a top-down decoder (Lin et al., Feature Pyramid Networks, CVPR 2017)."""

    def __init__(self, encoder: EfficientNet | None = None, width: int = 48) -> None:
        super().__init__()
        self.encoder = (encoder or lite0()).features[:7]
        self.lateral = nn.ModuleList(nn.Conv2d(channels, width, 1) for channels in LUNG_LEVELS.values())
        self.smooth = nn.ModuleList(
            nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()) for _ in LUNG_LEVELS
        )
        self.head = nn.Conv2d(width, 1, 1)

    def forward(self, pixels: Tensor) -> Tensor:
        """Map standardised films (B, 1, S, S) to logits (B, 1, S, S); above 0 is lung."""
        return self.decode(self.encode(pixels), pixels.shape[-2:])

    def forward_with_levels(self, pixels: Tensor) -> list[Tensor]:
        """Return what :meth:`encode` does, finest first, and the logits (B, 1, S, S), from one pass."""
        levels = self.encode(pixels)
        return [*levels, self.decode(levels, pixels.shape[-2:])]

    def encode(self, pixels: Tensor) -> list[Tensor]:
        """Return the features of standardised films (B, 1, S, S) at the stages of :data:`LUNG_LEVELS`, finest first."""
        levels, features = [], pixels
        for number, stage in enumerate(self.encoder):
            features = stage(features)
            if number in LUNG_LEVELS:
                levels.append(features)
        return levels

    def decode(self, levels: list[Tensor], size: torch.Size) -> Tensor:
        """Map the features of :meth:`encode` to logits (B, 1, *size); above 0 is lung."""
        *finer, coarsest = zip(levels, self.lateral, self.smooth, strict=True)
        features, lateral, smooth = coarsest
        merged: Tensor = smooth(lateral(features))
        for features, lateral, smooth in reversed(finer):
            across = lateral(features)
            merged = smooth(across + F.interpolate(merged, size=across.shape[-2:], mode="bilinear"))
        return F.interpolate(self.head(merged), size=size, mode="bilinear")


def logistic_regression(input_size: int = 32) -> nn.Sequential:
    """Build logistic regression on the pixels of a film resized to 32 x 32: no convolution, so no neighbourhood."""
    return nn.Sequential(nn.Flatten(), nn.Linear(input_size**2, len(CLASSES)))
