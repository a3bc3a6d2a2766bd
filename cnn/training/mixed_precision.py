"""Train in bfloat16 where the device computes in it."""

import torch
from torch import Tensor, nn
from typing_extensions import override


def bfloat16_autocast(device: torch.device) -> torch.autocast:
    """Return an autocast context for ``device``; disabled on CPUs that emulate bfloat16, which is ten times slower."""
    native = device.type != "cpu" or bool(torch.cpu.get_capabilities().get("avx512_bf16"))
    return torch.autocast(device.type, torch.bfloat16, enabled=native)


class Float32Conv2d(nn.Conv2d):
    """A convolution that autocast leaves in float32."""

    @override
    def forward(self, input: Tensor) -> Tensor:
        with torch.autocast(input.device.type, enabled=False):
            return super().forward(input.float())


def keep_depthwise_in_float32(network: nn.Module) -> None:
    """Exclude depthwise convolutions from autocast: on a CPU their bfloat16 backward pass is five times slower.

    Parameters and names stay as they are: only the class of these layers changes.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.groups > 1:
            module.__class__ = Float32Conv2d
