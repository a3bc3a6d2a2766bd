"""From a radiograph to what a network sees: resized to a square, then standardised by its own mean and spread."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from cnn.imaging.radiograph import Radiograph

SPREAD_FLOOR = 1e-3
"""Below this standard deviation a picture is one grey, and is divided by the floor instead of by noise."""


# A film's pixels are read-only, which torch warns of; nothing here writes into them.
warnings.filterwarnings("ignore", message="The given NumPy array is not writable")


def resize(pixels: np.ndarray, size: int) -> Tensor:
    """``pixels`` (H, W), any float range, as (1, 1, size, size): antialiased bilinear, aspect ratio not kept.

    The published films were squeezed to a square likewise, so the networks know no other shape.
    """
    values = torch.from_numpy(np.ascontiguousarray(pixels, np.float32))  # no copy of a large film
    return resample(values[None, None], size)  # (1, 1, H, W) before


def resample(images: Tensor, size: int) -> Tensor:
    """Pictures (B, 1, H, W) as (B, 1, size, size): the one way in which any picture here changes its size."""
    return torch.nn.functional.interpolate(images, size=(size, size), mode="bilinear", antialias=True)


def standardise(images: Tensor) -> Tensor:
    """Each picture of (B, 1, S, S) minus its own mean, over its own standard deviation.

    It takes brightness and contrast, which differ between hospitals and machines, out of the network's reach.
    """
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    spread = images.std(dim=(1, 2, 3), keepdim=True, correction=0)
    return (images - mean) / spread.clamp(min=SPREAD_FLOOR)


def to_tensor(radiograph: Radiograph, size: int) -> Tensor:
    """The network's input (1, 1, size, size): mean 0, standard deviation 1; 0 is the film's mean grey."""
    return standardise(resize(radiograph.pixels, size))
