"""A network as a row of volumes to scale, and as a table of what each layer makes and costs."""

from html import escape

import streamlit as st

from cnn.architecture import Network, Stage, written
from cnn.layers import Row, Shape, Volume
from ui import theme
from ui.layer_summary import say_bytes
from ui.tables import Bar, table

_TALLEST, _WIDEST = 140, 64  # pixels


def volumes(network: Network) -> None:
    """Every new volume as a box, as high as its side and as wide as its depth; rows have a scale of their own."""
    colours = theme.palette()
    shown: list[tuple[str, Shape]] = [("input", network.volume)]
    for stage in network.stages():
        if stage.step and stage.step.after != shown[-1][1]:
            shown.append((written(stage.layer).split()[0], stage.step.after))
    side = max(_side(shape) for _, shape in shown)
    deepest = {
        kind: max((_depth(shape) for _, shape in shown if isinstance(shape, kind)), default=1) for kind in (Volume, Row)
    }
    boxes = []
    for place, (name, shape) in enumerate(shown):
        role = "input" if place == 0 else "output"
        high = max(3, round(_TALLEST * _side(shape) / side))
        wide = max(4, round(_WIDEST * _depth(shape) / deepest[type(shape)]))
        boxes.append(
            '<div style="text-align:center;font-size:0.8rem;line-height:1.3;flex:none">'
            f'<div style="width:{wide}px;height:{high}px;margin:0 auto 0.3rem;box-sizing:border-box;border:2px solid '
            f'{getattr(colours, role)};background:{getattr(colours, f"{role}_fill")}"></div>'
            f"<strong>{escape(name)}</strong><br>{shape}</div>"
        )
    label = "Volumes to scale: " + ", ".join(f"{name} {shape}" for name, shape in shown)
    st.html(
        f'<div role="img" aria-label="{escape(label)}" tabindex="0" style="display:flex;gap:0.9rem;'
        f'align-items:flex-end;overflow-x:auto;padding:0.4rem 0;color:{colours.text}">{"".join(boxes)}</div>'
    )
    st.markdown(
        "Each box is as high as the volume's side and as wide as its depth; rows of numbers have a scale of their own."
    )


def figures(network: Network) -> None:
    """A row for each layer and the totals; a layer that does not fit says why in its place, what follows is grey."""
    stages = network.stages()
    head = ["layer", "volume", "parameters", "multiply-adds", "memory", "sees", "jump"]
    rows = [_figures(number, stage) for number, stage in enumerate(stages, start=1)]
    steps = [stage.step for stage in stages if stage.step]
    parameters, products, memory = (
        sum(counts)
        for counts in (
            [step.parameters.value for step in steps],
            [step.multiply_adds.value for step in steps],
            [network.volume.memory.value, *(stage.memory.value for stage in stages)],
        )
    )
    rows.append(["total, input included", "", f"{parameters:,}", f"{products:,}", say_bytes(memory), "", ""])
    faint = [place for place, stage in enumerate(stages) if not stage.step]
    table(head, rows, label="The network, layer by layer", strong=[len(stages)], faint=faint)
    st.markdown(
        "Multiply-adds are those of convolutions and fully connected layers, for one image; memory is that of the "
        "outputs, at 4 bytes a number, and about twice as much in training. A unit *sees* so many pixels across, and "
        "its neighbour looks a *jump* further on."
    )


def _figures(number: int, stage: Stage) -> list[str | Bar]:
    name = f"{number}. {written(stage.layer)}"
    if stage.problem:
        return [name, f"Does not fit. {stage.problem}"]
    if not stage.step:
        return [name, "-", "-", "-", "-", "-", "-"]
    step, field = stage.step, stage.field
    seen = [f"{field.size}", f"{field.jump}"] if field else ["all" if stage.everything else "varies", ""]
    return [
        name, str(step.after), f"{step.parameters.value:,}", f"{step.multiply_adds.value:,}",
        say_bytes(stage.memory.value), *seen,
    ]  # fmt: skip


def _side(shape: Shape) -> int:
    return 1 if isinstance(shape, Row) else max(shape.width, shape.height)


def _depth(shape: Shape) -> int:
    return shape.features if isinstance(shape, Row) else shape.depth
