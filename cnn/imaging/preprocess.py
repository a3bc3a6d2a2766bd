"""From a radiograph to the input of a network: resized to a square, then standardised by its own mean and spread."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from cnn.imaging.radiograph import Radiograph

SPREAD_FLOOR = 1e-3
"""Smallest divisor: a film with a lower standard deviation is one grey, and its noise is not amplified."""

# A film's pixels are read-only, which torch warns of; nothing here writes into them.
warnings.filterwarnings("ignore", message="The given NumPy array is not writable")


def resize(pixels: np.ndarray, size: int) -> Tensor:
    """Resize ``pixels`` (H, W), any float range, to (1, 1, size, size) without keeping the aspect ratio.

    The published films were resized to a square likewise, so the networks were trained on no other shape.
    """
    values = torch.from_numpy(np.ascontiguousarray(pixels, np.float32))  # no copy of a large film
    return resample(values[None, None], size)


def resample(images: Tensor, size: int) -> Tensor:
    """Resize images (B, 1, H, W) to (B, 1, size, size), antialiased bilinear, as all resizing here is."""
    return torch.nn.functional.interpolate(images, size=(size, size), mode="bilinear", antialias=True)


def standardise(images: Tensor) -> Tensor:
    """Subtract from each image of (B, 1, S, S) its own mean and divide by its own standard deviation.

    This removes brightness and contrast, which differ between hospitals and machines.
    """
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    spread = images.std(dim=(1, 2, 3), keepdim=True, correction=0)
    return (images - mean) / spread.clamp(min=SPREAD_FLOOR)


def to_tensor(radiograph: Radiograph, size: int) -> Tensor:
    """Return a network's input (1, 1, size, size): mean 0, which is the film's mean grey, standard deviation 1."""
    return standardise(resize(radiograph.pixels, size))
