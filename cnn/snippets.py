"""PyTorch lines that do what a page shows, and the output that they print; tests run the lines and compare."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

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


def numbers(values: Sequence[float] | np.ndarray) -> str:
    """A list of floats as Python prints it, with at most four decimals and no minus zero."""
    return str([round(float(value), 4) + 0.0 for value in values])
