"""The blur is torchvision's, to the last bit."""

import pytest
import torch
from torchvision.transforms import functional

from cnn.imaging.blur import gaussian_blur


@pytest.mark.parametrize(("kernel_size", "sigma"), [(3, 0.8), (11, 2.0), (57, 14.0)])
def test_the_blur_is_that_of_torchvision(kernel_size: int, sigma: float) -> None:
    images = torch.rand(2, 1, 60, 50, generator=torch.Generator().manual_seed(0))
    expected = functional.gaussian_blur(images, [kernel_size] * 2, [sigma] * 2)
    torch.testing.assert_close(gaussian_blur(images, kernel_size, sigma), expected, rtol=0, atol=1e-7)
