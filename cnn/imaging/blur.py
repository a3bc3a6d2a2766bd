"""Blur images with a Gaussian, as torchvision does, whose import would take seconds for this one function."""

import torch
from torch import Tensor
from torch.nn import functional


def gaussian_blur(images: Tensor, kernel_size: int, sigma: float) -> Tensor:
    """Convolve ``images`` (B, 1, H, W) with a Gaussian; edges are mirrored.

    Args:
        images: Decimals of any range.
        kernel_size: Odd, and below twice the shorter side.
        sigma: Standard deviation in pixels.

    Returns:
        The images, (B, 1, H, W), to the last bit those of ``torchvision.transforms.functional.gaussian_blur``.
    """
    half = kernel_size // 2
    steps = torch.linspace(-half, half, kernel_size, dtype=images.dtype)
    weights = torch.exp(-0.5 * (steps / sigma).pow(2))
    weights = weights / weights.sum()
    padded = functional.pad(images, [half] * 4, mode="reflect")
    return functional.conv2d(padded, torch.outer(weights, weights)[None, None])
