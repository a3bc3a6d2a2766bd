"""From a radiograph to the input of a network: resized to a square, then standardised by its own mean and spread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from cnn.errors import UserError

if TYPE_CHECKING:
    from cnn.imaging.radiograph import Radiograph

SPREAD_FLOOR = 1e-3
"""Smallest divisor: a film with a lower standard deviation is one grey, and its noise is not amplified."""

_MEAN_LIMIT = 0.05
"""A raw film's mean grey, 0.2 to 0.8 of white, is far beyond."""


def resize(pixels: np.ndarray, size: int) -> Tensor:
    """Resize ``pixels`` (H, W), any float range, to (1, 1, size, size) without keeping the aspect ratio.

    The published films were resized to a square likewise, so the networks were trained on no other shape.
    """
    values = np.ascontiguousarray(pixels, np.float32)  # no copy of a large film
    return resample(torch.from_numpy(np.asarray(_Writable(values)))[None, None], size)


class _Writable:
    """A film's pixels, which are read-only, as torch takes them without a warning; nothing here writes into them."""

    def __init__(self, pixels: np.ndarray) -> None:
        self._pixels = pixels
        interface = pixels.__array_interface__
        self.__array_interface__ = {**interface, "data": (interface["data"][0], False)}


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


def require_standardised(images: Tensor, size: int) -> None:
    """Refuse what :func:`standardise` did not make: a network answers to raw greys as well, and wrongly.

    Raises:
        UserError: ``images`` are no decimals (B, 1, size, size), or one has another mean than 0 or spread than 1.
    """
    advice = "make it with cnn.imaging.preprocess.to_tensor(film, size)"
    if images.shape[1:] != (1, size, size) or not images.is_floating_point():
        raise UserError(f"This network reads decimals (B, 1, {size}, {size}), not {tuple(images.shape)}: {advice}.")
    values = images.detach().float()
    mean, spread = values.mean((1, 2, 3)), values.std((1, 2, 3), correction=0)
    if not bool(((mean.abs() < _MEAN_LIMIT) & (spread < 1 + _MEAN_LIMIT)).all()):
        raise UserError(f"The network reads standardised films, with mean 0 and standard deviation 1: {advice}.")


def to_tensor(radiograph: Radiograph, size: int) -> Tensor:
    """Return a network's input (1, 1, size, size): mean 0, which is the film's mean grey, standard deviation 1."""
    return standardise(resize(radiograph.pixels, size))
