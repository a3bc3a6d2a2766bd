"""The networks that read a radiograph, their registry, and the checked loading of their weights.

Every network takes one grey channel, ``(B, 1, S, S)``, standardised by :mod:`cnn.imaging.preprocess`, and returns logits
``(B, 2)`` in the order of :data:`CLASSES`.
"""

import copy
import hashlib
import itertools
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torchvision.models.efficientnet import EfficientNet, MBConv, MBConvConfig

from cnn.cards import CLASSES, WEIGHTS, read_card
from cnn.errors import WeightsRejected
from cnn.imaging.preprocess import resample


def lecture(channels: tuple[int, ...] = (16, 32, 64, 96, 128), input_size: int = 128) -> nn.Sequential:
    """The lecture's chain: CONV -> ReLU -> POOL, five times, then flatten and one fully connected layer.

    Each convolution is 3x3, stride 1, padding 1, so it keeps the size; each pool is 2x2, stride 2, so it halves it.
    Softmax follows outside, in :func:`cnn.predict.predict`, because training and attributions need the logits.
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
    """EfficientNet-Lite0 from torchvision's blocks: no squeeze-and-excitation, and plain ReLU.

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
    network = EfficientNet(stages, dropout, stochastic_depth_prob=0.1, num_classes=num_classes, norm_layer=norm,
                           last_channel=1280)  # fmt: skip
    stem = network.features[0][0]
    if in_channels != stem.in_channels:
        network.features[0][0] = nn.Conv2d(in_channels, stem.out_channels, 3, stride=2, padding=1, bias=False)
    nn.init.normal_(network.classifier[-1].weight, std=0.01)  # torchvision's start suits 1,000 classes, not two
    _own_relus(network)
    return network


def _own_relus(module: nn.Module) -> None:
    """Puts a new ``nn.ReLU`` in place of every activation below ``module``."""
    for name, child in module.named_children():
        if isinstance(child, nn.SiLU):
            setattr(module, name, nn.ReLU())
        else:
            _own_relus(child)


def imagenet_lite0(path: str | Path) -> EfficientNet:
    """Lite0 for one grey channel with published ImageNet weights; the classifier keeps its fresh start.

    The file's tensors fit torchvision's in order, shape for shape. A grey picture has the same value in red, green and
    blue, so the three slices of the first filters are added up: the same output from a third of the input.
    """
    published = list(torch.load(path, map_location="cpu", weights_only=True).values())
    network = lite0()
    own = network.state_dict()
    if len(published) != len(own):
        raise WeightsRejected(f"{Path(path).name} holds {len(published)} tensors where Lite0 has {len(own)}.")
    for name, tensor in zip(own, published, strict=True):
        if name == "features.0.0.weight":
            own[name] = tensor.sum(dim=1, keepdim=True)
        elif not name.startswith("classifier"):
            own[name] = tensor
    network.load_state_dict(own)
    return network


class Ensemble(nn.Module):
    """The mean of two networks' logits, as a plain module, so that every gradient method works on it.

    Input ``(B, 1, S, S)`` at the size of ``transfer``; ``lecture`` sees the same picture, averaged down to its size.
    """

    def __init__(self) -> None:
        super().__init__()
        self.transfer = lite0()
        self.lecture = lecture()

    def forward(self, pixels: Tensor) -> Tensor:
        """Logits (B, 2)."""
        return (self.transfer(pixels) + self.lecture(resample(pixels, MODELS["lecture"].input_size))) / 2


def floor(input_size: int = 32) -> nn.Sequential:
    """Logistic regression on the pixels of a film shrunk to 32 x 32: no convolution, no idea of a neighbour."""
    return nn.Sequential(nn.Flatten(), nn.Linear(input_size**2, len(CLASSES)))


@dataclass(frozen=True)
class Architecture:
    """How a registered network is built, the side S of its input in pixels, and where Grad-CAM looks by default."""

    build: Callable[[], nn.Module]
    input_size: int
    cam_layer: str
    parts: tuple[str, ...] = ()
    """Networks whose weight files make this one up; empty where it has a file of its own."""


MODELS: dict[str, Architecture] = {
    "transfer": Architecture(lite0, 224, "features.8"),
    "lecture": Architecture(lecture, 128, "relu5"),
    "ensemble": Architecture(Ensemble, 224, "transfer.features.8", parts=("transfer", "lecture")),
}
DEFAULT = "transfer"
BASELINES: dict[str, Architecture] = {"floor": Architecture(floor, 32, "")}
"""What the networks have to beat; loaded and measured like them, but not offered to be explained."""
REGISTRY = MODELS | BASELINES


@dataclass(frozen=True)
class LoadedModel:
    """A network in evaluation mode with its card. Shared by all readers: nothing may hook or change ``module``."""

    name: str
    module: nn.Module
    card: dict[str, Any]
    input_size: int
    cam_layer: nn.Module

    @cached_property
    def quick(self) -> nn.Module:
        """The same function for predictions, in less time."""
        return quickened(self.module)

    @property
    def temperature(self) -> float:
        """What logits are divided by before the softmax; fitted on validation (Guo et al., ICML 2017)."""
        return float(self.card["temperature"])

    @property
    def threshold(self) -> float:
        """P(PNEUMONIA) from which the label is PNEUMONIA; chosen on validation."""
        return float(self.card["threshold"])

    @property
    def weights_sha256(self) -> str:
        """Hash of the weight file, or of the parts' hashes where there are several."""
        return str(self.card["sha256"])


def quickened(module: nn.Module) -> nn.Module:
    """A copy of ``module``, which is in evaluation mode, with the same outputs up to rounding and names of layers.

    Each batch norm is folded into the convolution before it, and what a pixel holds in all channels lies side by side
    in memory, as convolutions on a CPU want it.
    """
    with torch.inference_mode(False):
        quick = copy.deepcopy(module)
        _fold_batch_norms(quick)
        return quick.to(memory_format=torch.channels_last)


def _fold_batch_norms(module: nn.Module) -> None:
    """Leaves a layer that does nothing in the place of each batch norm."""
    for (_, first), (name, second) in itertools.pairwise(list(module.named_children())):
        if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
            folded = fuse_conv_bn_eval(first, second)
            first.weight, first.bias = folded.weight, folded.bias
            setattr(module, name, nn.Identity())
    for child in module.children():
        _fold_batch_norms(child)


def device() -> torch.device:
    """A GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@cache
def load(name: str = DEFAULT) -> LoadedModel:
    """The registered network ``name`` with its shipped weights; loaded once, then shared.

    Raises:
        WeightsRejected: unknown name, or a missing, damaged or unfitting weight file or card.
    """
    return load_from(WEIGHTS, name)


def load_from(folder: Path, name: str) -> LoadedModel:
    """As :func:`load`, from ``folder`` and not shared."""
    if name not in REGISTRY:
        raise WeightsRejected(f"There is no model named {name!r}; choose one of {', '.join(REGISTRY)}.")
    architecture = REGISTRY[name]
    module = architecture.build()
    card = read_card(folder, name)
    state, digest = read_state(folder, name)
    check(name, card, digest)
    fit(module, state, name)
    module.eval().requires_grad_(False).to(device())
    return LoadedModel(name, module, card, architecture.input_size,
                       module.get_submodule(architecture.cam_layer))  # fmt: skip


def combined_sha256(hashes: list[str]) -> str:
    """One hash for a model that is made of several weight files."""
    return hashlib.sha256("".join(hashes).encode()).hexdigest()


def read_state(folder: Path, name: str) -> tuple[dict[str, Tensor], str]:
    """State dict and hash of a registered network, put together from its parts' files where it has parts."""
    parts = REGISTRY[name].parts
    if not parts:
        return read_weights(folder, name)
    files = {part: read_weights(folder, part) for part in parts}
    whole = {f"{part}.{key}": value for part, (state, _) in files.items() for key, value in state.items()}
    return whole, combined_sha256([digest for _, digest in files.values()])


def read_weights(folder: Path, name: str) -> tuple[dict[str, Tensor], str]:
    """State dict and SHA-256 of a weight file."""
    try:
        data = (folder / f"{name}.safetensors").read_bytes()
    except OSError as error:
        raise WeightsRejected(
            f"The weights weights/{name}.safetensors are missing; get the whole repository again."
        ) from error
    digest = hashlib.sha256(data).hexdigest()
    try:
        return load_safetensors(data), digest
    except SafetensorError as error:
        raise WeightsRejected(f"weights/{name}.safetensors is damaged; get the file again.") from error


def check(name: str, card: dict[str, Any], digest: str, classes: tuple[str, ...] = CLASSES) -> None:
    """Raises WeightsRejected where the card is not of these weights or these classes."""
    if card.get("sha256") != digest:
        raise WeightsRejected(f"The weights of {name!r} are not the ones its card describes; get both files again.")
    if tuple(card.get("classes", ())) != classes:
        raise WeightsRejected(f"The card of {name!r} names other classes than {' and '.join(classes)}.")


def fit(module: nn.Module, state: dict[str, Tensor], name: str) -> None:
    """Puts ``state`` into ``module``; raises WeightsRejected where names or shapes differ."""
    try:
        module.load_state_dict(state)
    except RuntimeError as error:
        raise WeightsRejected(f"The weights of {name!r} do not fit the network; get the file again.") from error
