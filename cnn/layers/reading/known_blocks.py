"""How the blocks of well-known networks connect their layers, which a printed model does not say."""

SOURCE = """
import torch
from torch import nn


class Residual(nn.Module):
    def forward(self, x):
        y = x
        for name, layer in self.named_children():
            if name not in SHORTCUTS:
                y = follow(layer, y)
        shortcut = x
        for name, layer in self.named_children():
            if name in SHORTCUTS:
                shortcut = follow(layer, x)
        return y + shortcut if y.shape == shortcut.shape else y


class BasicBlock(nn.Module):
    def forward(self, x):
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(y + (self.downsample(x) if hasattr(self, "downsample") else x))


class Bottleneck(nn.Module):
    def forward(self, x):
        y = self.relu(self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))))
        return self.relu(self.bn3(self.conv3(y)) + (self.downsample(x) if hasattr(self, "downsample") else x))


class _DenseLayer(nn.Module):
    def forward(self, x):
        return self.conv2(self.relu2(self.norm2(self.conv1(self.relu1(self.norm1(x))))))


class _DenseBlock(nn.Module):
    def forward(self, x):
        for layer in self.children():
            x = torch.cat([x, layer(x)], 1)
        return x


class Fire(nn.Module):
    def forward(self, x):
        x = self.squeeze_activation(self.squeeze(x))
        first = self.expand1x1_activation(self.expand1x1(x))
        return torch.cat([first, self.expand3x3_activation(self.expand3x3(x))], 1)


class Inception(nn.Module):
    def forward(self, x):
        return torch.cat([follow(branch, x) for branch in self.children()], 1)


class SqueezeExcitation(nn.Module):
    def forward(self, x):
        y = self.fc2(self.activation(self.fc1(self.avgpool(x))))
        return x * self.scale_activation(y)
"""
"""Blocks by the name of their class, in torchvision and in most copies of it."""
RESIDUAL = ("InvertedResidual", "MBConv", "FusedMBConv", "ResBottleneckBlock", "ResidualBlock", "ResBlock", "CNBlock")
"""Blocks that add their input to what their layers make of it where both have the same shape."""
SHORTCUTS = ("shortcut", "downsample", "skip", "identity", "proj", "projection", "short", "residual")
"""Names under which blocks keep the layers on their shortcut."""
