"""The networks that read a radiograph, their registry, and the checked loading of their weights.

Every network takes one grey channel, ``(B, 1, S, S)``, standardised by :mod:`cnn.imaging.preprocess`, and returns
logits ``(B, 2)`` in the order of :data:`CLASSES`.
"""

import copy
import hashlib
import itertools
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from cnn import cards
from cnn.cards import CLASSES, read_card, write_card
from cnn.errors import WeightsRejected
from cnn.models.inference import device
from cnn.models.registry import DEFAULT, REGISTRY

WEIGHTS_FOLDER = cards.WEIGHTS_FOLDER
"""Where :func:`load` and the segmenter and gate behind it look for weights and cards."""


@dataclass(frozen=True)
class LoadedModel:
    """A network in evaluation mode with its card. Shared by all readers: nothing may hook or change ``module``."""

    name: str
    module: nn.Module
    card: dict[str, Any]
    input_size: int
    cam_layers: tuple[str, ...]

    @cached_property
    def folded(self) -> nn.Module:
        """The same function for predictions, in less time."""
        return fold_batch_norms(self.module)

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


def fold_batch_norms(module: nn.Module) -> nn.Module:
    """A copy of ``module``, which is in evaluation mode, with the same outputs up to rounding and names of layers.

    Each batch norm is folded into the convolution before it, and what a pixel holds in all channels lies side by side
    in memory, as convolutions on a CPU want it.
    """
    with torch.inference_mode(False):
        quick = copy.deepcopy(module)
        _fold_in_place(quick)
        return quick.to(memory_format=torch.channels_last)


def _fold_in_place(module: nn.Module) -> None:
    """Leaves a layer that does nothing in the place of each batch norm."""
    for (_, first), (name, second) in itertools.pairwise(list(module.named_children())):
        if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
            folded = fuse_conv_bn_eval(first, second)
            first.weight, first.bias = folded.weight, folded.bias
            setattr(module, name, nn.Identity())
    for child in module.children():
        _fold_in_place(child)


@cache
def load(name: str = DEFAULT) -> LoadedModel:
    """The registered network ``name`` with its shipped weights; loaded once, then shared.

    Raises:
        WeightsRejected: unknown name, or a missing, damaged or unfitting weight file or card.
    """
    return load_from(WEIGHTS_FOLDER, name)


def load_from(folder: Path, name: str) -> LoadedModel:
    """As :func:`load`, from ``folder`` and not shared."""
    if name not in REGISTRY:
        raise WeightsRejected(f"There is no model named {name!r}; choose one of {', '.join(REGISTRY)}.")
    architecture = REGISTRY[name]
    module = architecture.build()
    card = read_card(folder, name)
    state, digest = read_state(folder, name)
    verify_card(name, card, digest)
    load_weights(module, state, name)
    module.eval().requires_grad_(False).to(device())
    return LoadedModel(name, module, card, architecture.input_size, architecture.cam_layers)


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


def verify_card(name: str, card: dict[str, Any], digest: str, classes: tuple[str, ...] = CLASSES) -> None:
    """Raises WeightsRejected where the card is not of these weights or these classes."""
    if card.get("sha256") != digest:
        raise WeightsRejected(f"The weights of {name!r} are not the ones its card describes; get both files again.")
    if tuple(card.get("classes", ())) != classes:
        raise WeightsRejected(f"The card of {name!r} names other classes than {' and '.join(classes)}.")


def load_weights(module: nn.Module, state: dict[str, Tensor], name: str) -> None:
    """Puts ``state`` into ``module``; raises WeightsRejected where names or shapes differ."""
    try:
        module.load_state_dict(state)
    except RuntimeError as error:
        raise WeightsRejected(f"The weights of {name!r} do not fit the network; get the file again.") from error


def write_weights(folder: Path, name: str, module: nn.Module, card: dict[str, Any]) -> None:
    """Writes ``NAME.safetensors`` and ``NAME.json``; the card gains the file's SHA-256 and torch's version."""
    folder.mkdir(parents=True, exist_ok=True)
    data = save({key: value.detach().cpu().contiguous() for key, value in module.state_dict().items()})
    (folder / f"{name}.safetensors").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    write_card(folder, name, {"name": name, "sha256": digest, "torch": torch.__version__, **card})
