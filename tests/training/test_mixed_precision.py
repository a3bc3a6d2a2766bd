"""Depthwise convolutions compute the same, and in float32 under autocast."""

import torch

from cnn.models import architectures
from cnn.training.mixed_precision import Float32Conv2d, keep_depthwise_in_float32


def test_depthwise_convolutions_stay_in_float32_and_the_network_the_same() -> None:
    network = architectures.lite0().eval()
    image = torch.randn(1, 1, 64, 64)
    with torch.no_grad():
        before = network(image)
        keep_depthwise_in_float32(network)
        torch.testing.assert_close(network(image), before)
        depthwise = [module for module in network.modules() if isinstance(module, Float32Conv2d)]
        assert len(depthwise) == 16
        with torch.autocast("cpu", torch.bfloat16):
            assert depthwise[0](torch.randn(1, 32, 8, 8).bfloat16()).dtype == torch.float32
