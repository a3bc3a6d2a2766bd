"""Random changes to training films, so that a network cannot lean on what differs between hospitals.

Every function takes and returns a batch (B, 1, S, S), greys in 0..1, and draws from the given generator only, so that
one seed gives one training.
"""

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor


def uniform(count: int, low: float, high: float, generator: Generator) -> Tensor:
    """(count, 1, 1, 1) drawn evenly from ``low``..``high``."""
    return torch.empty(count, 1, 1, 1).uniform_(low, high, generator=generator)


def chance(count: int, probability: float, generator: Generator) -> Tensor:
    """(count, 1, 1, 1) booleans, each true with ``probability``."""
    return torch.rand(count, 1, 1, 1, generator=generator) < probability


def move(images: Tensor, masks: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """Turns by up to 12 degrees, stretches each axis by up to 20 %, shifts by up to 8 %, mirrors half of them.

    ``masks`` move with their ``images``.
    """
    count = len(images)
    angle = uniform(count, -math.pi / 15, math.pi / 15, generator).view(count)
    stretch_x, stretch_y = (uniform(count, 0.8, 1.2, generator).view(count) for _ in range(2))
    mirror = 1 - 2 * chance(count, 0.5, generator).view(count).float()
    shift_x, shift_y = (uniform(count, -0.16, 0.16, generator).view(count) for _ in range(2))  # of a side of 2
    rows = [
        torch.stack([angle.cos() * stretch_x * mirror, -angle.sin() * stretch_y, shift_x], dim=1),
        torch.stack([angle.sin() * stretch_x * mirror, angle.cos() * stretch_y, shift_y], dim=1),
    ]
    both = torch.cat([images, masks], dim=1)  # (B, 2, S, S)
    grid = F.affine_grid(torch.stack(rows, dim=1), list(both.shape), align_corners=False)
    moved = F.grid_sample(both, grid, padding_mode="zeros", align_corners=False)
    return moved[:, :1], moved[:, 1:]


def tone(images: Tensor, generator: Generator) -> Tensor:
    """Another film's tone: gamma around 1, clipped contrast, and a slow shading across the picture."""
    count, _, side, _ = images.shape
    gamma = torch.randn(count, 1, 1, 1, generator=generator).mul(0.3).exp()
    images = images.clamp(1e-4, 1).pow(gamma)
    low, high = uniform(count, -0.1, 0.15, generator), uniform(count, 0.85, 1.15, generator)
    images = ((images - low) / (high - low)).clamp(0, 1)
    shading = F.interpolate(torch.randn(count, 1, 3, 3, generator=generator), size=side, mode="bicubic")
    return (images + 0.08 * shading * chance(count, 0.3, generator)).clamp(0, 1)


def sharpness(images: Tensor, generator: Generator) -> Tensor:
    """Blurs some, sharpens some, adds grain to some."""
    count = len(images)
    blurred = F.avg_pool2d(images, 3, stride=1, padding=1, count_include_pad=False)
    amount = uniform(count, -1.0, 1.0, generator) * chance(count, 0.6, generator)
    images = images + amount * (blurred - images)
    grain = uniform(count, 0, 0.06, generator) * chance(count, 0.4, generator)
    return (images + grain * torch.randn(images.shape, generator=generator)).clamp(0, 1)


def hide_frame(images: Tensor, generator: Generator, probability: float = 0.5) -> Tensor:
    """Fills random margins of up to 12 % a side with one grey, often black: the frame alone predicts the label."""
    count, _, side, _ = images.shape
    line = torch.arange(side)
    edges = [uniform(count, 0, 0.12 * side, generator) for _ in range(4)]
    across, down = line.view(1, 1, 1, side), line.view(1, 1, side, 1)
    inside = (across >= edges[0]) & (across < side - edges[1]) & (down >= edges[2]) & (down < side - edges[3])
    grey = uniform(count, 0, 1, generator) * chance(count, 0.3, generator)
    return torch.where(inside | ~chance(count, probability, generator), images, grey)


def paste_markers(images: Tensor, generator: Generator, probability: float = 0.5) -> Tensor:
    """Pastes up to three small bright blocks anywhere, so that a marker says nothing about the label."""
    count, _, side, _ = images.shape
    images = images.clone()
    for _ in range(3):
        left, top = (torch.rand(count, generator=generator) * side for _ in range(2))
        width = (0.02 + 0.08 * torch.rand(count, generator=generator)) * side
        height = (0.02 + 0.06 * torch.rand(count, generator=generator)) * side
        edges = torch.stack([top, top + height, left, left + width], dim=1).ceil().int().tolist()
        bright = uniform(count, 0.7, 1, generator).flatten().tolist()
        pasted = chance(count, probability / 2, generator).flatten().nonzero().flatten().tolist()
        for film in pasted:
            first, last, start, stop = edges[film]
            images[film, :, first:last, start:stop] = bright[film]
    return images


def retake(images: Tensor, generator: Generator) -> Tensor:
    """Films as another machine and other hands would have made them: tone, sharpness, frame and markers."""
    images = sharpness(tone(images, generator), generator)
    return paste_markers(hide_frame(images, generator), generator)


def swap_background(images: Tensor, lungs: Tensor, generator: Generator, probability: float = 0.6) -> Tensor:
    """Keeps the lungs and puts another film of the batch (or one grey, or noise) around them.

    What is around the lungs then says nothing about the label. ``lungs`` are masks in 0..1, (B, 1, S, S); a film whose
    mask covers less than 8 % is left alone.
    """
    count, _, side, _ = images.shape
    apply = chance(count, probability, generator).flatten() & (lungs.mean(dim=(1, 2, 3)) > 0.08)
    others = images[torch.randperm(count, generator=generator)][apply]
    flat = uniform(count, 0, 1, generator)[apply].expand_as(others)
    noise = torch.rand(count, 1, side // 8, side // 8, generator=generator)[apply]
    kind = uniform(count, 0, 1, generator)[apply]
    if not apply.any():
        return images
    noise = F.interpolate(noise, size=side, mode="bilinear")
    around = torch.where(kind < 0.7, others, torch.where(kind < 0.85, flat, noise))
    inside = F.avg_pool2d(lungs[apply], 4)  # where the lungs' edge blurs, a quarter of the resolution is enough
    inside = F.avg_pool2d(F.max_pool2d(inside, 3, stride=1, padding=1), 3, stride=1, padding=1, count_include_pad=False)
    inside = F.interpolate(inside, size=side, mode="bilinear")
    swapped = images.clone()
    swapped[apply] = around + inside * (images[apply] - around)
    return swapped
