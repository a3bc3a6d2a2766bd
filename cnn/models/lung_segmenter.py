"""Segment the lungs of a film.

The mask trains the classifier against shortcuts and checks it afterwards. :mod:`cnn.training.lung_segmenter` trains
the network and writes ``weights/lung_segmenter.safetensors`` and its card.
"""

from functools import cache
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnn import cards
from cnn.imaging.preprocess import resample
from cnn.models import architectures, inference, loading
from cnn.models.efficientnet import EfficientNet
from cnn.models.inference import batched

INPUT_SIZE = 224
LEVELS = {2: 24, 3: 40, 5: 112, 6: 192}
"""Lite0 stages that the decoder reads, with their channels: strides 4, 8, 16, 32."""
MIN_LUNG_AREA = 0.08
"""Share of a film's area below which the mask counts as showing no lungs."""


class LungNet(nn.Module):
    """Lite0's first stages with a top-down decoder (Lin et al., Feature Pyramid Networks, CVPR 2017)."""

    def __init__(self, encoder: EfficientNet | None = None, width: int = 48) -> None:
        super().__init__()
        self.encoder = (encoder or architectures.lite0()).features[:7]
        self.lateral = nn.ModuleList(nn.Conv2d(channels, width, 1) for channels in LEVELS.values())
        self.smooth = nn.ModuleList(
            nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()) for _ in LEVELS
        )
        self.head = nn.Conv2d(width, 1, 1)

    def forward(self, pixels: Tensor) -> Tensor:
        """Map standardised films (B, 1, S, S) to logits (B, 1, S, S); above 0 is lung."""
        return self.decode(self.encode(pixels), pixels.shape[-2:])

    def encode(self, pixels: Tensor) -> list[Tensor]:
        """Return the features of standardised films (B, 1, S, S) at the stages of :data:`LEVELS`, finest first."""
        levels, features = [], pixels
        for number, stage in enumerate(self.encoder):
            features = stage(features)
            if number in LEVELS:
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


def load(on: str | None = None) -> LungNet:
    """Return the shipped segmenter, checked against its card; loaded once for each folder of weights and device.

    Raises:
        WeightsRejected: missing, damaged or unfitting weight file or card.
    """
    return load_from(loading.WEIGHTS_FOLDER, on)[0]


@cache
def load_from(folder: Path, on: str | None = None) -> tuple[LungNet, str]:
    """Load the segmenter of ``folder``; return it and the hash of its weights. Raises like :func:`load`."""
    card = cards.read_card(folder, "lung_segmenter")
    state = loading.read_weights(folder, "lung_segmenter", card, ("lung",))
    network = LungNet()
    loading.load_weights(network, state, "lung_segmenter")
    network.eval().requires_grad_(False).to(inference.find_device(on), memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network, str(card["sha256"])


@torch.inference_mode()
def lung_probabilities(films: Tensor, network: LungNet | None = None, batch: int = 16) -> Tensor:
    """Return P(lung) per pixel, (N, 1, S, S) float32, for films (N, 1, S, S), uint8 or greys in 0..1."""
    network = network or load()
    return batched(lambda inputs: network(inputs).sigmoid(), network, films, batch)


def lung_mask(pixels: Tensor) -> Tensor:
    """Return the lung mask, bool, of a network's input (1, 1, S, S) of any brightness and size."""
    return resample(lung_probabilities(resample(pixels, INPUT_SIZE)), pixels.shape[-1]) > 0.5
