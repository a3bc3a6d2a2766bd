"""One configuration on several pages: links that carry a volume and a layer from one page to the next.

A page that has no controls for all of a layer is told the whole of it in one more setting, ``CARRIED``; its own links
take from there what it has no controls for. So depth, number of filters and groups are the same again behind a page
that draws one channel. A link names every setting that it means, because a page keeps what its reader last left there
for all others. Where a page has no room for so large a volume or filter, there is no link to it.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

import numpy as np
import streamlit as st

from cnn.errors import UserError
from cnn.layers.layer import Volume
from cnn.layers.layers import Conv, ConvTranspose, Pool
from cnn.layers.network import Network
from cnn.layers.sizes import LETTERS, Window
from cnn.ops import filters, toy_inputs
from cnn.ops.convolution import Convolution
from cnn.ops.windows import Array
from cnn.text import typeset_shape
from ui.shell import address, frame
from ui.shell.page_state import State
from ui.widgets.network_editor import ARGUMENTS, NetworkField

Windowed = Conv | ConvTranspose | Pool
_Link = dict[str, str]
CARRIED = NetworkField("carried", "Layer of the page before", Network(Volume(1, 1, 1), ()))
"""The layer that a link has brought, with all that its page has no controls for."""
ONE_CHANNEL = ("depth", "out_channels", "groups", "bias")
"""What a page that draws one filter on one channel has no controls for."""
_CALCULATOR_FIELDS = {name: letter for name, letter in LETTERS.items() if name != "n"} | {
    "groups": "groups",
    "output_padding": "out",
    "bias": "bias",
    "ceil_mode": "ceil",
}
"""The calculator's field for each argument of a layer."""
_CALCULATOR_DEFAULTS = {"out_channels": 32, "groups": 1, "output_padding": 0, "bias": True, "ceil_mode": False}
"""The values of the fields for arguments that a layer does not have."""


def show_links(state: State, layer: Windowed, before: Volume, lacks: Collection[str] = ()) -> None:
    """Show links to the other pages that have room for this layer; ``lacks`` is what this page has no controls for."""
    if lacks:
        address.fill(CARRIED)  # it has no widget that would keep it for the next visit
        layer, before = _complete(state[CARRIED], layer, before, lacks)
    with st.popover("This layer on other pages", width="stretch"):
        st.caption(f"Input {typeset_shape(before)}: {_describe(layer)}")
        for page, link in links(layer, before).items():
            if page != state.page:
                st.page_link(frame.link_target(page), label=_PAGES[page][0], query_params=link)


def links(layer: Windowed, before: Volume) -> dict[str, _Link]:
    """Return, for each page that has room for this layer, the settings that open it there."""
    carried = {CARRIED.name: str(Network(before, (layer,)))}
    found = {page: settings(layer, before) for page, (_, settings) in _PAGES.items()}
    return {page: link if page in _HAVE_ALL else link | carried for page, link in found.items() if link}


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
    st.page_link(frame.link_target("pooling"), label="Pool this output", query_params=link)


def _complete(carried: Network, layer: Windowed, before: Volume, lacks: Collection[str]) -> tuple[Windowed, Volume]:
    """Return the layer with what the page ``lacks`` as it was carried here, where that still fits."""
    source = carried.parts[0] if carried.parts else None
    if not isinstance(source, type(layer)):
        return layer, before
    whole = replace(layer, **{name: getattr(source, name) for name in lacks if name != "depth"})
    volume = replace(before, depth=carried.volume.depth) if "depth" in lacks else before
    try:
        whole.infer(volume)
    except UserError:
        return layer, before
    return whole, volume


def _describe(layer: Windowed) -> str:
    """Return the layer's kind and all its arguments."""
    arguments = [f"{ARGUMENTS[name]} {value}" for name, value in vars(layer).items() if name in ARGUMENTS]
    return ", ".join([f"{layer.title.lower()}, {arguments[0]}", *arguments[1:]])


def _calculator(layer: Windowed, before: Volume) -> _Link:
    if isinstance(layer, Pool):
        kind = "max pooling" if layer.kind == "max" else "average pooling"
    else:
        kind = "convolution" if isinstance(layer, Conv) else "transposed convolution"
    values = _CALCULATOR_DEFAULTS | vars(layer)
    numbers = {field: values[name] for name, field in _CALCULATOR_FIELDS.items()}
    return {"kind": kind} | _texts(_sides(before) | numbers)


def _builder(layer: Windowed, before: Volume) -> _Link:
    return {"net": str(Network(before, (layer,)))}


def _is_plain(layer: Conv) -> bool:
    return layer.window == Window(layer.kernel_size)


def _two_dimensions(layer: Windowed, before: Volume) -> _Link | None:
    size = layer.kernel_size
    if not isinstance(layer, Conv) or not _is_plain(layer) or size > 7:
        return None
    if layer.groups == 1 and (before.width, before.height, before.depth) == toy_inputs.colour_scene().shape[::-1]:
        weights = filters.colour_kernels(size)["vertical edges"]
        return {"part": "Three channels", "colour": _written(weights.reshape(-1, size))}
    if max(before.width, before.height) > 16:
        return None
    return {"part": "One channel", "x": _rows(before), "w": _written(np.ones((size, size))), "flip": "false"}


def _feature_maps(layer: Windowed, before: Volume) -> _Link | None:
    if not isinstance(layer, Conv) or not _is_plain(layer) or layer.groups > 1 or before.width != before.height:
        return None
    colours = toy_inputs.colour_scene().shape[::-1]
    if (before.width, before.height, before.depth) == colours and layer.kernel_size == 5 and layer.out_channels <= 6:
        return {"part": "Picture in colour", "K": str(layer.out_channels)}
    if max(before.width, before.depth, layer.out_channels) > 512 or layer.kernel_size > 64:
        return None
    if before.width < 2 * layer.kernel_size - 1:
        return None  # a second layer of this size would not fit
    sizes = {"N": before.width, "D1": before.depth, "K1": layer.out_channels, "K2": 8, "F": layer.kernel_size}
    return {"part": "Two layers"} | _texts(sizes)


def _positions(layer: Windowed, before: Volume) -> _Link | None:
    if not isinstance(layer, Conv) or max(before.width, before.height) > 64 or layer.kernel_size > 15:
        return None
    if max(layer.stride, layer.padding) > 12 or layer.dilation > 6:
        return None
    numbers = {LETTERS[name]: value for name, value in vars(layer.window).items()}
    across = {"N": before.width} | numbers
    down = {f"{letter}h": value for letter, value in ({"N": before.height} | numbers).items()}
    tall = before.width != before.height
    return _texts(across | down | {"tall": tall, "same": False, "mode": "zeros"})


def _pooling(layer: Windowed, before: Volume) -> _Link | None:
    if not isinstance(layer, Pool) or layer.dilation > 1 or max(before.width, before.height) > 16:
        return None
    if max(layer.kernel_size, layer.stride) > 8 or layer.padding > 4:
        return None
    numbers = {"F": layer.kernel_size, "S": layer.stride, "P": layer.padding}
    return _texts(numbers) | {
        "part": "Numbers",
        "x": _rows(before),
        "kind": layer.kind,
        "windows": "sliding",
        "rule": "ceil" if layer.ceil_mode else "floor",
    }


def _weights(layer: Windowed, before: Volume) -> _Link | None:
    if not isinstance(layer, Conv) or layer.kernel_size > min(before.width, before.height, 1000) or before.depth > 1000:
        return None
    return _texts(_sides(before) | {"hidden": 100, "K": layer.out_channels, "F": layer.kernel_size})


def _class_scores(layer: Windowed, before: Volume) -> _Link | None:
    try:
        output = layer.infer(before).output
    except UserError:
        return None
    if not isinstance(output, Volume) or output.width != output.height or output.width > 4 or output.depth > 3:
        return None
    return _texts({"side": output.width, "depth": output.depth})


_PAGES: dict[str, tuple[str, Callable[[Windowed, Volume], _Link | None]]] = {
    "layer_calculator": ("Calculate this layer", _calculator),
    "convolution_2d": ("Step through this filter, number by number", _two_dimensions),
    "filters_relu": ("Stack its feature maps", _feature_maps),
    "stride_padding": ("Watch every position of this filter", _positions),
    "pooling": ("Step through this pooling", _pooling),
    "why_cnns": ("Compare its weights with a fully connected layer", _weights),
    "fully_connected": ("Flatten its output into class scores", _class_scores),
    "architecture_builder": ("Stack more layers on this one", _builder),
}
"""Label of the link to a page, and what gives the page's settings, or None where it has no room."""
_HAVE_ALL = ("layer_calculator", "architecture_builder")
"""Pages with controls for all of a layer."""


def _sides(volume: Volume) -> dict[str, int]:
    return {"W1": volume.width, "H1": volume.height, "D1": volume.depth}


def _texts(values: Mapping[str, object]) -> _Link:
    """Return values as the address writes them."""
    return {name: str(value).lower() for name, value in values.items()}


def _rows(volume: Volume) -> str:
    """One channel of ``volume``, with digits in it."""
    return _written(toy_inputs.counting(volume.height, volume.width))


def _written(array: Array) -> str:
    return " / ".join(" ".join(f"{value:g}" for value in row) for row in array)
