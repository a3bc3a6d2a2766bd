"""Describe the layers of a network: the output shape, cost, PyTorch code and text of each.

Sizes follow PyTorch's floor rule. Multiply-adds are those of convolutions and fully connected layers, for one image;
biases, pooling, activations and normalisation are not counted, as is usual. Memory is that of float32 outputs.
"""

import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from typing_extensions import override

from cnn.errors import DoesNotFit, SizeDoesNotFit, UserError
from cnn.layers import costs, sizes
from cnn.layers.layer import Layer, LayerInfo, Shape, Vector, Volume
from cnn.layers.layer_text import format_layer, parse_arguments
from cnn.layers.sizes import Count, Window


@contextmanager
def _advice_only_if(all_else_fits: bool) -> Iterator[None]:
    """Take the values out of an error's advice where the layer has a second fault that they would run into."""
    try:
        yield
    except SizeDoesNotFit as error:
        raise sizes.keep_advice(error, lambda *_: all_else_fits) from None


class _ElementwiseLayer(Layer):
    """A layer that maps each value to one value of the same shape."""

    @override
    def infer(self, input_shape: Shape) -> LayerInfo:
        return LayerInfo(input_shape, input_shape, window=Window(1))


@dataclass(frozen=True)
class Conv(Layer):
    """K filters of F x F."""

    out_channels: int
    kernel_size: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    groups: int = 1
    bias: bool = True
    title: ClassVar[str] = "Convolution"
    words: ClassVar[tuple[str, ...]] = ("conv",)

    @property
    def window(self) -> Window:
        """How the filters slide along each side."""
        return Window(self.kernel_size, self.stride, self.padding, self.dilation)

    @override
    def infer(self, input_shape: Shape) -> LayerInfo:
        volume = self._require_volume(input_shape)
        with _advice_only_if(costs.groups_fit(self.groups, volume.depth, self.out_channels)):
            across, down = sizes.output_sizes((volume.width, volume.height), self.window)
        filters = (volume.depth, self.out_channels, self.kernel_size)
        return LayerInfo(
            volume,
            Volume(across.size, down.size, self.out_channels),
            (across, down),
            costs.conv_parameters(*filters, self.groups, self.bias),
            costs.conv_multiply_adds(*filters, (down.size, across.size), self.groups),
            self.window,
        )

    @override
    def torch_code(self, input_shape: Shape) -> str:
        depth = self._require_volume(input_shape).depth
        return f"nn.Conv2d({depth}, {self.out_channels}, kernel_size={self.kernel_size}{self._torch_options()})"


@dataclass(frozen=True)
class ConvTranspose(Layer):
    """A transposed convolution: each input value adds its F x F filter to the output, S cells from the next."""

    out_channels: int
    kernel_size: int
    stride: int = 1
    padding: int = 0
    output_padding: int = 0
    dilation: int = 1
    groups: int = 1
    bias: bool = True
    title: ClassVar[str] = "Transposed convolution"
    words: ClassVar[tuple[str, ...]] = ("tconv",)

    @property
    def window(self) -> Window:
        """How the filters slide along each side of the output."""
        return Window(self.kernel_size, self.stride, self.padding, self.dilation)

    @override
    def infer(self, input_shape: Shape) -> LayerInfo:
        volume = self._require_volume(input_shape)
        sides = (volume.width, volume.height)
        with _advice_only_if(costs.groups_fit(self.groups, volume.depth, self.out_channels)):
            across, down = sizes.transposed_output_sizes(sides, self.window, self.output_padding)
        filters = (volume.depth, self.out_channels, self.kernel_size)
        # Filters are applied at input cells. Output cells do not all depend on equally many, so there is no window.
        return LayerInfo(
            volume,
            Volume(across.value, down.value, self.out_channels),
            (across, down),
            costs.conv_parameters(*filters, self.groups, self.bias),
            costs.conv_multiply_adds(*filters, (volume.height, volume.width), self.groups),
        )

    @override
    def torch_code(self, input_shape: Shape) -> str:
        depth = self._require_volume(input_shape).depth
        options = f"kernel_size={self.kernel_size}{self._torch_options()}"
        return f"nn.ConvTranspose2d({depth}, {self.out_channels}, {options})"


@dataclass(frozen=True)
class Pool(Layer):
    """The maximum or average of each window of F x F; only maximum pooling can be dilated."""

    kind: Literal["max", "average"]
    kernel_size: int
    stride: int
    padding: int = 0
    dilation: int = 1
    ceil_mode: bool = False
    title: ClassVar[str] = "Pooling"
    words: ClassVar[tuple[str, ...]] = ("max", "avg")

    @override
    @classmethod
    def parse(cls, word: str, arguments: Sequence[str]) -> "Pool":
        text_defaults = {"kernel_size": None, "stride": 1, "padding": 0, "dilation": 1, "ceil_mode": False}
        values = parse_arguments(word, arguments, text_defaults)
        return cls("max" if word == "max" else "average", **{"stride": values["kernel_size"]} | values)

    @override
    def __str__(self) -> str:
        word = "max" if self.kind == "max" else "avg"
        text_defaults = {name: default for name, default in self._defaults().items() if name != "kind"}
        return format_layer(word, self, text_defaults | {"stride": self.kernel_size})

    @property
    def window(self) -> Window:
        """How the window slides along each side."""
        return Window(self.kernel_size, self.stride, self.padding, self.dilation)

    @override
    def infer(self, input_shape: Shape) -> LayerInfo:
        volume = self._require_volume(input_shape)
        rule: sizes.Rule = "ceil" if self.ceil_mode else "floor"
        sides = (volume.width, volume.height)
        if self.kind == "average" and self.dilation > 1:
            fits = sizes.window_fits(sides, replace(self.window, dilation=1), rule, pooling=True)
            smaller = "" if fits else " and choose a smaller window"
            raise DoesNotFit(f"Average pooling has no dilation: set D = 1{smaller}.")
        across, down = sizes.output_sizes(sides, self.window, rule, pooling=True)
        output = Volume(across.size, down.size, volume.depth)
        return LayerInfo(volume, output, (across, down), window=self.window)

    @override
    def torch_code(self, input_shape: Shape) -> str:
        name = "MaxPool2d" if self.kind == "max" else "AvgPool2d"
        return f"nn.{name}({self.kernel_size}, stride={self.stride}{self._torch_options()})"


@dataclass(frozen=True)
class AdaptivePool(Layer):
    """The average of windows chosen so that size x size values of each channel result."""

    size: int
    title: ClassVar[str] = "Adaptive pooling"
    words: ClassVar[tuple[str, ...]] = ("adaptive",)

    @override
    def infer(self, input_shape: Shape) -> LayerInfo:
        volume = self._require_volume(input_shape)
        for n in (volume.width, volume.height):
            sizes.adaptive_windows(n, self.size)
        equal = volume.width == volume.height and volume.width % self.size == 0
        side = volume.width // self.size
        output = Volume(self.size, self.size, volume.depth)
        return LayerInfo(volume, output, window=Window(side, side) if equal else None)

    @override
    def torch_code(self, input_shape: Shape) -> str:
        return f"nn.AdaptiveAvgPool2d({self.size})"


@dataclass(frozen=True)
class Activation(_ElementwiseLayer):
    """An activation function, applied to each value."""

    name: Literal["relu", "tanh", "sigmoid"]
    title: ClassVar[str] = "Activation"
    words: ClassVar[tuple[str, ...]] = ("relu", "tanh", "sigmoid")

    @override
    @classmethod
    def parse(cls, word: str, arguments: Sequence[str]) -> "Activation":
        parse_arguments(word, arguments, {})
        return cls(word)  # type: ignore[arg-type]

    @override
    def __str__(self) -> str:
        return self.name

    @override
    def torch_code(self, input_shape: Shape) -> str:
        return {"relu": "nn.ReLU()", "tanh": "nn.Tanh()", "sigmoid": "nn.Sigmoid()"}[self.name]


@dataclass(frozen=True)
class BatchNorm(Layer):
    """Batch normalisation: each channel is scaled and shifted by two parameters."""

    title: ClassVar[str] = "Batch normalisation"
    words: ClassVar[tuple[str, ...]] = ("norm",)

    @override
    def infer(self, input_shape: Shape) -> LayerInfo:
        depth = self._require_volume(input_shape).depth
        parameters = Count(2 * depth, f"2*{depth} = {2 * depth:,}")
        return LayerInfo(input_shape, input_shape, parameters=parameters, window=Window(1))

    @override
    def torch_code(self, input_shape: Shape) -> str:
        return f"nn.BatchNorm2d({self._require_volume(input_shape).depth})"


@dataclass(frozen=True)
class Dropout(_ElementwiseLayer):
    """Each value is set to 0 with this probability in training; afterwards the layer does nothing."""

    probability: float
    title: ClassVar[str] = "Dropout"
    words: ClassVar[tuple[str, ...]] = ("drop",)

    @override
    @classmethod
    def parse(cls, word: str, arguments: Sequence[str]) -> "Dropout":
        if len(arguments) != 1 or not re.fullmatch(r"\d?\.?\d{1,4}", arguments[0]):
            text = " ".join([word, *arguments])
            raise UserError("%s needs a probability of up to 4 decimals after its name, such as drop 0.5.", text)
        return cls(float(arguments[0]))

    @override
    def __str__(self) -> str:
        return f"drop {self.probability:g}"

    @override
    def infer(self, input_shape: Shape) -> LayerInfo:
        if not 0 <= self.probability < 1:
            raise DoesNotFit(f"Dropout clears a share from 0 to below 1, not {self.probability:g}: try 0.5.")
        return super().infer(input_shape)

    @override
    def torch_code(self, input_shape: Shape) -> str:
        return f"nn.Dropout({self.probability:g})"


@dataclass(frozen=True)
class Flatten(Layer):
    """A volume as a vector."""

    title: ClassVar[str] = "Flatten"
    words: ClassVar[tuple[str, ...]] = ("flatten",)

    @override
    def infer(self, input_shape: Shape) -> LayerInfo:
        return LayerInfo(input_shape, Vector(math.prod(input_shape.torch_shape)), window=Window(1))

    @override
    def torch_code(self, input_shape: Shape) -> str:
        return "nn.Flatten()"


@dataclass(frozen=True)
class Linear(Layer):
    """A fully connected layer."""

    out_features: int
    bias: bool = True
    title: ClassVar[str] = "Fully connected"
    words: ClassVar[tuple[str, ...]] = ("fc",)

    @override
    def infer(self, input_shape: Shape) -> LayerInfo:
        inputs = self._in_features(input_shape)
        parameters = costs.linear_parameters(inputs, self.out_features, self.bias)
        products = inputs * self.out_features
        multiply_adds = Count(products, f"{inputs}*{self.out_features} = {products:,}")
        return LayerInfo(input_shape, Vector(self.out_features), (), parameters, multiply_adds, whole_input=True)

    @override
    def torch_code(self, input_shape: Shape) -> str:
        return f"nn.Linear({self._in_features(input_shape)}, {self.out_features}{self._torch_options()})"

    def _in_features(self, shape: Shape) -> int:
        if isinstance(shape, Volume):
            raise DoesNotFit(f"A fully connected layer reads a row, not a volume of {shape}: put Flatten before it.")
        return shape.features


@dataclass(frozen=True)
class Softmax(_ElementwiseLayer):
    """Scores to probabilities; on a volume, over the depth at each position."""

    title: ClassVar[str] = "Softmax"
    words: ClassVar[tuple[str, ...]] = ("softmax",)

    @override
    def torch_code(self, input_shape: Shape) -> str:
        return "nn.Softmax(dim=1)"


@dataclass(frozen=True)
class Add(_ElementwiseLayer):
    """The sum of a block's main branch and its ``shortcut``, which must have the same shape.

    PyTorch would broadcast a side of 1; no published block does, so here it is a mistake.
    """

    shortcut: Shape
    title: ClassVar[str] = "Addition"

    @override
    def __str__(self) -> str:
        return "add"

    @override
    def infer(self, input_shape: Shape) -> LayerInfo:
        if input_shape != self.shortcut:
            raise DoesNotFit(
                f"{input_shape} comes through the layers and {self.shortcut} by the shortcut, and only equals can be "
                f"added{self._suggest_projection(input_shape)}."
            )
        return super().infer(input_shape)

    def _suggest_projection(self, wanted: Shape) -> str:
        """Return the advice to end the shortcut with a 1x1 convolution, where one gives the ``wanted`` shape."""
        if isinstance(wanted, Vector) or isinstance(self.shortcut, Vector):
            return ""
        projection = Conv(wanted.depth, 1, stride=-(-self.shortcut.width // wanted.width))
        return f": end the shortcut with {projection}" if projection.infer(self.shortcut).output == wanted else ""
