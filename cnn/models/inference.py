"""Run a network over many films in batches."""

from collections.abc import Callable
from itertools import chain

import numpy as np
import torch
from torch import Tensor, nn

from cnn.errors import CommandFailed
from cnn.imaging.preprocess import standardise

_chosen: list[torch.device] = []


def device() -> torch.device:
    """Return the device that was chosen, else the GPU where there is one, else the CPU."""
    return _chosen[-1] if _chosen else torch.device("cuda" if torch.cuda.is_available() else "cpu")


def choose_device(name: str) -> None:
    """Load all networks from now on onto the device that torch calls ``name``, such as cpu or cuda:1.

    Raises:
        CommandFailed: There is no such device here.
    """
    _chosen[:] = [find_device(name)]


def find_device(name: str | None) -> torch.device:
    """Return the device that torch calls ``name``; without a name, that of :func:`device`.

    Raises:
        CommandFailed: There is no such device here.
    """
    if name is None:
        return device()
    try:
        chosen = torch.zeros(1, device=name)
        chosen.item()
    except (RuntimeError, AssertionError):
        raise CommandFailed("There is no device %s here: name none, or cpu or cuda.", name) from None
    return chosen.device


def device_of(network: nn.Module) -> torch.device:
    """Return the device on which a network's weights are."""
    return next((tensor.device for tensor in chain(network.parameters(), network.buffers())), torch.device("cpu"))


def batched(call: Callable[[Tensor], Tensor], network: nn.Module, films: Tensor, batch: int) -> Tensor:
    """Apply ``call`` to ``batch`` films at a time, on the device of ``network``.

    Args:
        call: maps standardised films (B, 1, S, S) to (B, ...).
        network: gives the device.
        films: (N, 1, S, S), any real dtype and brightness.
        batch: films per call.

    Returns:
        The joined results (N, ...) on the CPU.
    """
    target = device_of(network)
    inputs = (
        standardise(part.float()).to(target, memory_format=torch.channels_last) for part in torch.split(films, batch)
    )
    return torch.cat([call(part).cpu() for part in inputs])


@torch.inference_mode()
def logit_margins(network: nn.Module, pixels: Tensor, batch: int = 16) -> np.ndarray:
    """Return logit of PNEUMONIA minus logit of NORMAL, (N,), for films (N, 1, S, S) as uint8 greys."""
    logits = batched(network, network, pixels, batch)
    return (logits[:, 1] - logits[:, 0]).double().numpy()
