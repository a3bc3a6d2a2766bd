"""PyTorch lines that do what a page shows, and the output that they print; tests run the lines and compare."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cnn.arithmetic import conv_parameters, linear_parameters
from cnn.worked import conv1d


@dataclass(frozen=True)
class Snippet:
    """``code`` runs by itself and prints ``output``."""

    code: str
    output: str


def convolution_1d(
    signal: Sequence[float], kernel: Sequence[float], mode: Literal["full", "same", "valid"], flip: bool
) -> Snippet:
    """The 1-D example in PyTorch, where a flip must be asked for and "full" and "same" are a matter of padding."""
    example = conv1d(signal, kernel, mode=mode, flip=flip)
    left, right = example.columns.before, example.columns.after
    code = [
        "import torch",
        "from torch.nn.functional import conv1d, pad",
        "",
        f"x = torch.tensor({numbers(signal)})",
        f"w = torch.tensor({numbers(kernel)})",
        *(["w = w.flip(0)  # PyTorch does not flip by itself"] if flip else []),
        *([f"x = pad(x, ({left}, {right}))  # zeros before and after"] if left or right else []),
        "print(conv1d(x[None, None], w[None, None]).flatten().tolist())",
    ]
    return Snippet("\n".join(code), numbers(example.output.ravel()))


def lenet() -> Snippet:
    """LeNet-5 as it is usually written today; its last convolution, which covers its whole input, as a linear layer."""
    convolutions = [conv_parameters(1, 6, 5), conv_parameters(6, 16, 5)]
    linear = [linear_parameters(*sizes) for sizes in ((400, 120), (120, 84), (84, 10))]
    code = """import torch
from torch import nn

lenet = nn.Sequential(
    nn.Conv2d(1, 6, kernel_size=5), nn.Tanh(), nn.AvgPool2d(2),
    nn.Conv2d(6, 16, kernel_size=5), nn.Tanh(), nn.AvgPool2d(2),
    nn.Flatten(),
    nn.Linear(400, 120), nn.Tanh(),
    nn.Linear(120, 84), nn.Tanh(),
    nn.Linear(84, 10),
)
print(sum(p.numel() for p in lenet.parameters()), "weights and biases")"""
    return Snippet(code, f"{sum(count.value for count in convolutions + linear)} weights and biases")


def numbers(values: Sequence[float] | np.ndarray) -> str:
    """A list of floats as Python prints it, with at most four decimals and no minus zero."""
    return str([round(float(value), 4) + 0.0 for value in values])
