"""One configuration on several pages: links that carry a volume and a layer from one page to the next.

A link names every setting that it means, because a page keeps what its reader last left there for all others. Where a
page has no room for so large a volume or filter, there is no link to it.
"""

import numpy as np
import streamlit as st

from cnn.layers.layers import Conv, ConvTranspose, Layer, Pool, Volume
from cnn.layers.network import Network
from cnn.layers.sizes import LETTERS, Window
from cnn.ops import toy_inputs
from cnn.ops.convolution import Convolution
from cnn.ops.windows import Array

_Link = dict[str, str]
_CALCULATOR_FIELDS = {name: letter for name, letter in LETTERS.items() if name != "n"} | {
    "groups": "groups",
    "output_padding": "out",
    "bias": "bias",
    "ceil_mode": "ceil",
}
"""The calculator's field for each argument of a layer."""
_CALCULATOR_DEFAULTS = {"out_channels": 32, "groups": 1, "output_padding": 0, "bias": True, "ceil_mode": False}
"""The values of the fields for arguments that a layer does not have."""


def link_from_calculator(layer: Conv | ConvTranspose | Pool, before: Volume) -> None:
    """Show links from the calculator to the pages that draw the layer, and to the builder."""
    for page, label, link in (
        ("convolution_2d", "Step through this filter, number by number", _two_dimensions(layer, before)),
        ("stride_padding", "Watch every position of this filter", _positions(layer, before)),
        ("pooling", "Step through this pooling", _pooling(layer, before)),
        ("architecture_builder", "Stack more layers on this one", {"net": str(Network(before, (layer,)))}),
    ):
        if link:
            st.page_link(f"pages/{page}.py", label=label, query_params=link)


def link_to_calculator(layer: Layer, before: Volume, label: str = "Calculate this layer") -> None:
    """Show a link to the calculator with the settings of this layer."""
    st.page_link("pages/layer_calculator.py", label=label, query_params=calculator_settings(layer, before))


def layer_of(example: Convolution) -> tuple[Conv, Volume]:
    """Return the layer of a worked convolution with square filters, stride 1 and no padding, and what it reads."""
    depth, height, width = example.input.shape
    return Conv(len(example.weight), example.kernel.shape[-1]), Volume(width, height, depth)


def link_to_pooling(x: Array, w: Array) -> None:
    """Show a link that pools the output of this convolution."""
    link = {
        "part": "Output of a convolution",
        "x": _written(x),
        "w": _written(w),
        "F": "2",
        "S": "1",
    }
    st.page_link("pages/pooling.py", label="Pool this output", query_params=link)


def calculator_settings(layer: Layer, before: Volume) -> _Link:
    """Return the calculator's settings for a convolution, transposed convolution or pooling layer on ``before``."""
    if isinstance(layer, Pool):
        kind = "max pooling" if layer.kind == "max" else "average pooling"
    else:
        kind = "convolution" if isinstance(layer, Conv) else "transposed convolution"
    values = _CALCULATOR_DEFAULTS | vars(layer)
    numbers = {field: values[name] for name, field in _CALCULATOR_FIELDS.items()}
    sizes = {"W1": before.width, "H1": before.height, "D1": before.depth}
    return {"kind": kind} | {letter: str(value).lower() for letter, value in (sizes | numbers).items()}


def _two_dimensions(layer: Layer, before: Volume) -> _Link | None:
    plain = isinstance(layer, Conv) and layer.window == Window(layer.kernel_size)
    if not plain or max(before.width, before.height) > 16 or layer.kernel_size > 7:  # type: ignore[attr-defined]
        return None
    weights = np.ones((layer.kernel_size, layer.kernel_size))  # type: ignore[attr-defined]
    return {"part": "One channel", "x": _rows(before), "w": _written(weights), "flip": "false"}


def _positions(layer: Layer, before: Volume) -> _Link | None:
    if not isinstance(layer, Conv) or max(before.width, before.height) > 24 or layer.kernel_size > 15:
        return None
    if max(layer.stride, layer.padding) > 12 or layer.dilation > 6:
        return None
    numbers = {LETTERS[name]: value for name, value in vars(layer.window).items()}
    across = {"N": before.width} | numbers
    down = {f"{letter}h": value for letter, value in ({"N": before.height} | numbers).items()}
    tall = str(before.width != before.height).lower()
    sizes = {letter: str(value) for letter, value in (across | down).items()}
    return sizes | {"tall": tall, "same": "false", "mode": "zeros"}


def _pooling(layer: Layer, before: Volume) -> _Link | None:
    if not isinstance(layer, Pool) or layer.dilation > 1 or max(before.width, before.height) > 12:
        return None
    if max(layer.kernel_size, layer.stride) > 8 or layer.padding > 4:
        return None
    numbers = {"F": layer.kernel_size, "S": layer.stride, "P": layer.padding}
    return {letter: str(value) for letter, value in numbers.items()} | {
        "x": _rows(before),
        "kind": layer.kind,
        "windows": "sliding",
        "rule": "ceil" if layer.ceil_mode else "floor",
    }


def _rows(volume: Volume) -> str:
    """One channel of ``volume``, with digits in it."""
    return _written(toy_inputs.counting(volume.height, volume.width))


def _written(array: Array) -> str:
    return " / ".join(" ".join(f"{value:g}" for value in row) for row in array)
