"""The training recipe in plain PyTorch.

It imports nothing of the project, so that the script a learner takes home holds these very lines
(:mod:`cnn.handson.take_home`). Random numbers come from torch's global generator, seeded once.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def to_films(greys: Tensor) -> Tensor:
    """Return greys (N, 64, 64) uint8 as films (N, 1, 64, 64) from 0 to 1."""
    return greys[:, None].float() / 255


def standardise(films: Tensor) -> Tensor:
    """Subtract from each film its own mean grey and divide by its own standard deviation."""
    mean = films.mean((1, 2, 3), keepdim=True)
    spread = films.std((1, 2, 3), keepdim=True, correction=0)
    return (films - mean) / spread.clamp(min=1e-3)


def augment(films: Tensor) -> Tensor:
    """Rotate each film by up to 15 degrees, scale by up to 20 %, shift by up to 6 %, mirror half, change the gamma."""
    count = len(films)
    angle = torch.empty(count).uniform_(-math.pi / 12, math.pi / 12)
    scale = torch.empty(count).uniform_(0.8, 1.2)
    mirror = torch.randint(0, 2, (count,)) * 2 - 1
    shift_x, shift_y = torch.empty(2, count).uniform_(-0.12, 0.12)  # of a side of 2
    rows = [
        torch.stack([angle.cos() * scale * mirror, -angle.sin() * scale, shift_x], dim=1),
        torch.stack([angle.sin() * scale * mirror, angle.cos() * scale, shift_y], dim=1),
    ]
    grid = F.affine_grid(torch.stack(rows, dim=1), list(films.shape), align_corners=False)
    films = F.grid_sample(films, grid, padding_mode="border", align_corners=False)
    gamma = torch.randn(count, 1, 1, 1).mul(0.3).exp()
    return films.clamp(1e-3, 1).pow(gamma)


def lay_out(network: nn.Sequential) -> nn.Sequential:
    """Return ``network`` with its channels last in memory, which is quicker, unless that would damage memory.

    The weights' gradient of a 1x1 convolution with a stride and few channels writes past its memory then, in the oneDNN
    of torch 2.14 (github.com/uxlfoundation/oneDNN/issues/6035).
    """
    convolutions = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    if any(each.kernel_size == (1, 1) and each.stride != (1, 1) for each in convolutions):
        return network
    laid_out: nn.Sequential = network.to(memory_format=torch.channels_last)
    return laid_out


def make_optimiser(network: nn.Module, name: str, weight_decay: float) -> torch.optim.Optimizer:
    """Return AdamW or SGD with momentum; :func:`rate_at` sets the learning rate at each step."""
    if name == "adam":
        return torch.optim.AdamW(network.parameters(), lr=0.0, weight_decay=weight_decay)
    return torch.optim.SGD(network.parameters(), lr=0.0, momentum=0.9, weight_decay=weight_decay)


def rate_at(progress: float, peak: float) -> float:
    """Return the learning rate after a share ``progress`` of the training: a fifth to warm up, then a cosine to 0."""
    if progress < 0.2:
        return peak * (0.1 + 0.9 * progress / 0.2)
    return peak * (1 + math.cos(math.pi * (progress - 0.2) / 0.8)) / 2


def train_batch(
    network: nn.Module, optimiser: torch.optim.Optimizer, films: Tensor, labels: Tensor, rate: float
) -> tuple[float, int]:
    """Take one step downhill on films from 0 to 1; return the loss and how many were classified correctly before it."""
    for group in optimiser.param_groups:
        group["lr"] = rate
    logits = network(standardise(films).contiguous(memory_format=torch.channels_last))
    loss = F.cross_entropy(logits, labels)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return float(loss.detach()), int((logits.argmax(1) == labels).sum())


@torch.no_grad()
def logits_of(network: nn.Module, films: Tensor) -> Tensor:
    """Return the logits (N, 2) of films (N, 1, S, S), from 0 to 1, in evaluation mode."""
    network.eval()
    parts = [network(standardise(part).contiguous(memory_format=torch.channels_last)) for part in films.split(50)]
    network.train()
    return torch.cat(parts)


def auc_of(margins: Tensor, labels: Tensor) -> float:
    """Return the share of pairs of one film of each class in which PNEUMONIA has the larger margin; ties count half."""
    differences = margins[labels == 1][:, None] - margins[labels == 0][None]
    return float(((differences > 0).double() + (differences == 0).double() / 2).mean())
