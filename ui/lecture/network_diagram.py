"""A network as a row of volumes to scale, and as a table of what each layer makes and costs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import TypeVar

import streamlit as st

from cnn.errors import UserError
from cnn.handson.settings import AS_TEXT, check_network
from cnn.layers.budget import demands
from cnn.layers.layer import Shape, Vector, Volume
from cnn.layers.layers import Activation, BatchNorm, Conv, ConvTranspose, Dropout, Pool, Softmax
from cnn.layers.network import Network, Stage
from cnn.text import typeset_shape
from ui.lecture.volume_chain import Sides, cuboid_html
from ui.shell import frame
from ui.shell.page_state import State
from ui.shell.text import format_bytes, sentence_of
from ui.widgets import cross_links, tables
from ui.widgets.tables import Bar

TALLEST, DEEPEST = 110, 64
"""Pixels of the height of the tallest volume, and of the depth of the deepest."""
SHAPE_KEEPING = (Activation, BatchNorm, Dropout, Softmax)
"""Layers that leave a volume's shape as it is, and are not drawn."""


@dataclass(frozen=True)
class _Box:
    """The volume behind ``times`` layers of the same kind."""

    name: str
    shape: Shape
    times: int = 1

    def __str__(self) -> str:
        return f"{self.title} {typeset_shape(self.shape)}"

    @property
    def title(self) -> str:
        return f"{self.name} ×{self.times}" if self.times > 1 else self.name


@dataclass(frozen=True)
class _Group:
    """The volumes of ``times`` equal blocks, and in words what is added to the last."""

    boxes: tuple[_Box, ...]
    added: str
    times: int = 1

    def __str__(self) -> str:
        blocks = f"{self.times} blocks" if self.times > 1 else "a block"
        return f"{blocks} of {' and '.join(map(str, self.boxes))}, {self.added}"


Item = TypeVar("Item", bound=_Box | _Group)


@dataclass(frozen=True)
class _Scale:
    """Pixels per cell of a side, per channel, and per number of a flattened row."""

    side: float
    depth: float
    feature: float

    @classmethod
    def fit(cls, shapes: Sequence[Shape]) -> "_Scale":
        volumes = [shape for shape in shapes if isinstance(shape, Volume)]
        rows = [shape.features for shape in shapes if isinstance(shape, Vector)]
        return cls(
            TALLEST / max(max(volume.width, volume.height) for volume in volumes),
            DEEPEST / max(volume.depth for volume in volumes),
            DEEPEST / max(rows, default=1),
        )


def show_volumes(network: Network) -> None:
    """Draw every new volume as a box with its width running to the back; rows have a scale of their own."""
    drawn = [_Box("input", network.volume), *_items(network)]
    boxes = [box for item in drawn for box in (item.boxes if isinstance(item, _Group) else (item,))]
    scale = _Scale.fit([box.shape for box in boxes])
    html = "".join(_group_html(item, scale) if isinstance(item, _Group) else _box_html(item, scale) for item in drawn)
    label = f"Volumes to scale: {', '.join(map(str, drawn))}"
    st.html(
        f'<div class="tiles bottom volumes" role="figure" aria-label="{escape(label)}" tabindex="0">{html}</div>',
    )
    st.caption(
        "To scale: height and width of a volume, the width running to the back, and its depth to the right; rows of "
        "numbers have a scale of their own. Activations and normalisations keep the shape and are not drawn."
    )


def show_table(network: Network) -> None:
    """Show a row for each layer, and the totals; a layer that does not fit says why, and what follows is grey."""
    stages = network.stages()
    head = ["layer", "volume", "parameters", "multiply-adds", "memory", "receptive field", "jump"]
    rows = [
        _row(f"{number}. {bracket}{stage.layer!s}", stage)
        for number, (bracket, stage) in enumerate(zip(_brackets(stages), stages, strict=True), start=1)
    ]
    infos = [stage.info for stage in stages if stage.info]
    parameters = sum(info.parameters.value for info in infos)
    products = sum(info.multiply_adds.value for info in infos)
    memory = network.volume.memory.value + sum(stage.memory.value for stage in stages)
    rows.append(["total (memory with the input)", "", f"{parameters:,}", f"{products:,}", format_bytes(memory), "", ""])
    faint = [index for index, stage in enumerate(stages) if not stage.info]
    tables.show_table(head, rows, label="The network, layer by layer", strong=[len(stages)], faint=faint)
    st.markdown(
        "Multiply-adds are those of convolutions and fully connected layers, for one image; memory is that of the "
        f"outputs, at 4 bytes a number: {format_bytes(memory)} forward, and with the gradients on the way back about "
        f"{format_bytes(2 * memory)}. Receptive fields are counted in input pixels, and their middle counts most; the "
        "*jump* is the distance between the receptive fields of neighbouring units."
    )


def show_links(state: State, network: Network, part: int) -> None:
    """Show links to the pages that have room for the network's part ``part``, counted from 1."""
    before = len(Network(network.volume, network.parts[: part - 1]).stages())
    stages = network.stages()
    if not part or before >= len(stages):
        return
    layer, info = stages[before].layer, stages[before].info
    if info and isinstance(info.input, Volume) and isinstance(layer, (Conv, ConvTranspose, Pool)):
        cross_links.show_links(state, layer, info.input)


def show_budget(network: Network) -> None:
    """Show the demands of the exercise, and which of them the network meets."""
    with st.expander("Exercise: within a budget"):
        st.markdown("Build a network that meets all four. Change one layer at a time and watch the figures.")
        compared = demands(network)
        for demand in compared:
            st.markdown(f"{'✓ met' if demand.is_met else '✗ not met'}: {demand.text}: **{demand.actual}**")
        if all(demand.is_met for demand in compared):
            st.success("All four are met. Now try to halve the multiply-adds.")


def show_training_link(network: Network) -> None:
    """Show a link that trains the network on chest films, or why it cannot be trained."""
    try:
        check_network(network)
    except UserError as error:
        st.caption(f"Train it on chest films: {sentence_of(error)}")
        return
    link = {"network": AS_TEXT, "net": str(network)}
    st.page_link(frame.link_target("train_a_classifier"), label="Train this network on chest films", query_params=link)


def show_totals(network: Network) -> None:
    """Show output, parameters, multiply-adds and activation memory of the network, and why a layer does not fit."""
    try:
        network.layer_infos()
    except UserError as error:
        st.error(sentence_of(error))
    infos = [stage.info for stage in network.stages() if stage.info]
    memory = network.volume.memory.value + sum(stage.memory.value for stage in network.stages())
    totals = {
        "Output": typeset_shape(network.output) if network.output else "does not fit",
        "Parameters": f"{sum(info.parameters.value for info in infos):,}",
        "Multiply-adds": f"{sum(info.multiply_adds.value for info in infos):,}",
        "Activation memory": format_bytes(memory),
    }
    cells = "".join(f"<div><small>{name}</small><b>{value}</b></div>" for name, value in totals.items())
    st.html(f'<div class="totals">{cells}</div>')


def _row(name: str, stage: Stage) -> list[str | Bar]:
    """Return the cells of one layer."""
    if stage.problem:
        return [name, f"Does not fit. {stage.problem}"]
    if not stage.info:
        return [name, "-", "-", "-", "-", "-", "-"]
    info, field = stage.info, stage.field
    receptive_field = [f"{field.size}", f"{field.jump}"] if field else ["all" if stage.whole_input else "varies", ""]
    return [
        name,
        typeset_shape(info.output),
        f"{info.parameters.value:,}",
        f"{info.multiply_adds.value:,}",
        format_bytes(stage.memory.value),
        *receptive_field,
    ]


def _brackets(stages: Sequence[Stage]) -> list[str]:
    """Return the bracket or bar before each layer, as the builder's text writes blocks, or the space of one."""
    opening = {"": "", "main": "[ ", "shortcut": "| ", "sum": "] "}
    space = {"": "", "main": "\u2002\u2009", "shortcut": "\u2002\u2009"}
    brackets, previous = [], ""
    for stage in stages:
        begins = stage.branch != previous or stage.branch == "sum"
        brackets.append(opening[stage.branch] if begins else space[stage.branch])
        previous = stage.branch
    return brackets


def _items(network: Network) -> list[_Box | _Group]:
    """Return what is drawn behind the input, with equal items in a row counted."""
    items: list[_Box | _Group] = []
    block: list[Stage] = []
    for stage in network.stages():
        if not stage.info:
            break
        if stage.branch in ("main", "shortcut"):
            block.append(stage)
        elif stage.branch == "sum":
            _append(items, _group(block, stage))
            block = []
        elif box := _box(stage):
            _append(items, box)
    return items


def _box(stage: Stage) -> _Box | None:
    if stage.info is None or isinstance(stage.layer, SHAPE_KEEPING):
        return None
    return _Box(str(stage.layer).split()[0], stage.info.output)


def _group(block: Sequence[Stage], total: Stage) -> _Group:
    """Return the group of a block's stages and of the sum at its end."""
    boxes: list[_Box] = []
    for stage in block:
        if stage.branch == "main" and (box := _box(stage)):
            _append(boxes, box)
    if not boxes and total.info:
        boxes.append(_Box(str(block[0].layer), total.info.output))
    shortcut = [
        str(stage.layer).replace(" nobias", "") for stage in block if stage.branch == "shortcut" and _box(stage)
    ]
    through = f" through {', '.join(shortcut)}" if shortcut else ""
    return _Group(tuple(boxes), f"plus its input{through}")


def _append(items: list[Item], item: Item) -> None:
    """Append ``item``, or count it where it equals the last."""
    if items and replace(items[-1], times=1) == item:
        items[-1] = replace(items[-1], times=items[-1].times + 1)
    else:
        items.append(item)


def _group_html(group: _Group, scale: _Scale) -> str:
    boxes = "".join(_box_html(box, scale) for box in group.boxes)
    times = f"<strong>×{group.times}</strong> · " if group.times > 1 else ""
    return (
        f'<div class="block"><div class="boxes">{boxes}</div>'
        f'<div class="added">{times}{escape(group.added)}</div></div>'
    )


def _box_html(box: _Box, scale: _Scale) -> str:
    cuboid = _cuboid(box.shape, scale, "input" if box.name == "input" else "output")
    return f'<div class="volume">{cuboid}<strong>{escape(box.title)}</strong><br>{typeset_shape(box.shape)}</div>'


def _cuboid(shape: Shape, scale: _Scale, role: str) -> str:
    if isinstance(shape, Vector):
        return cuboid_html(Sides(0, 6, scale.feature * shape.features), role)
    return cuboid_html(Sides(scale.side * shape.width, scale.side * shape.height, scale.depth * shape.depth), role)
