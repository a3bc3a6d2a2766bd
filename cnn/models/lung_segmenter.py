"""Segment the lungs of a film.

The mask trains the classifier against shortcuts and checks it afterwards. :mod:`cnn.training.lung_segmenter` trains
the network and writes ``weights/lung_segmenter.safetensors`` and its card.
"""

from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from cnn import cards
from cnn.imaging.preprocess import resample
from cnn.models import engine, inference, loading
from cnn.models.architectures import LungNet
from cnn.models.inference import batched

INPUT_SIZE = 224
MIN_LUNG_AREA = 0.08
"""Share of a film's area below which the mask counts as showing no lungs."""


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
    return batched(lambda inputs: engine.run(network, inputs)[-1].sigmoid(), network, films, batch)


def lung_mask(pixels: Tensor) -> Tensor:
    """Return the lung mask, bool, of a network's input (1, 1, S, S) of any brightness and size."""
    return resample(lung_probabilities(resample(pixels, INPUT_SIZE)), pixels.shape[-1]) > 0.5
