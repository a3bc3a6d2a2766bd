"""Weight files of the right shapes holding random numbers, and films without patients."""

import dataclasses
import hashlib
import io
import os
import signal
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save
from torch import nn

from cnn import cards
from cnn.imaging.radiograph import Radiograph
from cnn.models import loading, ood_gate, registry
from cnn.models.architectures import LungNet


def film(seed: int = 0, height: int = 300, width: int = 260) -> Radiograph:
    """A smooth random picture with the greys of a film."""
    noise = torch.randn(1, 1, 12, 12, generator=torch.Generator().manual_seed(seed))
    smooth = nn.functional.interpolate(noise, size=(height, width), mode="bicubic")[0, 0]
    pixels = smooth.sub(smooth.min()).div(smooth.max() - smooth.min()).numpy()
    digest = hashlib.sha256(pixels.tobytes()).hexdigest()
    return Radiograph(np.ascontiguousarray(pixels), "PNG", (), digest, f"film-{seed}.png", None)


def png_film(seed: int = 0, size: int = 96) -> bytes:
    """A square :func:`film` as a PNG file."""
    data = io.BytesIO()
    Image.fromarray((film(seed, size, size).pixels * 255).astype(np.uint8)).save(data, format="PNG")
    return data.getvalue()


def random_module(name: str) -> nn.Module:
    """The network ``name`` with random weights and batch norms that know the spread they meet, so that signals live."""
    module = registry.MODELS[name].build()
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu")
        elif isinstance(part, nn.Linear):
            nn.init.normal_(part.weight, std=0.05)
        elif isinstance(part, nn.BatchNorm2d):
            part.momentum = 1.0
    side = registry.MODELS[name].input_size
    with torch.no_grad():
        module.train()(nn.functional.interpolate(torch.randn(4, 1, 14, 14), size=(side, side), mode="bilinear"))
    return module.eval()


def write_weights(folder: Path, seed: int = 0) -> Path:
    """Weight files and cards of every registered model in ``folder``; the cards say that they are random."""
    card = {"classes": list(cards.CLASSES), "temperature": 1.5, "threshold": 0.4, "metrics": {}, "data": "random"}
    card["threshold_rule"] = "where these random weights put it"
    hashes = {}
    for name, architecture in registry.MODELS.items():
        if architecture.parts:
            hashes[name] = loading.combined_sha256([hashes[part] for part in architecture.parts])
        else:
            torch.manual_seed(seed)
            data = save(random_module(name).state_dict())
            hashes[name] = hashlib.sha256(data).hexdigest()
            (folder / f"{name}.safetensors").write_bytes(data)
        cards.write_card(folder, name, card | {"name": name, "sha256": hashes[name]})
    write_gate(folder)
    return folder


def write_gate(folder: Path, **limits: float) -> None:
    """A random lung segmenter and a gate that lets every picture through, but for the ``limits`` given."""
    torch.manual_seed(0)
    lung_card = {"classes": ["lung"]}
    write(folder, "lung_segmenter", LungNet(), lung_card)
    wide = {"kind": 1.0, "distance": 1e9, "lungs": 0.0}
    digest = cards.read_card(folder, "lung_segmenter")["sha256"]
    gate_card = {"classes": list(ood_gate.KINDS), "lungs_sha256": digest, "limits": wide | limits}
    write(folder, "ood_gate", ood_gate.Gate(), gate_card)


def write(folder: Path, name: str, module: nn.Module, card: dict[str, object]) -> None:
    """``module`` and its card, with the hash that they share."""
    data = save(module.state_dict())
    (folder / f"{name}.safetensors").write_bytes(data)
    cards.write_card(folder, name, card | {"name": name, "sha256": hashlib.sha256(data).hexdigest()})


class Dying(nn.Module):
    """A network whose process is killed at its ``pass_number``-th forward pass, unless ``died`` exists: once in all.

    PyTorch runs it, since the engine does not know this layer: rows are compared with those of another ``Dying``.
    """

    def __init__(self, network: nn.Module, died: Path, pass_number: int) -> None:
        super().__init__()
        self.network, self.died, self.left = network, died, pass_number

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        self.left -= 1
        if self.left <= 0 and not self.died.exists():
            self.died.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return self.network(pixels)  # type: ignore[no-any-return]


def dying(model: loading.LoadedModel, died: Path, pass_number: int) -> loading.LoadedModel:
    """``model``, but for :class:`Dying`."""
    return dataclasses.replace(model, module=Dying(model.module, died, pass_number))
