"""Run a network over many films in batches."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from cnn.imaging.preprocess import standardise


def device() -> torch.device:
    """Return the GPU where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


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
    target = next(network.parameters()).device
    inputs = (
        standardise(part.float()).to(target, memory_format=torch.channels_last) for part in torch.split(films, batch)
    )
    return torch.cat([call(part).cpu() for part in inputs])


@torch.inference_mode()
def logit_margins(network: nn.Module, pixels: Tensor, batch: int = 16) -> np.ndarray:
    """Return logit of PNEUMONIA minus logit of NORMAL, (N,), for films (N, 1, S, S) as uint8 greys."""
    logits = batched(network, network, pixels, batch)
    return (logits[:, 1] - logits[:, 0]).double().numpy()
