"""The lecture's chain as one picture: every volume to scale, every part a link to the page that teaches it."""

from dataclasses import dataclass

import streamlit as st

from cnn.layers.layers import Activation, Conv, Flatten, Layer, Linear, Pool, Shape, Softmax, Vector, Volume
from cnn.layers.network import Network
from ui.shell import theme

_TALLEST, _WIDEST = 96, 48  # pixels


@dataclass(frozen=True)
class ChainLink:
    """One box of the picture: what leaves the layer, what the layer learns, and where to read about it."""

    name: str
    volume: Shape
    parameters: int
    page: str
    link: dict[str, str]


def chain_links(network: Network) -> list[ChainLink]:
    """Input and layers; flattening, which the lecture counts to the fully connected layer, is left out."""
    first = network.volume
    size = {"W1": str(first.width), "H1": str(first.height), "D1": str(first.depth)}
    found = [ChainLink("Input", first, 0, "why_cnns", size)]
    seen: set[type[Layer]] = set()
    for layer, info in zip(network.layers, network.layer_infos(), strict=True):
        if not isinstance(layer, Flatten):
            page, link = _where(layer, info.input, again=type(layer) in seen)
            found.append(ChainLink(_NAMES[type(layer)], info.output, info.parameters.value, page, link))
            seen.add(type(layer))
    return found


_NAMES: dict[type[Layer], str] = {
    Conv: "CONV", Activation: "ReLU", Pool: "POOL", Linear: "FC", Softmax: "Softmax",
}  # fmt: skip


def _where(layer: Layer, before: Shape, *, again: bool) -> tuple[str, dict[str, str]]:
    """The page of a layer and its settings there; the second of a kind opens in the calculator with its numbers."""
    numbers = {}
    if isinstance(layer, Conv | Pool) and isinstance(before, Volume):
        numbers = {"F": str(layer.kernel_size), "S": str(layer.stride), "P": str(layer.padding)}
        if again:
            sides = {"W1": str(before.width), "H1": str(before.height), "D1": str(before.depth)}
            kind = {"K": str(layer.out_channels)} if isinstance(layer, Conv) else {"kind": f"{layer.kind} pooling"}
            return "layer_calculator", numbers | sides | kind
    if isinstance(layer, Conv):
        return "convolution_2d", {"part": "Three channels"}
    if isinstance(layer, Pool):
        return "pooling", numbers
    return ("filters_relu" if isinstance(layer, Activation) else "fully_connected"), {}


def show_chain(network: Network, *, told: bool) -> None:
    """The picture; until ``told``, the volumes behind the input are question marks and all boxes equally large."""
    shown = chain_links(network)
    side = max(_side(part.volume) for part in shown)
    depth = max(_depth(part.volume) for part in shown)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        for place, part in enumerate(shown):
            with st.container(width=112, gap=None):
                known = told or place == 0
                high, wide = (
                    (_TALLEST * _side(part.volume) / side, _WIDEST * _depth(part.volume) / depth) if known else (40, 24)
                )
                _box(part, place, known, round(max(6, high)), round(max(8, wide)))
                st.page_link(f"pages/{part.page}.py", label=f"**{part.name}**", query_params=part.link)


def _box(part: ChainLink, place: int, known: bool, high: int, wide: int) -> None:
    colours = theme.palette()
    role = "output" if place else "input"
    volume = str(part.volume) if known else "?"
    learns = f"{part.parameters:,} learnt" if known and part.parameters else "&nbsp;"
    arrow = '<span aria-hidden="true">→ </span>' if place else ""
    st.html(
        f'<div style="font-size:0.85rem;line-height:1.35;color:{colours.text}"><div aria-hidden="true" style="'
        f"width:{wide}px;height:{high}px;box-sizing:border-box;border:2px solid {getattr(colours, role)};"
        f'background:{getattr(colours, f"{role}_fill")};margin-bottom:0.3rem"></div>'
        f"{arrow}<strong>{volume}</strong><br>{learns}</div>"
    )


def _side(shape: Shape) -> int:
    return 1 if isinstance(shape, Vector) else max(shape.width, shape.height)


def _depth(shape: Shape) -> int:
    return shape.features if isinstance(shape, Vector) else shape.depth
