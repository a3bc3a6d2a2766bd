"""Load the weights of the registered networks, checked against their cards; write both.

Every network takes one grey channel, ``(B, 1, S, S)``, standardised by :mod:`cnn.imaging.preprocess`, and returns
logits ``(B, 2)`` in the order of :data:`cnn.cards.CLASSES`.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from safetensors.torch import save as save_safetensors
from torch import Tensor, nn

from cnn import cards
from cnn.cards import CLASSES, DEFAULT_NETWORK, read_card, write_card
from cnn.errors import WeightsRejected
from cnn.imaging.preprocess import require_standardised
from cnn.models import engine
from cnn.models.inference import device_of, find_device
from cnn.models.registry import REGISTRY

WEIGHTS_FOLDER = cards.WEIGHTS_FOLDER
"""Where :func:`load` and the segmenter and gate behind it look for weights and cards."""


@dataclass(frozen=True)
class LoadedModel:
    """A network in evaluation mode with its card. Shared by all readers: nothing may hook or change ``module``."""

    cam_in_logits: ClassVar[bool] = True
    """Whether Grad-CAM's maps are logits per pixel, so that those of an ensemble's parts add up."""
    reads_films: ClassVar[bool] = True
    """Whether the inputs are chest radiographs, in which lungs can be found."""

    name: str
    module: nn.Module
    card: dict[str, Any]
    input_size: int
    cam_layers: tuple[str, ...]

    @property
    def folded(self) -> nn.Module:
        """The same function in less time, for predictions; made once for all readers, and again if weights change."""
        return engine.fold(self.module)

    @property
    def device(self) -> torch.device:
        """Where the network runs."""
        return device_of(self.module)

    def class_name(self, target: int) -> str:
        """Return the name of a class by its index."""
        return CLASSES[target]

    def check_input(self, pixels: Tensor) -> None:
        """Refuse with a UserError what the network cannot read: only standardised films (B, 1, S, S) are."""
        require_standardised(pixels, self.input_size)

    def probabilities(self, pixels: Tensor) -> Tensor:
        """Return the calibrated probability of each class, (B, K) float64 on the CPU, of inputs (B, C, H, W)."""
        return (self.logits(pixels) / self.temperature).softmax(dim=1)

    def logits(self, pixels: Tensor) -> Tensor:
        """Return the logits, (B, K) float64 on the CPU, of inputs (B, C, H, W) from any device."""
        return self.scores(pixels.detach().to(self.device)).cpu().double()

    def scores(self, pixels: Tensor) -> Tensor:
        """Return the logits (B, K) of inputs (B, C, H, W), both where the network is, without gradients."""
        (logits,) = engine.run(self.module, pixels)
        return logits

    @property
    def temperature(self) -> float:
        """Divisor of the logits before the softmax; fitted on validation (Guo et al., ICML 2017)."""
        return float(self.card["temperature"])

    @property
    def threshold(self) -> float:
        """P(PNEUMONIA) from which the label is PNEUMONIA."""
        return float(self.card["threshold"])

    @property
    def weights_sha256(self) -> str:
        """Hash of the weight file, or of the parts' hashes where there are several."""
        return str(self.card["sha256"])


@cache
def load(name: str = DEFAULT_NETWORK, on: str | None = None) -> LoadedModel:
    """Return the registered network ``name`` with its shipped weights; loaded once for each device, then shared.

    Raises:
        WeightsRejected: unknown name, or a missing, damaged or unfitting weight file or card.
        CommandFailed: there is no device that torch calls ``on``.
    """
    spec = REGISTRY.get(name)
    return load_from(spec.folder if spec and spec.folder else WEIGHTS_FOLDER, name, on)


def load_from(folder: Path, name: str, on: str | None = None) -> LoadedModel:
    """Load the registered network ``name`` from ``folder``, not shared; raises like :func:`load`."""
    if name not in REGISTRY:
        raise WeightsRejected(f"There is no model named %s; choose one of {', '.join(REGISTRY)}.", name)
    spec = REGISTRY[name]
    module = spec.build()
    card = read_card(folder, name)
    state = read_state(folder, name, card)
    load_weights(module, state, name)
    module.eval().requires_grad_(False).to(find_device(on))
    return LoadedModel(name, module, card, spec.input_size, spec.cam_layers)


def combined_sha256(hashes: list[str]) -> str:
    """Return one hash for a model that is made of several weight files."""
    return hashlib.sha256("".join(hashes).encode()).hexdigest()


def weights_sha256(folder: Path, name: str) -> str:
    """Return the hash of a registered network's weight file, or of its parts' hashes where it has parts."""
    parts = REGISTRY[name].parts
    hashes = [hashlib.sha256(_read_bytes(folder, part)).hexdigest() for part in parts or (name,)]
    return combined_sha256(hashes) if parts else hashes[0]


def read_state(folder: Path, name: str, card: dict[str, Any]) -> dict[str, Tensor]:
    """Return the state dict of a registered network, joined from its parts' files where it has parts.

    Raises:
        WeightsRejected: missing, damaged, or not what ``card`` describes; nothing is parsed then.
    """
    parts = REGISTRY[name].parts
    if not parts:
        return read_weights(folder, name, card)
    files = [_read_bytes(folder, part) for part in parts]
    verify_card(name, card, combined_sha256([hashlib.sha256(data).hexdigest() for data in files]))
    states = [_parse(data, part) for data, part in zip(files, parts, strict=True)]
    return {f"{part}.{key}": state[key] for part, state in zip(parts, states, strict=True) for key in state}


def read_weights(
    folder: Path, name: str, card: dict[str, Any], classes: tuple[str, ...] = CLASSES
) -> dict[str, Tensor]:
    """Return the state dict in the file ``NAME.safetensors``, which is parsed only if it is what ``card`` describes.

    Raises:
        WeightsRejected: missing, damaged, or not what ``card`` describes.
    """
    data = _read_bytes(folder, name)
    verify_card(name, card, hashlib.sha256(data).hexdigest(), classes)
    return _parse(data, name)


def _read_bytes(folder: Path, name: str) -> bytes:
    try:
        return (folder / f"{name}.safetensors").read_bytes()
    except OSError as error:
        raise WeightsRejected(
            f"The weights weights/{name}.safetensors are missing; get the whole repository again."
        ) from error


def _parse(data: bytes, name: str) -> dict[str, Tensor]:
    try:
        return load_safetensors(data)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:  # a type of number that torch does not know
        raise WeightsRejected(f"weights/{name}.safetensors is damaged; get the file again.") from error


def write_weights(folder: Path, name: str, module: nn.Module, card: dict[str, Any]) -> None:
    """Write ``NAME.safetensors`` and ``NAME.json``; the card gains the file's SHA-256 and torch's version."""
    folder.mkdir(parents=True, exist_ok=True)
    data = save_safetensors({key: value.detach().cpu().contiguous() for key, value in module.state_dict().items()})
    (folder / f"{name}.safetensors").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    write_card(folder, name, {"name": name, "sha256": digest, "torch": torch.__version__, **card})


def verify_card(name: str, card: dict[str, Any], digest: str, classes: tuple[str, ...] = CLASSES) -> None:
    """Check that a card describes the weights of hash ``digest`` and these classes.

    Raises:
        WeightsRejected: it does not.
    """
    if card.get("sha256") != digest:
        raise WeightsRejected(f"The weights of {name!r} are not the ones its card describes; get both files again.")
    if tuple(card.get("classes", ())) != classes:
        raise WeightsRejected(f"The card of {name!r} names other classes than {' and '.join(classes)}.")


def load_weights(module: nn.Module, state: dict[str, Tensor], name: str) -> None:
    """Load ``state`` into ``module``.

    Raises:
        WeightsRejected: names or shapes differ.
    """
    try:
        module.load_state_dict(state)
    except RuntimeError as error:
        raise WeightsRejected(f"The weights of {name!r} do not fit the network; get the file again.") from error
