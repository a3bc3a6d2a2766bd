"""What a layer is: the shapes of what it reads and gives, and what is known of it."""

from collections.abc import Sequence
from dataclasses import MISSING, dataclass, fields
from typing import ClassVar

from cnn.errors import DoesNotFit
from cnn.layers import costs
from cnn.layers.layer_text import Defaults, format_layer, parse_arguments
from cnn.layers.sizes import Count, Size, Window


@dataclass(frozen=True)
class Volume:
    """The shape of an image or a stack of feature maps: width x height x depth, as the lecture writes it."""

    width: int
    height: int
    depth: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}x{self.depth}"

    @property
    def torch_shape(self) -> tuple[int, ...]:
        """(depth, height, width), without the batch."""
        return (self.depth, self.height, self.width)

    @property
    def memory(self) -> Count:
        """Bytes."""
        return costs.activation_bytes(self.depth, self.height, self.width)


@dataclass(frozen=True)
class Vector:
    """The shape of a flattened volume: a number of features."""

    features: int

    def __str__(self) -> str:
        return f"1x1x{self.features}"

    @property
    def torch_shape(self) -> tuple[int, ...]:
        """(features,), without the batch."""
        return (self.features,)

    @property
    def memory(self) -> Count:
        """Bytes."""
        return costs.activation_bytes(self.features, 1, 1)


Shape = Volume | Vector


NO_COST = Count(0, "0")


@dataclass(frozen=True)
class LayerInfo:
    """What one layer makes of its input, and what that costs; ``DoesNotFit`` for an output beyond what is counted.

    Attributes:
        input: Shape of the input.
        output: Shape of the output.
        sides: Size formulas across and down, where there are any.
        parameters: Weights and biases.
        multiply_adds: For one image.
        window: How a unit reads the input along one side; None where units differ or read the whole input.
        whole_input: Whether every unit reads the whole input.
    """

    input: Shape
    output: Shape
    sides: tuple[Size | Count, ...] = ()
    parameters: Count = NO_COST
    multiply_adds: Count = NO_COST
    window: Window | None = None
    whole_input: bool = False

    def __post_init__(self) -> None:
        _ = self.output.memory  # raises where a side or the depth is too large


@dataclass(frozen=True)
class Layer:
    """One layer; ``title`` is its name for a reader, ``words`` are its names in the text of a network."""

    title: ClassVar[str] = ""
    words: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def parse(cls, word: str, arguments: Sequence[str]) -> "Layer":
        """Build the layer from one of its words and the arguments that follow.

        Raises:
            UserError: The arguments are not those of this layer.
        """
        return cls(**parse_arguments(word, arguments, cls._defaults()))

    def __str__(self) -> str:
        """Return the text that :meth:`parse` reads back."""
        return format_layer(self.words[0], self, self._defaults())

    def infer(self, input_shape: Shape) -> LayerInfo:
        """Compute the output shape and the costs.

        Raises:
            DoesNotFit: The layer cannot read this shape.
        """
        raise NotImplementedError

    def torch_code(self, input_shape: Shape) -> str:
        """Return the PyTorch expression that builds the layer."""
        raise NotImplementedError

    @classmethod
    def _defaults(cls) -> Defaults:
        return {field.name: None if field.default is MISSING else field.default for field in fields(cls)}

    def _torch_options(self) -> str:
        """Return the keyword arguments that differ from their default, which is PyTorch's too."""
        options = {name: getattr(self, name) for name, default in self._defaults().items() if default is not None}
        return "".join(f", {name}={value}" for name, value in options.items() if value != self._defaults()[name])

    def _require_volume(self, shape: Shape) -> Volume:
        if isinstance(shape, Vector):
            raise DoesNotFit(
                f"{self.title} reads a volume, but {shape.features:,} numbers in a row arrive here: "
                "put it before Flatten."
            )
        return shape
