"""EfficientNet-Lite0's blocks, with the names that torchvision gives their weights.

Its own, because importing torchvision's models takes as long as importing torch itself.
Sources: Tan and Le, EfficientNet, ICML 2019; the inverted residual with a depthwise convolution is MobileNetV2's
(Sandler et al., CVPR 2018).
"""

from typing import cast

import torch
from torch import Tensor, nn

STAGES = (  # expand_ratio, kernel, stride, in_channels, out_channels, number of blocks
    (1, 3, 1, 32, 16, 1),
    (6, 3, 2, 16, 24, 2),
    (6, 5, 2, 24, 40, 2),
    (6, 3, 2, 40, 80, 3),
    (6, 5, 1, 80, 112, 3),
    (6, 5, 2, 112, 192, 4),
    (6, 3, 1, 192, 320, 1),
)
LAST_CHANNELS = 1280
MAX_DROP = 0.1
"""Probability with which the last block is skipped in training; it grows from 0 from block to block."""


def conv_norm(before: int, after: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Return a convolution that keeps the size where its stride is 1, and a batch norm."""
    padding = (kernel - 1) // 2
    convolution = nn.Conv2d(before, after, kernel, stride, padding, groups=groups, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after, eps=1e-3, momentum=0.01))


class StochasticDepth(nn.Module):
    """Set whole films of a batch to zero in training, the others larger by as much (Huang et al., ECCV 2016)."""

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.survival = 1 - probability

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, C, H, W) as it came, or with some of B set to zero."""
        if not self.training or self.survival == 1:
            return x
        keep = torch.empty(len(x), 1, 1, 1, dtype=x.dtype, device=x.device).bernoulli_(self.survival)
        return x * keep.div_(self.survival)


class MBConv(nn.Module):
    """Widen (1 x 1), convolve each channel by itself, narrow (1 x 1), and add the input where the shapes are equal."""

    def __init__(self, expand: int, kernel: int, stride: int, before: int, after: int, drop: float) -> None:
        super().__init__()
        wide = before * expand
        widen = [conv_norm(before, wide).append(nn.ReLU())] if expand > 1 else []
        depthwise = conv_norm(wide, wide, kernel, stride, wide).append(nn.ReLU())
        # The third is where EfficientNet's squeeze-and-excitation was: Lite has none, and the weights' names count it.
        self.block = nn.Sequential(*widen, depthwise, nn.Identity(), conv_norm(wide, after))
        self.use_res_connect = stride == 1 and before == after
        self.stochastic_depth = StochasticDepth(drop)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, K, H / stride, W / stride)."""
        result: Tensor = self.block(x)
        if self.use_res_connect:
            result = self.stochastic_depth(result)
            result += x
        return result


class EfficientNet(nn.Module):
    """Lite0: a stem, seven stages of MBConv blocks, a head, the mean of each map, and one fully connected layer."""

    def __init__(self, in_channels: int, num_classes: int, dropout: float) -> None:
        super().__init__()
        blocks, number = sum(stage[-1] for stage in STAGES), 0
        parts = [conv_norm(in_channels, STAGES[0][3], 3, 2).append(nn.ReLU())]
        for expand, kernel, stride, before, after, repeats in STAGES:
            stage = nn.Sequential()
            for repeat in range(repeats):
                shape = (stride, before) if repeat == 0 else (1, after)
                stage.append(MBConv(expand, kernel, *shape, after, MAX_DROP * number / blocks))
                number += 1
            parts.append(stage)
        parts.append(conv_norm(STAGES[-1][4], LAST_CHANNELS).append(nn.ReLU()))
        self.features = nn.Sequential(*parts)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        linear = nn.Linear(LAST_CHANNELS, num_classes)
        self.classifier = nn.Sequential(nn.Dropout(dropout, inplace=True), linear)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out")
        nn.init.normal_(linear.weight, std=0.01)
        nn.init.zeros_(linear.bias)

    @property
    def last_layer(self) -> nn.Linear:
        """The fully connected layer."""
        return cast(nn.Linear, self.classifier[-1])

    def forward(self, x: Tensor) -> Tensor:
        """Map films (B, C, S, S) to logits (B, K)."""
        maps = self.avgpool(self.features(x))
        logits: Tensor = self.classifier(torch.flatten(maps, 1))
        return logits
