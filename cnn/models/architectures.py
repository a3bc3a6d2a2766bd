"""Build the networks that classify a radiograph: one grey channel in, two logits out."""

from collections import OrderedDict
from functools import partial

from torch import Tensor, nn
from torchvision.models.efficientnet import EfficientNet, MBConv, MBConvConfig

from cnn.cards import CLASSES
from cnn.imaging.preprocess import resample

LECTURE_SIZE = 128
"""Height and width of the input of :func:`lecture`, in pixels."""


def lecture(channels: tuple[int, ...] = (16, 32, 64, 96, 128), input_size: int = LECTURE_SIZE) -> nn.Sequential:
    """Build the lecture's chain: CONV -> ReLU -> POOL, five times, then flatten and one fully connected layer.

    Each convolution is 3x3, stride 1, padding 1, so it keeps the size; each pool is 2x2, stride 2, so it halves it.
    Softmax follows in :func:`cnn.predict.prediction.classify`, because training and attributions need the logits.
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    depth = 1
    for number, width in enumerate(channels, start=1):
        layers[f"conv{number}"] = nn.Conv2d(depth, width, kernel_size=3, padding=1)
        layers[f"relu{number}"] = nn.ReLU()
        layers[f"pool{number}"] = nn.MaxPool2d(kernel_size=2)
        depth = width
    side = input_size // 2 ** len(channels)
    layers["flatten"] = nn.Flatten()
    layers["fc"] = nn.Linear(depth * side * side, len(CLASSES))
    return nn.Sequential(layers)


LITE0_STAGES = (  # expand_ratio, kernel, stride, in_channels, out_channels, number of blocks
    (1, 3, 1, 32, 16, 1),
    (6, 3, 2, 16, 24, 2),
    (6, 5, 2, 24, 40, 2),
    (6, 3, 2, 40, 80, 3),
    (6, 5, 1, 80, 112, 3),
    (6, 5, 2, 112, 192, 4),
    (6, 3, 1, 192, 320, 1),
)


def lite0(in_channels: int = 1, num_classes: int = len(CLASSES), dropout: float = 0.2) -> EfficientNet:
    """Build EfficientNet-Lite0 from torchvision's blocks: no squeeze-and-excitation, and plain ReLU.

    Source: Tan and Le, EfficientNet, ICML 2019, and the "Lite" variants of its TPU repository (2020). Lite0's ReLU6
    is a ReLU here, one module each and not in place, because Captum's DeepLift and Guided Backprop know ``nn.ReLU``
    only and hook each module once.
    """
    block = partial(MBConv, se_layer=nn.Identity)
    stages = [
        MBConvConfig(expand, kernel, stride, before, after, repeats, block=block)
        for expand, kernel, stride, before, after, repeats in LITE0_STAGES
    ]
    norm = partial(nn.BatchNorm2d, eps=1e-3, momentum=0.01)
    network = EfficientNet(
        stages, dropout, stochastic_depth_prob=0.1, num_classes=num_classes, norm_layer=norm, last_channel=1280
    )
    stem = network.features[0][0]
    if in_channels != stem.in_channels:
        network.features[0][0] = nn.Conv2d(in_channels, stem.out_channels, 3, stride=2, padding=1, bias=False)
    nn.init.normal_(network.classifier[-1].weight, std=0.01)  # torchvision's start suits 1,000 classes, not two
    _replace_activations(network)
    return network


def _replace_activations(module: nn.Module) -> None:
    """Replace every activation inside ``module`` by a ``nn.ReLU`` of its own."""
    for name, child in module.named_children():
        if isinstance(child, nn.SiLU):
            setattr(module, name, nn.ReLU())
        else:
            _replace_activations(child)


class Residual(nn.Module):
    """Add the output of one branch to that of another, which is the input itself where it has no layers."""

    def __init__(self, main: nn.Sequential, shortcut: nn.Sequential) -> None:
        super().__init__()
        self.main, self.shortcut = main, shortcut

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum of both branches."""
        result: Tensor = self.main(x) + self.shortcut(x)
        return result


class Ensemble(nn.Module):
    """The mean of two networks' logits, as a plain module, so that every gradient method works on it.

    Input ``(B, 1, S, S)`` at the size of ``transfer``; ``lecture`` gets the same image, resized.
    """

    def __init__(self) -> None:
        super().__init__()
        self.transfer = lite0()
        self.lecture = lecture()

    def forward(self, pixels: Tensor) -> Tensor:
        """Return logits (B, 2)."""
        transfer: Tensor = self.transfer(pixels)
        lecture: Tensor = self.lecture(resample(pixels, LECTURE_SIZE))
        return (transfer + lecture) / 2


def logistic_regression(input_size: int = 32) -> nn.Sequential:
    """Build logistic regression on the pixels of a film resized to 32 x 32: no convolution, so no neighbourhood."""
    return nn.Sequential(nn.Flatten(), nn.Linear(input_size**2, len(CLASSES)))
