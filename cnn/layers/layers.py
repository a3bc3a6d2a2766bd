"""The layers a network is stacked from: what each makes of a volume, what it costs, and its line of PyTorch.

Sizes follow PyTorch's floor rule. Multiply-adds are those of convolutions and fully connected layers, for one image;
biases, pooling, activations and normalisation are not counted, as is usual. Memory is that of float32 outputs.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from cnn.errors import DoesNotFit
from cnn.layers import costs, sizes
from cnn.layers.sizes import Count, Rule, Size, Window


@dataclass(frozen=True)
class Volume:
    """Width x height x depth, as the lecture writes it."""

    width: int
    height: int
    depth: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}x{self.depth}"

    @property
    def torch_shape(self) -> tuple[int, ...]:
        """Depth first, as PyTorch has it; without the batch."""
        return (self.depth, self.height, self.width)

    @property
    def memory(self) -> Count:
        """Bytes."""
        return costs.activation_bytes(self.depth, self.height, self.width)


@dataclass(frozen=True)
class Vector:
    """A flattened volume: so many numbers in a row."""

    features: int

    def __str__(self) -> str:
        return f"1x1x{self.features}"

    @property
    def torch_shape(self) -> tuple[int, ...]:
        """Without the batch."""
        return (self.features,)

    @property
    def memory(self) -> Count:
        """Bytes."""
        return costs.activation_bytes(self.features, 1, 1)


Shape = Volume | Vector
NO_COST = Count(0, "0")


@dataclass(frozen=True)
class LayerInfo:
    """What one layer made of ``before``.

    ``sides`` are the size formulas across and down, where there are any. ``window`` is what a unit reads along one
    side, None where units differ or see everything; ``everything`` tells which of the two.
    """

    before: Shape
    after: Shape
    sides: tuple[Size | Count, ...] = ()
    parameters: Count = NO_COST
    multiply_adds: Count = NO_COST
    window: Window | None = None
    everything: bool = False


@dataclass(frozen=True)
class Layer:
    """One layer. ``title`` names it to a reader."""

    title: ClassVar[str] = ""

    def through(self, before: Shape) -> LayerInfo:
        """What becomes of ``before``. Raises ``DoesNotFit``."""
        raise NotImplementedError

    def code(self, before: Shape) -> str:
        """The line of PyTorch, for an input of shape ``before``."""
        raise NotImplementedError

    def _volume(self, before: Shape) -> Volume:
        if isinstance(before, Vector):
            raise DoesNotFit(
                f"{self.title} reads a volume, but {before.features:,} numbers in a row arrive here: "
                "put it before Flatten."
            )
        return before


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

    def through(self, before: Shape) -> LayerInfo:
        """See :meth:`Layer.through`."""
        volume = self._volume(before)
        numbers = (self.kernel_size, self.stride, self.padding, self.dilation)
        across, down = (sizes.output_size(n, *numbers) for n in (volume.width, volume.height))
        filters = (volume.depth, self.out_channels, self.kernel_size)
        return LayerInfo(
            before,
            Volume(across.size, down.size, self.out_channels),
            (across, down),
            costs.conv_parameters(*filters, self.groups, self.bias),
            costs.conv_multiply_adds(*filters, (down.size, across.size), self.groups),
            Window(*numbers),
        )

    def code(self, before: Shape) -> str:
        """See :meth:`Layer.code`."""
        return f"nn.Conv2d({_arguments(self._volume(before).depth, self)})"


@dataclass(frozen=True)
class ConvTranspose(Layer):
    """A transposed convolution: each input number lays its F x F filter down, S cells apart."""

    out_channels: int
    kernel_size: int
    stride: int = 1
    padding: int = 0
    output_padding: int = 0
    dilation: int = 1
    groups: int = 1
    bias: bool = True
    title: ClassVar[str] = "Transposed convolution"

    def through(self, before: Shape) -> LayerInfo:
        """See :meth:`Layer.through`; its units do not all read equally many cells, so there is no window."""
        volume = self._volume(before)
        numbers = (self.kernel_size, self.stride, self.padding, self.output_padding, self.dilation)
        across, down = (sizes.transposed_output_size(n, *numbers) for n in (volume.width, volume.height))
        filters = (volume.depth, self.out_channels, self.kernel_size)
        return LayerInfo(
            before,
            Volume(across.value, down.value, self.out_channels),
            (across, down),
            costs.conv_parameters(*filters, self.groups, self.bias),
            # Every input cell, not every output cell, meets the whole filter.
            costs.conv_multiply_adds(*filters, (volume.height, volume.width), self.groups),
        )

    def code(self, before: Shape) -> str:
        """See :meth:`Layer.code`."""
        return f"nn.ConvTranspose2d({_arguments(self._volume(before).depth, self)})"


@dataclass(frozen=True)
class Pool(Layer):
    """Maximum or average of each window of F x F; only the maximum can be dilated."""

    kind: Literal["max", "average"]
    kernel_size: int
    stride: int
    padding: int = 0
    dilation: int = 1
    ceil: bool = False
    title: ClassVar[str] = "Pooling"

    def through(self, before: Shape) -> LayerInfo:
        """See :meth:`Layer.through`."""
        volume = self._volume(before)
        if self.kind == "average" and self.dilation > 1:
            raise DoesNotFit("Average pooling has no dilation: set D = 1, or take the maximum.")
        numbers = (self.kernel_size, self.stride, self.padding, self.dilation)
        rule: Rule = "ceil" if self.ceil else "floor"
        across, down = (sizes.pool_size(n, *numbers, rule) for n in (volume.width, volume.height))
        after = Volume(across.size, down.size, volume.depth)
        return LayerInfo(before, after, (across, down), window=Window(*numbers))

    def code(self, before: Shape) -> str:
        """See :meth:`Layer.code`."""
        name = "MaxPool2d" if self.kind == "max" else "AvgPool2d"
        ceil = ", ceil_mode=True" if self.ceil else ""
        return f"nn.{name}({self.kernel_size}, stride={self.stride}{_more(self, 'padding', 'dilation')}{ceil})"


@dataclass(frozen=True)
class AdaptivePool(Layer):
    """The average of windows that are made to fit, so that size x size numbers are left of each channel."""

    size: int
    title: ClassVar[str] = "Adaptive pooling"

    def through(self, before: Shape) -> LayerInfo:
        """See :meth:`Layer.through`."""
        volume = self._volume(before)
        for n in (volume.width, volume.height):
            sizes.adaptive_windows(n, self.size)
        sides = {(n // self.size, n % self.size) for n in (volume.width, volume.height)}
        (window, rest) = sides.pop()
        even = not sides and not rest and window >= 1
        after = Volume(self.size, self.size, volume.depth)
        return LayerInfo(before, after, window=Window(window, window) if even else None)

    def code(self, before: Shape) -> str:
        """See :meth:`Layer.code`."""
        return f"nn.AdaptiveAvgPool2d({self.size})"


@dataclass(frozen=True)
class Activation(Layer):
    """One number in, one number out."""

    name: Literal["relu", "tanh", "sigmoid"]
    title: ClassVar[str] = "Activation"

    def through(self, before: Shape) -> LayerInfo:
        """See :meth:`Layer.through`."""
        return LayerInfo(before, before, window=Window(1))

    def code(self, before: Shape) -> str:
        """See :meth:`Layer.code`."""
        return {"relu": "nn.ReLU()", "tanh": "nn.Tanh()", "sigmoid": "nn.Sigmoid()"}[self.name]


@dataclass(frozen=True)
class BatchNorm(Layer):
    """Each channel moved and scaled by two numbers that are learnt."""

    title: ClassVar[str] = "Batch normalisation"

    def through(self, before: Shape) -> LayerInfo:
        """See :meth:`Layer.through`."""
        depth = self._volume(before).depth
        return LayerInfo(before, before, parameters=Count(2 * depth, f"2*{depth} = {2 * depth:,}"), window=Window(1))

    def code(self, before: Shape) -> str:
        """See :meth:`Layer.code`."""
        return f"nn.BatchNorm2d({self._volume(before).depth})"


@dataclass(frozen=True)
class Dropout(Layer):
    """Clears each number with this probability while training; does nothing afterwards."""

    probability: float
    title: ClassVar[str] = "Dropout"

    def through(self, before: Shape) -> LayerInfo:
        """See :meth:`Layer.through`."""
        if not 0 <= self.probability < 1:
            raise DoesNotFit(f"Dropout clears a share from 0 to below 1, not {self.probability:g}: try 0.5.")
        return LayerInfo(before, before, window=Window(1))

    def code(self, before: Shape) -> str:
        """See :meth:`Layer.code`."""
        return f"nn.Dropout({self.probability:g})"


@dataclass(frozen=True)
class Flatten(Layer):
    """A volume laid out in a row."""

    title: ClassVar[str] = "Flatten"

    def through(self, before: Shape) -> LayerInfo:
        """See :meth:`Layer.through`."""
        return LayerInfo(before, Vector(math.prod(before.torch_shape)), window=Window(1))

    def code(self, before: Shape) -> str:
        """See :meth:`Layer.code`."""
        return "nn.Flatten()"


@dataclass(frozen=True)
class Linear(Layer):
    """A fully connected layer."""

    out_features: int
    bias: bool = True
    title: ClassVar[str] = "Fully connected"

    def through(self, before: Shape) -> LayerInfo:
        """See :meth:`Layer.through`."""
        inputs = self._row(before).features
        parameters = costs.linear_parameters(inputs, self.out_features, self.bias)
        products = inputs * self.out_features
        multiply_adds = Count(products, f"{inputs}*{self.out_features} = {products:,}")
        return LayerInfo(before, Vector(self.out_features), (), parameters, multiply_adds, everything=True)

    def code(self, before: Shape) -> str:
        """See :meth:`Layer.code`."""
        return f"nn.Linear({self._row(before).features}, {self.out_features}{'' if self.bias else ', bias=False'})"

    def _row(self, before: Shape) -> Vector:
        if isinstance(before, Volume):
            raise DoesNotFit(f"A fully connected layer reads a row, not a volume of {before}: put Flatten before it.")
        return before


@dataclass(frozen=True)
class Softmax(Layer):
    """Scores to probabilities; on a volume, over its depth at each place."""

    title: ClassVar[str] = "Softmax"

    def through(self, before: Shape) -> LayerInfo:
        """See :meth:`Layer.through`."""
        return LayerInfo(before, before, window=Window(1))

    def code(self, before: Shape) -> str:
        """See :meth:`Layer.code`."""
        return "nn.Softmax(dim=1)"


@dataclass(frozen=True)
class Add(Layer):
    """The sum of two volumes of the same shape, number by number: ``shortcut`` is what comes by the other way.

    PyTorch would stretch a side of 1 to fit (broadcasting); no published block does, so here it is a mistake.
    """

    shortcut: Shape
    title: ClassVar[str] = "Addition"

    def through(self, before: Shape) -> LayerInfo:
        """See :meth:`Layer.through`; what its units see depends on both ways, so there is no window."""
        if before != self.shortcut:
            raise DoesNotFit(
                f"{before} comes through the layers and {self.shortcut} by the shortcut, and only equals can be added"
                f"{self._projection(before)}."
            )
        return LayerInfo(before, before)

    def _projection(self, wanted: Shape) -> str:
        """The 1x1 convolution that would mend it, where there is one."""
        if isinstance(wanted, Vector) or isinstance(self.shortcut, Vector):
            return ""
        stride = -(-self.shortcut.width // wanted.width)
        if Conv(wanted.depth, 1, stride).through(self.shortcut).after != wanted:
            return ""
        step = f" s{stride}" if stride > 1 else ""
        return f": end the shortcut with conv {wanted.depth} 1{step}"


def _arguments(in_channels: int, layer: Conv | ConvTranspose) -> str:
    more = _more(layer, "stride", "padding", "output_padding", "dilation", "groups")
    bias = "" if layer.bias else ", bias=False"
    return f"{in_channels}, {layer.out_channels}, kernel_size={layer.kernel_size}{more}{bias}"


def _more(layer: Layer, *names: str) -> str:
    """The arguments among ``names`` that are not what PyTorch takes by itself."""
    usual = {"stride": 1, "padding": 0, "output_padding": 0, "dilation": 1, "groups": 1}
    given = {name: getattr(layer, name, usual[name]) for name in names}
    return "".join(f", {name}={value}" for name, value in given.items() if value != usual[name])
