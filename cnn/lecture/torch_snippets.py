"""PyTorch code that does what a page shows, and its output; tests run the code and compare."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from cnn.layers import to_torch
from cnn.layers.costs import conv_parameters, linear_parameters
from cnn.layers.dense_vs_conv import compare_layers
from cnn.layers.layer import Layer, Volume
from cnn.layers.network import Network
from cnn.ops.convolution import Convolution, conv1d
from cnn.ops.feature_stack import TwoLayers
from cnn.ops.filter_task import BackwardPass
from cnn.ops.pooling import Pooling
from cnn.ops.softmax import Loss, Softmax
from cnn.ops.windows import Array, Axis


@dataclass(frozen=True)
class Snippet:
    """Python ``code`` that runs by itself and prints ``output``."""

    code: str
    output: str


def convolution_1d(
    signal: Sequence[float], kernel: Sequence[float], mode: Literal["full", "same", "valid"], flip: bool
) -> Snippet:
    """Return the 1-D example in PyTorch, which never flips by itself and takes the output mode as padding."""
    example = conv1d(signal, kernel, mode=mode, flip=flip)
    left, right = example.columns.before, example.columns.after
    code = [
        "import torch",
        "from torch.nn.functional import conv1d, pad",
        "",
        f"x = torch.tensor({_format_floats(signal)})",
        f"w = torch.tensor({_format_floats(kernel)})",
        *(["w = w.flip(0)  # PyTorch does not flip by itself"] if flip else []),
        *([f"x = pad(x, ({left}, {right}))  # zeros before and after"] if left or right else []),
        "print(conv1d(x[None, None], w[None, None]).flatten().tolist())",
    ]
    return Snippet("\n".join(code), _format_floats(example.output.ravel()))


def two_layers(layers: TwoLayers) -> Snippet:
    """Return two convolution layers with ReLU between, and the shapes on the way, depth first as in PyTorch."""
    side, f = layers.side, layers.kernel_size
    code = f"""import torch
from torch import nn

x = torch.zeros({layers.depth}, {side}, {side})
conv1 = nn.Conv2d({layers.depth}, {layers.first}, kernel_size={f})
conv2 = nn.Conv2d({layers.first}, {layers.second}, kernel_size={f})
y = torch.relu(conv1(x))
z = torch.relu(conv2(y))
print(list(y.shape), list(z.shape))
print(list(conv2.weight[0].shape))  # one filter of the second layer"""
    shapes = [layers.first, layers.between, layers.between], [layers.second, layers.after, layers.after]
    return Snippet(code, f"{shapes[0]} {shapes[1]}\n{[layers.first, f, f]}")


def lenet() -> Snippet:
    """Return LeNet-5 as it is usually written today, with its last convolution as the linear layer that it equals."""
    layers = [
        conv_parameters(1, 6, 5),
        conv_parameters(6, 16, 5),
        linear_parameters(400, 120),
        linear_parameters(120, 84),
        linear_parameters(84, 10),
    ]
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
    return Snippet(code, f"{sum(layer.value for layer in layers)} weights and biases")


def convolution_2d(example: Convolution) -> Snippet:
    """Return a worked 2-D example in PyTorch, without arguments that have their default."""
    rows, columns = example.rows, example.columns
    code = [
        *_header("conv2d, pad", example.output),
        f"x = torch.tensor({_format_array(example.input)})  # (channels, height, width)",
        f"w = torch.tensor({_format_array(example.weight)})  # (filters, channels, height, width)",
        *(["w = w.flip(2, 3)  # PyTorch does not flip by itself"] if example.flip else []),
        *([f"bias = torch.tensor({_format_floats(example.bias)})"] if example.bias.any() else []),
    ]
    if rows.before or rows.after or columns.before or columns.after:
        mode = "" if example.padding_mode == "zeros" else f', mode="{example.padding_mode}"'
        ends = (columns.before, columns.after, rows.before, rows.after)
        code.append(f"x = pad(x[None], {ends}{mode})[0]  # left, right, top, bottom")
    arguments = [
        *(["bias=bias"] if example.bias.any() else []),
        *_argument("stride", _stride(rows), _stride(columns)),
        *_argument("dilation", _dilation(rows), _dilation(columns)),
    ]
    code += [f"y = conv2d({', '.join(['x[None]', 'w', *arguments])})[0]", f"print(list(y.shape), {_tolist('y')})"]
    return Snippet("\n".join(code), f"{list(example.output.shape)} {_format_array(example.output)}")


def pooling(example: Pooling, adaptive: int | None = None) -> Snippet:
    """Return a worked pooling example in PyTorch, and the gradient that reaches its input.

    ``adaptive`` is the output size of adaptive pooling, None for windows that slide.
    """
    call = (
        _pool_call(example)
        if adaptive is None
        else f"adaptive_{_SHORT_NAMES[example.kind]}_pool2d(x[None], {adaptive})"
    )
    gradient = example.backward()
    code = [
        *_header(call.split("(")[0], np.concatenate([example.output.ravel(), gradient.ravel()])),
        f"x = torch.tensor({_format_array(example.input)}, requires_grad=True)",
        f"y = {call}[0]",
        f"print(list(y.shape), {_tolist('y')})",
        "y.sum().backward()",
        f"print({_tolist('x.grad')})  # where the gradient goes",
    ]
    return Snippet(
        "\n".join(code), f"{list(example.output.shape)} {_format_array(example.output)}\n{_format_array(gradient)}"
    )


def layer(layer: Layer, before: Volume) -> Snippet:
    """Return one layer on a volume: its output shape, depth first, and its number of parameters."""
    info = layer.infer(before)
    code = f"""import torch
from torch import nn

with torch.device("meta"):  # sizes only: nothing is computed, however large it is
    layer = {layer.torch_code(before)}
    x = torch.empty{(1, *before.torch_shape)}  # (batch, depth, height, width)
print(list(layer(x)[0].shape), sum(p.numel() for p in layer.parameters()))"""
    return Snippet(code, f"{list(info.output.torch_shape)} {info.parameters.value}")


def dense_vs_conv(picture: Volume, hidden: int, filters: int, kernel_size: int) -> Snippet:
    """Return the weights of a fully connected layer and of a convolution on one picture. Raises ``DoesNotFit``."""
    dense, _, convolution = compare_layers(picture, hidden, filters, kernel_size)
    code = f"""import torch
from torch import nn

with torch.device("meta"):  # sizes only: nothing is stored, however many weights there are
    dense = nn.Linear({picture.width} * {picture.height} * {picture.depth}, {hidden})
    conv = nn.Conv2d({picture.depth}, {filters}, kernel_size={kernel_size})
print(f"{{dense.weight.numel():,}} {{conv.weight.numel():,}}")"""
    return Snippet(code, f"{dense.weights.value:,} {convolution.weights.value:,}")


def network(network: Network) -> Snippet:
    """Return a whole network, and the output shape of each of its layers. Raises ``DoesNotFit``."""
    return Snippet(to_torch.torch_code(network), to_torch.expected_output(network))


def softmax(example: Softmax, loss: Loss) -> Snippet:
    """Return softmax, cross-entropy and its gradient by the scores, which is (p - y)/T."""
    scaled = "z" if example.temperature == 1 else f"z / {example.temperature:g}"
    code = f"""import torch
from torch.nn.functional import cross_entropy, softmax
torch.set_default_dtype(torch.float64)  # decimals as Python has them

z = torch.tensor({[float(term.score) for term in example.terms]}, requires_grad=True)
p = softmax({scaled}, dim=0)
loss = cross_entropy({scaled}, torch.tensor({loss.one_hot.index(1)}))  # counted from 0
loss.backward()
for row in (p, loss, z.grad):
    print((row.round(decimals=4) + 0).tolist())"""
    rows = (
        _format_floats([term.probability for term in example.terms]),
        round(loss.value, 4),
        _format_floats(loss.by_score),
    )
    return Snippet(code, "\n".join(map(str, rows)))


_SHORT_NAMES = {"max": "max", "average": "avg", "lp": "lp"}


def _pool_call(example: Pooling) -> str:
    rows, columns = example.rows, example.columns
    norm = [str(float(example.norm))] if example.kind == "lp" else []
    size = _format_pair(len(rows.windows[0]), len(columns.windows[0]))
    arguments = [
        *norm,
        size,
        f"stride={_format_pair(_stride(rows), _stride(columns))}",
        *([f"padding={_format_pair(rows.before, columns.before)}"] if rows.before or columns.before else []),
        *_argument("dilation", _dilation(rows), _dilation(columns)),
        *(["ceil_mode=True"] if rows.overhang or columns.overhang else []),
    ]
    return f"{_SHORT_NAMES[example.kind]}_pool2d(x[None], {', '.join(arguments)})"


def _header(functions: str, output: Array) -> list[str]:
    exact = [] if (output % 1 == 0).all() else ["torch.set_default_dtype(torch.float64)  # decimals as Python has them"]
    return ["import torch", f"from torch.nn.functional import {functions}", *exact, ""]


def _tolist(name: str) -> str:
    """Return code for the rounded values as a list; adding 0 turns a minus zero into a zero."""
    return f"({name}.round(decimals=3) + 0).tolist()"


def _argument(name: str, height: int, width: int) -> list[str]:
    if height == width == 1:
        return []
    return [f"{name}={_format_pair(height, width)}"]


def _format_pair(height: int, width: int) -> str:
    return str(height if height == width else (height, width))


def _stride(axis: Axis) -> int:
    """Return the stride; of a window alone the least that PyTorch takes, more than it hangs over the edge."""
    return axis.windows[1][0] - axis.windows[0][0] if len(axis.windows) > 1 else axis.overhang + 1


def _dilation(axis: Axis) -> int:
    return axis.windows[0][1] - axis.windows[0][0] if len(axis.windows[0]) > 1 else 1


def _format_array(array: Array) -> str:
    """Return nested lists as Python prints them, rounded to three decimals, without minus zero."""
    return str((np.round(array, 3) + 0.0).tolist())


def _format_floats(values: Sequence[float] | np.ndarray) -> str:
    """Return a list of floats as Python prints it, with at most four decimals and no minus zero."""
    return str([round(float(value), 4) + 0.0 for value in values])


def filter_gradients(passed: BackwardPass) -> Snippet:
    """Return the backward pass of one pair by autograd: loss, dL/dw and dL/dx, to four decimals."""
    passed = replace(passed, weight=passed.weight.round(4))  # so that the lines print what they are given
    lists = {name: values.tolist() for name, values in (("x", passed.image), ("w", passed.weight))}
    code = f"""import torch
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
x = torch.tensor({lists["x"]}, requires_grad=True)
w = torch.tensor({lists["w"]}, requires_grad=True)
t = torch.tensor({passed.target.tolist()})
y = F.conv2d(x[None, None], w[None, None])
loss = F.mse_loss(y, t[None])
loss.backward()
print(round(loss.item() + 1e-9, 4))  # a hair up, so that 0.00005 rounds one way
for gradient in (w.grad, x.grad):
    print([[round(number + 1e-9, 4) + 0.0 for number in row] for row in gradient.tolist()])"""
    numbers = [passed.gradients.weight[0, 0], passed.gradients.input[0]]
    rows = [[[round(number + 1e-9, 4) + 0.0 for number in row] for row in array.tolist()] for array in numbers]
    return Snippet(code, "\n".join(map(str, [round(passed.loss + 1e-9, 4), *rows])))
