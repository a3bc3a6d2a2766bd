"""Why not fully connected (slides 8-9): how many weights a layer needs to read a picture."""

from dataclasses import dataclass

from cnn.layers.costs import linear_parameters
from cnn.layers.layers import Conv, Volume
from cnn.layers.sizes import Count


@dataclass(frozen=True)
class LayerCost:
    """A layer that reads a picture. Biases are left out, as on the slide.

    ``reads`` is how many input numbers each output number is a sum over.
    """

    name: str
    outputs: Count
    reads: Count
    weights: Count
    multiply_adds: Count

    @property
    def memory(self) -> int:
        """Bytes of the weights at 4 a weight."""
        return 4 * self.weights.value


def compare_layers(
    picture: Volume, hidden: int, filters: int, kernel_size: int
) -> tuple[LayerCost, LayerCost, LayerCost]:
    """Fully connected; a filter of its own at each place; one filter for all places, which is a convolution.

    Stride 1, no padding. Raises ``DoesNotFit``.
    """
    width, height, depth = picture.width, picture.height, picture.depth
    pixels = width * height * depth
    everything = Count(pixels, f"{width}*{height}*{depth} = {pixels:,}")
    dense = linear_parameters(pixels, hidden, bias=False)
    step = Conv(filters, kernel_size, bias=False).through(picture)
    places = step.after
    assert isinstance(places, Volume)
    numbers = places.width * places.height * filters
    outputs = Count(numbers, f"{places.width}*{places.height}*{filters} = {numbers:,}")
    patch = kernel_size * kernel_size * depth
    window = Count(patch, f"{kernel_size}*{kernel_size}*{depth} = {patch:,}")
    products = step.multiply_adds
    return (
        LayerCost("fully connected", Count(hidden, f"{hidden:,}"), everything, dense, dense),
        LayerCost("a filter of its own at each place", outputs, window, products, products),
        LayerCost("convolution", outputs, window, step.parameters, products),
    )
