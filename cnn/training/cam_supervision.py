"""Supervise the last feature maps: teach a network where the evidence lies, not only what the label is.

A classifier that averages and then weighs its last feature maps gives a margin for each of their cells: the margin of
the film is their mean (Zhou et al., Learning Deep Features for Discriminative Localization, CVPR 2016). These margins
are what Grad-CAM draws at that layer. Training can therefore ask for what a map should show:

- outside the lungs nothing, neither for nor against the disease;
- where radiologists have drawn boxes around the opacity, evidence for the disease in the boxes, and against it in the
  rest of the lungs.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from cnn.attribution.localisation import box_mask
from cnn.cards import CLASSES
from cnn.models.efficientnet import EfficientNet
from cnn.training.data import Film

BOXED_SIDE = 512
"""Side in pixels of the films on which the boxes were drawn."""
OUTSIDE = 0.05
"""A cell is outside the lungs, or a box, where its share of them is smaller."""
INSIDE_BOX = 0.5
"""A cell is inside a box where its share of the box is larger."""


def box_masks(films: list[Film], size: int) -> Tensor:
    """Return radiologists' boxes as masks (N, 1, size, size) float32: 1 inside; 0 everywhere for a film without any."""
    masks = torch.zeros(len(films), 1, size, size)
    for mask, film in zip(masks, films, strict=True):
        mask[0] = torch.from_numpy(box_mask(film.boxes, BOXED_SIDE, BOXED_SIDE, size))
    return masks


def oppose_rows(network: EfficientNet) -> None:
    """Make the classifier's two rows each other's negative, which training then preserves.

    Grad-CAM of either class follows one row alone, and then draws the margins that are taught here.
    """
    last = network.last_layer
    with torch.no_grad():
        last.weight[0] = -last.weight[1]
        last.bias.zero_()


def cell_margins(network: EfficientNet, pixels: Tensor) -> tuple[Tensor, Tensor]:
    """Return logits (B, 2), and the margin of PNEUMONIA for each cell of the last feature maps, (B, h, w)."""
    features = network.features(pixels)  # (B, C, h, w)
    logits = network.classifier(network.avgpool(features).flatten(1))
    last = network.last_layer
    direction, offset = last.weight[1] - last.weight[0], last.bias[1] - last.bias[0]
    return logits, torch.einsum("bchw,c->bhw", features.float(), direction) + offset


def loss(cells: Tensor, masks: Tensor, labels: Tensor, counts: Tensor) -> Tensor:
    """Return the distance of the cells' margins from what they should show, a scalar.

    Args:
        cells: Margins (B, h, w).
        masks: Of lungs and of boxes, (B, 2, S, S) in 0..1, augmented like the films.
        labels: (B,), 1 for PNEUMONIA.
        counts: (B,) bool; films that this loss leaves out are false.
    """
    lung, box = F.adaptive_avg_pool2d(masks, (cells.shape[-2], cells.shape[-1])).unbind(dim=1)  # (B, h, w) shares
    segmented = (lung.mean(dim=(1, 2)) > 0.05) & counts
    boxed = (masks[:, 1].flatten(1).amax(dim=1) > 0.5) & counts
    healthy = (labels == CLASSES.index("NORMAL")) & counts
    no_evidence = (lung < OUTSIDE) & (box < OUTSIDE) & segmented[:, None, None]
    evidence_for = (box > INSIDE_BOX) & boxed[:, None, None]
    rest_of_lungs = (lung >= OUTSIDE) & (box < OUTSIDE) & boxed[:, None, None]
    healthy_lungs = (lung >= OUTSIDE) & healthy[:, None, None]
    return (
        _mean(F.smooth_l1_loss(cells, torch.zeros_like(cells), reduction="none"), no_evidence)
        + _mean(F.softplus(-cells), evidence_for)
        + _mean(F.softplus(cells), rest_of_lungs)
        + _mean(F.softplus(cells), healthy_lungs)
    )


def _mean(values: Tensor, where: Tensor) -> Tensor:
    return (values * where).sum() / where.sum().clamp(min=1)
