"""Teaching a network where evidence may lie, not only what the answer is.

A classifier that pools and then weighs its last feature maps gives a margin for each cell of the maps: the margin of
the film is their mean (Zhou et al., Learning Deep Features for Discriminative Localization, CVPR 2016). These margins
are what Grad-CAM draws at that layer. Training can therefore ask for what a map should show:

- outside the lungs, nothing: neither for nor against the disease;
- where radiologists have drawn boxes around the opacity, evidence for the disease in the boxes, and against it in the
  rest of the lungs.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models.efficientnet import EfficientNet

from cnn.attribution.localisation import box_mask
from cnn.cards import CLASSES
from cnn.training.data import Film

BOXED_SIDE = 512
"""Side in pixels of the films on which the boxes were drawn."""
OUTSIDE = 0.05
"""A cell of which a smaller share is lung is outside."""
BOXED = 0.5
"""A cell of which a larger share is in a box should speak for the disease."""


def box_masks(films: list[Film], size: int) -> Tensor:
    """Radiologists' boxes as masks (N, 1, size, size) float32: 1 inside, 0 everywhere where a film has none."""
    masks = torch.zeros(len(films), 1, size, size)
    for mask, film in zip(masks, films, strict=True):
        mask[0] = torch.from_numpy(box_mask(film.boxes, BOXED_SIDE, BOXED_SIDE, size))
    return masks


def start_balanced(network: EfficientNet) -> None:
    """Makes the classifier's two rows each other's negative, which training then keeps.

    Grad-CAM of either class, which follows one row alone, then draws the margins that are taught here.
    """
    last = network.classifier[-1]
    assert isinstance(last, nn.Linear)
    with torch.no_grad():
        last.weight[0] = -last.weight[1]
        last.bias.zero_()


def margins(network: EfficientNet, pixels: Tensor) -> tuple[Tensor, Tensor]:
    """Logits (B, 2) as the network itself gives them, and the margin of PNEUMONIA for each cell, (B, h, w)."""
    features = network.features(pixels)  # (B, C, h, w)
    logits = network.classifier(network.avgpool(features).flatten(1))
    last = network.classifier[-1]
    direction, offset = last.weight[1] - last.weight[0], last.bias[1] - last.bias[0]
    return logits, torch.einsum("bchw,c->bhw", features.float(), direction) + offset


def loss(cells: Tensor, masks: Tensor, labels: Tensor, counts: Tensor) -> Tensor:
    """How far the cells' margins are from what they should show; one number.

    Args:
        cells: margins (B, h, w).
        masks: of lungs and of boxes, (B, 2, S, S) in 0..1, moved like the films.
        labels: (B,), 1 for PNEUMONIA.
        counts: (B,) booleans; films that this loss leaves alone are false.
    """
    height, width = cells.shape[-2:]
    lung, box = F.adaptive_avg_pool2d(masks, (height, width)).unbind(dim=1)  # (B, h, w) shares
    found = (lung.mean(dim=(1, 2)) > 0.05) & counts
    outside = (lung < OUTSIDE) & (box < OUTSIDE) & found[:, None, None]
    boxed = (masks[:, 1].flatten(1).amax(dim=1) > 0.5) & counts
    inside = (box > BOXED) & boxed[:, None, None]
    spared = (lung >= OUTSIDE) & (box < OUTSIDE) & boxed[:, None, None]
    well = (labels == CLASSES.index("NORMAL")) & counts
    healthy = (lung >= OUTSIDE) & well[:, None, None]
    total = _mean(F.smooth_l1_loss(cells, torch.zeros_like(cells), reduction="none"), outside)
    total = total + _mean(F.softplus(-cells), inside) + _mean(F.softplus(cells), spared)
    return total + _mean(F.softplus(cells), healthy)


def _mean(values: Tensor, where: Tensor) -> Tensor:
    return (values * where).sum() / where.sum().clamp(min=1)
