"""Compare a fully connected layer with a convolution (slides 8-9): the weights that each needs for one image."""

from dataclasses import dataclass

from cnn.errors import DoesNotFit, SizeDoesNotFit
from cnn.layers.costs import (
    FLOAT32_BYTES,
    MAX_COUNT,
    conv_multiply_adds,
    conv_parameters,
    filter_weights,
    linear_parameters,
)
from cnn.layers.layer import Volume
from cnn.layers.sizes import Count, Window, output_sizes


@dataclass(frozen=True)
class LayerCost:
    """What a layer costs on one image, biases left out as on the slide.

    ``inputs_per_output`` is the number of input values that each output value is a sum over.
    """

    name: str
    outputs: Count
    inputs_per_output: Count
    weights: Count
    multiply_adds: Count

    @property
    def memory(self) -> int:
        """Bytes of the weights as float32."""
        return FLOAT32_BYTES * self.weights.value


def compare_layers(
    image: Volume, hidden: int, filters: int, kernel_size: int
) -> tuple[LayerCost, LayerCost, LayerCost]:
    """Count the costs of three layers on ``image``, with stride 1 and no padding.

    Returns:
        A fully connected layer, one with a filter of its own at each position, and a convolution, which has the same
        filter at all positions.

    Raises:
        DoesNotFit: The kernel is larger than the image, or a number is out of range.
    """
    values = image.width * image.height * image.depth
    pixels = Count(values, f"{image.width}*{image.height}*{image.depth} = {values:,}")
    if values > MAX_COUNT:
        raise DoesNotFit(
            f"The image has {values:,} values, more than {MAX_COUNT:,}: choose a smaller width, height or depth."
        )
    dense_weights = linear_parameters(values, hidden, bias=False)
    try:
        width, height = (side.size for side in output_sizes((image.width, image.height), Window(kernel_size)))
    except SizeDoesNotFit as error:
        raise DoesNotFit(
            f"A filter of size F = {kernel_size:,} is larger than the image, {image.width:,} × {image.height:,}: "
            f"choose F = {min(image.width, image.height):,} or less."
        ) from error
    outputs = Count(width * height * filters, f"{width}*{height}*{filters} = {width * height * filters:,}")
    patch = filter_weights(image.depth, kernel_size)
    weights = conv_parameters(image.depth, filters, kernel_size, bias=False)
    products = conv_multiply_adds(image.depth, filters, kernel_size, (height, width))
    return (
        LayerCost("fully connected", Count(hidden, f"{hidden:,}"), pixels, dense_weights, dense_weights),
        LayerCost("a filter of its own at each place", outputs, patch, products, products),
        LayerCost("convolution", outputs, patch, weights, products),
    )
