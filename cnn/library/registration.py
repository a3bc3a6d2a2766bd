"""Take in saliency methods, layers and networks that are defined in one's own file.

    @cnn.register_method("mine", title="My method")
    def mine(attempt):
        return attempt.gradient(attempt.pixels) ** 2

They are known to the process that has run the file: in Python after importing it, in the command line and the app where
the environment variable ``CNN_EXTENSIONS`` names it, see :mod:`cnn.extensions`.
"""

import os
from collections.abc import Callable, Collection
from pathlib import Path

from torch import Tensor, nn

from cnn import cards
from cnn.attribution.attribution import Meaning
from cnn.attribution.methods import METHODS, Attempt, Method
from cnn.errors import UserError
from cnn.models import registry
from cnn.models.registry import ModelSpec

Run = Callable[[Attempt], Tensor]


def register_method(
    key: str, title: str = "", about: str = "", meaning: Meaning = "evidence", passes: int = 1
) -> Callable[[Run], Run]:
    """Register a saliency method: a function from an attempt to its map, (1, 1, S, S) or (1, C, H, W).

    Args:
        key: its name in code and on the command line.
        title: its name for a reader; the key where there is none.
        about: one sentence on how it works.
        meaning: of the map's values, see :data:`cnn.attribution.attribution.Meaning`.
        passes: images that it sends through the network.

    Raises:
        UserError: The name is taken.
    """

    def register(run: Run) -> Run:
        _require_free(key, METHODS, "method")
        METHODS[key] = Method(title or key, about or f"Registered as {key}.", meaning, "", run, passes)
        return run

    return register


def register_model(
    key: str,
    build: Callable[[], nn.Module],
    input_size: int,
    weights: str | os.PathLike[str],
    *,
    cam_layers: tuple[str, ...] = (),
    title: str = "",
) -> None:
    """Register a classifier of films, whose weights and card :func:`cnn.models.loading.write_weights` wrote.

    Args:
        key: its name in code and on the command line.
        build: makes the network: logits (B, 2) from standardised films (B, 1, S, S).
        input_size: S.
        weights: folder with ``KEY.safetensors`` and ``KEY.json``.
        cam_layers: paths of the layers for Grad-CAM.
        title: its name for a reader; the key where there is none.

    Raises:
        UserError: The name is taken.
    """
    _require_free(key, registry.REGISTRY, "network")
    spec = ModelSpec(build, input_size, cam_layers, folder=Path(weights))
    registry.MODELS[key] = registry.REGISTRY[key] = spec
    cards.OTHER_TITLES[key] = title or key


def _require_free(key: str, taken: Collection[str], kind: str) -> None:
    if key in taken:
        raise UserError(f"There is a {kind} named %s already; choose another name.", key)
