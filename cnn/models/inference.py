"""Run a network over many films in batches."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from cnn.imaging.preprocess import standardise


def device() -> torch.device:
    """A GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def batched(call: Callable[[Tensor], Tensor], network: nn.Module, films: Tensor, batch: int) -> Tensor:
    """``call`` on standardised films (N, 1, S, S), ``batch`` at a time, on the network's device; results on the CPU."""
    device = next(network.parameters()).device
    inputs = (standardise(part.float()).to(device, memory_format=torch.channels_last) for part in films.split(batch))
    return torch.cat([call(part).cpu() for part in inputs])


@torch.inference_mode()
def logit_margins(network: nn.Module, pixels: Tensor, batch: int = 16) -> np.ndarray:
    """Logit of PNEUMONIA minus logit of NORMAL, (N,), for films (N, 1, S, S) as uint8 greys."""
    logits = batched(network, network, pixels, batch)
    return (logits[:, 1] - logits[:, 0]).double().numpy()
