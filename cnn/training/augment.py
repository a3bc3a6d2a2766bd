"""Augment training films, so that a network cannot lean on what differs between hospitals.

Every function takes and returns a batch (B, 1, S, S), greys in 0..1, and draws from the given generator only, so that
one seed gives one training. Films and generator are on one device, and nothing is asked back of it, so that a GPU never
waits. Exchanging the surroundings of the lungs, varying the margins and pasting markers have no
counterpart in torchvision.transforms.v2, which also draws from the global random state only.
"""

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor


def uniform(count: int, low: float, high: float, generator: Generator) -> Tensor:
    """Return (count, 1, 1, 1) numbers drawn evenly from ``low``..``high``."""
    return torch.empty(count, 1, 1, 1, device=generator.device).uniform_(low, high, generator=generator)


def bernoulli(count: int, probability: float, generator: Generator) -> Tensor:
    """Return (count, 1, 1, 1) booleans, each true with ``probability``."""
    return torch.rand(count, 1, 1, 1, generator=generator, device=generator.device) < probability


def move(images: Tensor, masks: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """Rotate by up to 12 degrees, stretch each axis by up to 20 %, shift by up to 8 %, mirror half of the films.

    ``masks``, (B, K, S, S), move with their ``images``.
    """
    count = len(images)
    angle = uniform(count, -math.pi / 15, math.pi / 15, generator).view(count)
    stretch_x, stretch_y = (uniform(count, 0.8, 1.2, generator).view(count) for _ in range(2))
    mirror = 1 - 2 * bernoulli(count, 0.5, generator).view(count).float()
    shift_x, shift_y = (uniform(count, -0.16, 0.16, generator).view(count) for _ in range(2))  # of a side of 2
    rows = [
        torch.stack([angle.cos() * stretch_x * mirror, -angle.sin() * stretch_y, shift_x], dim=1),
        torch.stack([angle.sin() * stretch_x * mirror, angle.cos() * stretch_y, shift_y], dim=1),
    ]
    stack = torch.cat([images, masks], dim=1)  # (B, 1 + K, S, S)
    grid = F.affine_grid(torch.stack(rows, dim=1), list(stack.shape), align_corners=False)
    moved = F.grid_sample(stack, grid, padding_mode="zeros", align_corners=False)
    return moved[:, :1], moved[:, 1:]


def tone(images: Tensor, generator: Generator) -> Tensor:
    """Change the tone: gamma around 1, clipped contrast, and a slow shading across the film."""
    count, _, side, _ = images.shape
    gamma = torch.randn(count, 1, 1, 1, generator=generator, device=images.device).mul(0.3).exp()
    images = images.clamp(1e-4, 1).pow(gamma)
    low, high = uniform(count, -0.1, 0.15, generator), uniform(count, 0.85, 1.15, generator)
    images = ((images - low) / (high - low)).clamp(0, 1)
    shading = torch.randn(count, 1, 3, 3, generator=generator, device=images.device)
    shading = F.interpolate(shading, size=side, mode="bicubic")
    return (images + 0.08 * shading * bernoulli(count, 0.3, generator)).clamp(0, 1)


def sharpness(images: Tensor, generator: Generator) -> Tensor:
    """Blur some films, sharpen some, add grain to some."""
    count = len(images)
    blurred = F.avg_pool2d(images, 3, stride=1, padding=1, count_include_pad=False)
    amount = uniform(count, -1.0, 1.0, generator) * bernoulli(count, 0.6, generator)
    images = images + amount * (blurred - images)
    grain = uniform(count, 0, 0.06, generator) * bernoulli(count, 0.4, generator)
    return (images + grain * torch.randn(images.shape, generator=generator, device=images.device)).clamp(0, 1)


def fill_margins(images: Tensor, generator: Generator) -> Tensor:
    """Fill random margins of up to 12 % a side with one grey, often black: the margins alone predict the label."""
    count, _, side, _ = images.shape
    line = torch.arange(side, device=images.device)
    edges = [uniform(count, 0, 0.12 * side, generator) for _ in range(4)]
    across, down = line.view(1, 1, 1, side), line.view(1, 1, side, 1)
    inside = (across >= edges[0]) & (across < side - edges[1]) & (down >= edges[2]) & (down < side - edges[3])
    grey = uniform(count, 0, 1, generator) * bernoulli(count, 0.3, generator)
    return torch.where(inside | ~bernoulli(count, 0.5, generator), images, grey)


def paste_markers(images: Tensor, generator: Generator) -> Tensor:
    """Paste up to three small bright blocks anywhere, so that a marker says nothing about the label."""
    count, _, side, _ = images.shape
    line = torch.arange(side, device=images.device)
    across, down = line.view(1, 1, 1, side), line.view(1, 1, side, 1)
    for _ in range(3):
        left, top = (uniform(count, 0, side, generator) for _ in range(2))
        width = uniform(count, 0.02 * side, 0.1 * side, generator)
        height = uniform(count, 0.02 * side, 0.08 * side, generator)
        block = (across >= left) & (across < left + width) & (down >= top) & (down < top + height)
        bright = uniform(count, 0.7, 1, generator)
        images = torch.where(block & bernoulli(count, 0.25, generator), bright, images)
    return images


def retake(images: Tensor, generator: Generator) -> Tensor:
    """Return films as another machine would have made them: tone, sharpness, margins and markers."""
    images = sharpness(tone(images, generator), generator)
    return paste_markers(fill_margins(images, generator), generator)


def swap_background(images: Tensor, lungs: Tensor, generator: Generator, probability: float) -> Tensor:
    """Put another film of the batch, one grey or noise around the lungs, which then says nothing about the label.

    ``lungs`` are masks in 0..1, (B, 1, S, S); a film whose mask covers less than 8 % is left alone.
    """
    count, _, side, _ = images.shape
    apply = bernoulli(count, probability, generator) & (lungs.mean(dim=(1, 2, 3), keepdim=True) > 0.08)
    others = images[torch.randperm(count, generator=generator, device=images.device)]
    flat = uniform(count, 0, 1, generator)
    noise = torch.rand(count, 1, side // 8, side // 8, generator=generator, device=images.device)
    kind = uniform(count, 0, 1, generator)
    noise = F.interpolate(noise, size=side, mode="bilinear")
    around = torch.where(kind < 0.7, others, torch.where(kind < 0.85, flat, noise))
    inside = F.avg_pool2d(lungs, 4)  # where the lungs' edge blurs, a quarter of the resolution is enough
    inside = F.avg_pool2d(F.max_pool2d(inside, 3, stride=1, padding=1), 3, stride=1, padding=1, count_include_pad=False)
    inside = F.interpolate(inside, size=side, mode="bilinear")
    return torch.where(apply, around + inside * (images - around), images)


def augment(films: Tensor, masks: Tensor, generator: Generator, swapped: float) -> tuple[Tensor, Tensor]:
    """Apply the augmentation of a training.

    Args:
        films: (B, 1, S, S).
        masks: (B, K, S, S) in 0..1, the first of which is that of the lungs; they move with the films.
        generator: Source of all random numbers.
        swapped: Probability that a film's surroundings of the lungs are exchanged.
    """
    films, masks = move(films, masks, generator)
    films = tone(swap_background(films, masks[:, :1], generator, swapped), generator)
    films = paste_markers(fill_margins(films, generator), generator)
    return sharpness(films, generator), masks
