"""A network as a row of volumes to scale, and as a table of what each layer makes and costs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from html import escape

import streamlit as st

from cnn.layers.layers import Activation, BatchNorm, Conv, ConvTranspose, Dropout, Pool, Shape, Softmax, Vector, Volume
from cnn.layers.network import Network, Stage
from ui.shell import theme
from ui.shell.text import format_bytes
from ui.widgets import cross_links
from ui.widgets.tables import Bar
from ui.widgets.tables import show_table as table

_TALLEST, _DEEPEST = 110, 64  # pixels
_SLANT = 0.3  # how far the width runs to the back, as a share of its length
_SILENT = (Activation, BatchNorm, Dropout, Softmax)
"""Layers that leave a volume's shape as it is, and are not drawn."""


@dataclass(frozen=True)
class _Box:
    """A volume behind ``times`` layers of the same kind."""

    name: str
    shape: Shape
    times: int = 1

    def __str__(self) -> str:
        return f"{self.name}{f' x{self.times}' if self.times > 1 else ''} {self.shape}"


@dataclass(frozen=True)
class _Group:
    """The volumes of ``times`` equal blocks, and in words what is added to the last."""

    boxes: tuple[_Box, ...]
    added: str
    times: int = 1

    def __str__(self) -> str:
        repeated = f"{self.times} blocks" if self.times > 1 else "a block"
        return f"{repeated} of {' and '.join(map(str, self.boxes))}, {self.added}"


def show_volumes(network: Network) -> None:
    """Every new volume as a box: high and deep as it is, its width running to the back; rows have a scale of theirs."""
    drawn = [_Box("input", network.volume), *_drawn(network)]
    boxes = [box for item in drawn for box in (item.boxes if isinstance(item, _Group) else (item,))]
    side = max(max(box.shape.width, box.shape.height) for box in boxes if isinstance(box.shape, Volume))
    deepest = max(box.shape.depth for box in boxes if isinstance(box.shape, Volume))
    longest = max((box.shape.features for box in boxes if isinstance(box.shape, Vector)), default=1)
    scale = _TALLEST / side, _DEEPEST / deepest, _DEEPEST / longest
    colours = theme.palette()
    parts = [
        _group_html(item, scale, colours) if isinstance(item, _Group) else _box_html(item, scale, colours)
        for item in drawn
    ]
    label = f"Volumes to scale: {', '.join(map(str, drawn))}"
    st.html(
        f'<div role="img" aria-label="{escape(label)}" tabindex="0" style="display:flex;flex-wrap:wrap;'
        f'gap:1rem 0.8rem;align-items:flex-end;overflow-x:auto;padding:0.4rem 2px;color:{colours.text}">'
        f"{''.join(parts)}</div>"
    )
    st.caption(
        "To scale: height and width of a volume, the width running to the back, and its depth to the right; rows of "
        "numbers have a scale of their own. Activations and normalisations keep the shape and are not drawn."
    )


def show_table(network: Network) -> None:
    """A row for each layer and the totals; a layer that does not fit says why in its place, what follows is grey."""
    stages = network.stages()
    head = ["layer", "volume", "parameters", "multiply-adds", "memory", "sees", "jump"]
    brackets = _brackets(stages)
    rows = [_figures(f"{number}. {brackets[number - 1]}", stage) for number, stage in enumerate(stages, start=1)]
    infos = [stage.info for stage in stages if stage.info]
    parameters, products, memory = (
        sum(counts)
        for counts in (
            [info.parameters.value for info in infos],
            [info.multiply_adds.value for info in infos],
            [network.volume.memory.value, *(stage.memory.value for stage in stages)],
        )
    )
    rows.append(["total, input included", "", f"{parameters:,}", f"{products:,}", format_bytes(memory), "", ""])
    faint = [place for place, stage in enumerate(stages) if not stage.info]
    table(head, rows, label="The network, layer by layer", strong=[len(stages)], faint=faint)
    st.markdown(
        f"Multiply-adds are those of convolutions and fully connected layers, for one image; memory is that of the "
        f"outputs, at 4 bytes a number: {format_bytes(memory)} forward, and with the gradients on the way back about "
        f"{format_bytes(2 * memory)}. A unit *sees* so many pixels across, and its neighbour looks a *jump* further on."
    )


def show_calculator_link(network: Network, number: int) -> None:
    """The way to the calculator for the layer with this number."""
    stages = network.stages()
    if number > len(stages):
        st.caption(f"There is no layer {number}: the last one is {len(stages)}.")
        return
    layer, info = stages[number - 1].layer, stages[number - 1].info
    name = f"{number}. {layer}"
    if info and isinstance(info.input, Volume) and isinstance(layer, (Conv, ConvTranspose, Pool)):
        cross_links.link_to_calculator(layer, info.input, f"Calculate layer {name}, on {info.input}")
    elif info:
        st.caption(f"Layer {name}, leaves no size to calculate; convolutions and pooling do.")


def _figures(place: str, stage: Stage) -> list[str | Bar]:
    name = f"{place}{stage.layer}"
    if stage.problem:
        return [name, f"Does not fit. {stage.problem}"]
    if not stage.info:
        return [name, "-", "-", "-", "-", "-", "-"]
    info, field = stage.info, stage.field
    seen = [f"{field.size}", f"{field.jump}"] if field else ["all" if stage.whole_input else "varies", ""]
    return [
        name, str(info.output), f"{info.parameters.value:,}", f"{info.multiply_adds.value:,}",
        format_bytes(stage.memory.value), *seen,
    ]  # fmt: skip


def _brackets(stages: Sequence[Stage]) -> list[str]:
    """In front of each layer, the bracket or bar that stands before it in the builder's own words, or its room."""
    marks, before = [], ""
    for stage in stages:
        begins = stage.branch != before or stage.branch == "sum"
        marks.append(
            {"": "", "main": "[ ", "shortcut": "| ", "sum": "] "}[stage.branch] if begins else _ROOM[stage.branch]
        )
        before = stage.branch
    return marks


_ROOM = {"": "", "main": "\u2002\u2009", "shortcut": "\u2002\u2009"}


def _drawn(network: Network) -> Iterable[_Box | _Group]:
    """What is drawn behind the input; what comes several times in a row is counted."""
    drawn: list[_Box | _Group] = []
    inside: list[Stage] = []
    for stage in network.stages():
        if not stage.info:
            break
        if stage.branch in ("main", "shortcut"):
            inside.append(stage)
            continue
        if stage.branch == "sum":
            _append(drawn, _group(inside, stage))
            inside = []
        elif box := _box(stage):
            _append(drawn, box)
    return drawn


def _box(stage: Stage) -> _Box | None:
    if stage.info is None or isinstance(stage.layer, _SILENT):
        return None
    return _Box(str(stage.layer).split()[0], stage.info.output)


def _group(inside: Sequence[Stage], total: Stage) -> _Group:
    boxes: list[_Box | _Group] = []
    for stage in inside:
        if stage.branch == "main" and (box := _box(stage)):
            _append(boxes, box)
    if not boxes and total.info:
        boxes.append(_Box(str(inside[0].layer), total.info.output))
    by = [str(stage.layer).replace(" nobias", "") for stage in inside if stage.branch == "shortcut" and _box(stage)]
    added = f"plus its input{' through ' if by else ''}{', '.join(by)}"
    return _Group(tuple(box for box in boxes if isinstance(box, _Box)), added)


def _append(drawn: list[_Box | _Group], item: _Box | _Group) -> None:
    """Adds ``item``, or counts it where it is the same as the last."""
    if drawn and replace(drawn[-1], times=1) == item:
        drawn[-1] = replace(drawn[-1], times=drawn[-1].times + 1)
    else:
        drawn.append(item)


def _group_html(group: _Group, scale: tuple[float, float, float], colours: theme.Palette) -> str:
    boxes = "".join(_box_html(box, scale, colours) for box in group.boxes)
    times = f"<strong>x{group.times}</strong> · " if group.times > 1 else ""
    return (
        f'<div style="flex:none;border:1px solid {colours.muted};border-radius:6px;padding:0.4rem 0.5rem 0.2rem">'
        f'<div style="display:flex;gap:0.6rem;align-items:flex-end;justify-content:center">{boxes}</div>'
        f'<div style="font-size:0.85rem;line-height:1.3;text-align:center;margin:0.3rem auto 0;max-width:9rem;'
        f'border-top:2px solid {colours.muted}">{times}{escape(group.added)}</div></div>'
    )


def _box_html(box: _Box, scale: tuple[float, float, float], colours: theme.Palette) -> str:
    role = "input" if box.name == "input" else "output"
    ink, fill = getattr(colours, role), getattr(colours, f"{role}_fill")
    times = f" x{box.times}" if box.times > 1 else ""
    return (
        '<div style="text-align:center;font-size:0.85rem;line-height:1.3;flex:none">'
        f"{_cuboid(box.shape, scale, ink, fill)}<strong>{escape(box.name)}{times}</strong><br>{box.shape}</div>"
    )


def _cuboid(shape: Shape, scale: tuple[float, float, float], ink: str, fill: str) -> str:
    """The front is height by depth; the slanted faces are the width. Streamlit takes no SVG inside HTML."""
    per_side, per_depth, per_feature = scale
    if isinstance(shape, Vector):
        high, deep, back = 6.0, max(4.0, per_feature * shape.features), 0.0
    else:
        high, deep = max(3.0, per_side * shape.height), max(4.0, per_depth * shape.depth)
        back = _SLANT * per_side * shape.width
    look = f"position:absolute;box-sizing:border-box;border:1.5px solid {ink};background:{fill};"
    faces = [f"left:0;bottom:0;width:{deep:.1f}px;height:{high:.1f}px"]
    if back >= 1:
        turned = "transform-origin:bottom left;transform:skew"
        faces += [
            f"left:0;bottom:{high:.1f}px;width:{deep:.1f}px;height:{back:.1f}px;{turned}X(-45deg)",
            f"left:{deep:.1f}px;bottom:0;width:{back:.1f}px;height:{high:.1f}px;{turned}Y(-45deg)",
        ]
    drawn = "".join(f'<div style="{look}{face}"></div>' for face in faces)
    size = f"width:{deep + back:.1f}px;height:{high + back:.1f}px"
    return f'<div style="position:relative;margin:0 auto 0.3rem;{size}">{drawn}</div>'
