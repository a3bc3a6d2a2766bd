"""The lecture's chain of layers: every volume to scale, every layer a link to the page that teaches it."""

from dataclasses import dataclass
from typing import NamedTuple

import streamlit as st

from cnn.layers.layer import Layer, Shape, Vector, Volume
from cnn.layers.layers import Activation, Conv, Flatten, Linear, Pool, Softmax
from cnn.layers.network import Network
from cnn.text import typeset_shape
from ui.shell import frame

TALLEST, WIDEST = 84, 48
"""Pixels of the height of the largest volume, and of the width of the deepest."""
SLANT = 0.3
"""How far the width runs to the back, as a share of its length."""
_MOST_STRIPES = 16
NAMES: dict[type[Layer], str] = {Conv: "CONV", Activation: "ReLU", Pool: "POOL", Linear: "FC", Softmax: "Softmax"}


@dataclass(frozen=True)
class ChainLink:
    """One box: a layer's name, output and number of parameters, and the page and settings that teach it."""

    name: str
    volume: Shape
    parameters: int
    page: str
    settings: dict[str, str]

    @property
    def side(self) -> int:
        """Return the longer side of the volume."""
        return 1 if isinstance(self.volume, Vector) else max(self.volume.width, self.volume.height)

    @property
    def depth(self) -> int:
        """Return the depth of the volume."""
        return self.volume.features if isinstance(self.volume, Vector) else self.volume.depth


def chain_links(network: Network) -> list[ChainLink]:
    """Return input and layers without flattening, which the lecture counts to the fully connected layer."""
    links = [ChainLink("Input", network.volume, 0, "why_cnns", _sides(network.volume))]
    kinds: set[type[Layer]] = set()
    for layer, info in zip(network.layers, network.layer_infos(), strict=True):
        if not isinstance(layer, Flatten):
            page, settings = _destination(layer, info.input, again=type(layer) in kinds)
            links.append(ChainLink(NAMES[type(layer)], info.output, info.parameters.value, page, settings))
            kinds.add(type(layer))
    return links


def _sides(volume: Volume) -> dict[str, str]:
    return {"W1": str(volume.width), "H1": str(volume.height), "D1": str(volume.depth)}


def _destination(layer: Layer, before: Shape, *, again: bool) -> tuple[str, dict[str, str]]:
    """Return page and settings of a layer; the second of a kind opens in the calculator with its numbers."""
    settings = {}
    if isinstance(layer, Conv | Pool) and isinstance(before, Volume):
        settings = {"F": str(layer.kernel_size), "S": str(layer.stride), "P": str(layer.padding)}
        if again:
            kind = {"K": str(layer.out_channels)} if isinstance(layer, Conv) else {"kind": f"{layer.kind} pooling"}
            return "layer_calculator", settings | _sides(before) | kind
    if isinstance(layer, Conv):
        return "convolution_2d", {"part": "Three channels"}
    if isinstance(layer, Pool):
        return "pooling", settings
    return ("filters_relu" if isinstance(layer, Activation) else "fully_connected"), {}


def show_chain(network: Network, *, hidden: bool) -> None:
    """Draw the chain over links to its pages; while ``hidden``, without volumes behind the input and parameters."""
    links = chain_links(network)
    per_side = TALLEST / max(link.side for link in links)
    per_depth = WIDEST / max(link.depth for link in links)
    items = []
    for index, link in enumerate(links):
        if hidden and index > 0:
            face, text = _face(TALLEST / 2, WIDEST / 2), "?"
        else:
            face = _face(max(6, per_side * link.side), max(8, per_depth * link.depth), first=index == 0)
            text = typeset_shape(link.volume)
        parameters = f"{link.parameters:,}<br>parameters" if link.parameters and not hidden else "&nbsp;<br>&nbsp;"
        items.append(f'<div class="link">{face}<strong>{text}</strong><br>{parameters}</div>')
    label = "The chain: " + ", ".join(link.name for link in links)
    with st.container(key="chain"):
        st.html(f'<div class="chain" role="figure" aria-label="{label}">{"".join(items)}</div>')
    with st.container(horizontal=True, gap="xsmall", key="chain-links"):
        for index, link in enumerate(links):
            with st.container(width=80):
                name = f"**{link.name}**" if index == 0 else f"→ **{link.name}**"
                st.page_link(frame.link_target(link.page), label=name, query_params=link.settings)


def _face(height: float, width: float, *, first: bool = False) -> str:
    role = "face input" if first else "face"
    return f'<div class="{role}" aria-hidden="true" style="width:{round(width)}px;height:{round(height)}px"></div>'


class Sides(NamedTuple):
    """Pixels of a volume's sides; one without a width is flat."""

    width: float
    height: float
    depth: float


def cuboid_html(sides: Sides, role: str, groups: int = 1) -> str:
    """Return a volume as a box: height by depth in front, width to the back; a few ``groups`` of channels are striped.

    Streamlit takes no SVG inside HTML, so the faces are elements that the style sheet slants.
    """
    height, depth, back = max(3.0, sides.height), max(4.0, sides.depth), SLANT * sides.width
    faces = f'<div class="front" style="width:{depth:.1f}px;height:{height:.1f}px"></div>'
    if back >= 1:
        faces += (
            f'<div class="top" style="bottom:{height:.1f}px;width:{depth:.1f}px;height:{back:.1f}px"></div>'
            f'<div class="side" style="left:{depth:.1f}px;width:{back:.1f}px;height:{height:.1f}px"></div>'
        )
    striped = 1 < groups <= _MOST_STRIPES
    name, stripe = ("cuboid grouped", f"--stripe:{depth / groups:.2f}px;") if striped else ("cuboid", "")
    size = f"width:{depth + back:.1f}px;height:{height + back:.1f}px"
    return f'<div class="{name} {role}" style="{stripe}{size}">{faces}</div>'
