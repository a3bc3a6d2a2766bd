"""One layer: volumes in and out to scale, its headline numbers, and below each number with its rule."""

from html import escape
from typing import NamedTuple

import streamlit as st

from cnn.errors import UserError
from cnn.layers.costs import filter_weights
from cnn.layers.layer import LayerInfo, Volume
from cnn.layers.layers import Conv, ConvTranspose, Pool
from cnn.layers.receptive_field import receptive_field, transposed_extent
from cnn.layers.sizes import Rule, Size
from cnn.lecture import torch_snippets
from cnn.ops import layer_examples
from cnn.ops.windows import Axis
from cnn.text import typeset_shape
from ui.lecture import size_rules
from ui.lecture.volume_chain import Sides, cuboid_html
from ui.shell import stage
from ui.shell.page_state import State
from ui.shell.stage import View
from ui.shell.text import format_bytes, typeset
from ui.widgets import cross_links, static_grid, torch_code
from ui.widgets.grid import GridOptions, show_grid
from ui.widgets.tables import show_table

_SIDE, _DEPTH = 180, 100
"""Pixels of the longest side and of the greatest depth of a drawing."""
_MOST_WINDOWS, _MOST_CELLS = 10, 40
_MOST_SEARCHED = 256
"""Cells of a side that are searched for those that no window reads."""
ReadableLayer = Conv | ConvTranspose | Pool


class Calculated(NamedTuple):
    """A layer, the volume that it reads, and what it makes of it."""

    layer: ReadableLayer
    before: Volume
    info: LayerInfo

    @property
    def after(self) -> Volume:
        """The output."""
        assert isinstance(self.info.output, Volume)
        return self.info.output


def show_result(view: View, state: State, calculated: Calculated, hidden: bool) -> None:
    """Show the volumes and what follows from them; while ``hidden``, the input and the filters alone."""
    layer, before, _ = calculated
    with view.stage:
        _show_calculation(calculated, hidden)
        with st.container(key="drawing"):
            _show_drawing(calculated, hidden)
        if not hidden:
            _show_headline(calculated)
            st.caption("Widths and heights are drawn to one scale, depths to another; both are chosen for this layer.")
            _show_windows(calculated)
    if hidden or view.greyed:
        view.tabs(state)
        return
    with view.panel:
        cross_links.show_links(state, layer, before)
    if not isinstance(layer, ConvTranspose) and before.width <= _MOST_SEARCHED:
        with view.panel:
            size_rules.show_cards(before.width, layer.window, pooling=isinstance(layer, Pool))
    steps, details, code = view.tabs(state, "Step by step", stage.DETAILS, stage.CODE)
    with steps:
        _show_steps(layer, before)
    with details:
        _show_breakdown(calculated)
    with code:
        torch_code.show_snippet(torch_snippets.layer(layer, before))


def _show_calculation(calculated: Calculated, hidden: bool) -> None:
    """Show the size calculation and what comes of it in one line."""
    layer, before, info = calculated
    if isinstance(layer, ConvTranspose):
        if not hidden:
            st.html(f'<p class="verdict">{typeset(info.sides[0].formula)}.</p>')
    elif max(before.width, before.height) <= _MOST_SEARCHED:
        rule = _rounding(layer)
        axes = (Axis.sliding(before.height, layer.window, rule), Axis.sliding(before.width, layer.window, rule))
        size_rules.show_verdict(axes, (layer.window, layer.window), rule, hidden=hidden)
    elif not hidden and (sentence := _unread(info)):
        st.markdown(sentence)


def _rounding(layer: ReadableLayer) -> Rule:
    return "ceil" if isinstance(layer, Pool) and layer.ceil_mode else "floor"


def _show_drawing(calculated: Calculated, hidden: bool) -> None:
    """Draw input, filters and output to scale; without the output while ``hidden``."""
    layer, before, _ = calculated
    after = calculated.after
    per_cell = _SIDE / max(before.width, before.height, after.width, after.height)
    per_channel = _DEPTH / max(before.depth, after.depth)
    groups = 1 if isinstance(layer, Pool) else layer.groups
    read = Volume(layer.kernel_size, layer.kernel_size, 1 if isinstance(layer, Pool) else before.depth // groups)
    if isinstance(layer, Pool):
        reader = f"Window of {layer.kernel_size} × {layer.kernel_size}"
    else:
        reader = f"{layer.out_channels:,} filter{'s' if layer.out_channels > 1 else ''} of {typeset_shape(read)}"
    figures = [
        _figure(before, (per_cell, per_channel), "input", f"Input {typeset_shape(before)}", groups),
        _figure(read, (per_cell, per_channel), "kernel", f"{reader}, stride {layer.stride}"),
    ]
    if not hidden:
        figures.append(_figure(after, (per_cell, per_channel), "output", f"Output {typeset_shape(after)}", groups))
    arrow = '<b class="arrow" aria-hidden="true">→</b>'
    st.html(
        '<div class="layer-drawing" role="figure" aria-label="Volumes of the layer: widths and heights to one scale, '
        f'depths to another">{arrow.join(figures)}</div>'
    )
    if isinstance(layer, ConvTranspose):
        st.markdown(
            f"A transposed convolution with stride {layer.stride} makes width and height about {layer.stride} times as "
            "large (upsampling)."
        )
    if groups > 1:
        st.markdown(
            f"**{groups} groups**: the stripes. Each filter reads the {before.depth // groups} "
            f"channel{'s' if before.depth > groups else ''} of its own group, not all {before.depth}."
            + (" This is a depthwise convolution." if groups == before.depth else "")
        )


def _show_headline(calculated: Calculated) -> None:
    """Show the numbers that a reader looks for first."""
    info = calculated.info
    numbers = {
        "output": (typeset_shape(calculated.after), ""),
        "parameters": (f"{info.parameters.value:,}", info.parameters.expression),
        "multiply-adds": (f"{info.multiply_adds.value:,}", info.multiply_adds.expression),
        "output memory": (format_bytes(info.output.memory.value), f"{info.output.memory.expression} bytes"),
        "receptive field": (_field(calculated)[0], ""),
    }
    cells = "".join(
        f"<div><dt>{name}</dt><dd>{escape(value)}</dd><dd><small>{escape(typeset(calculation))}</small></dd></div>"
        for name, (value, calculation) in numbers.items()
    )
    st.html(f'<dl class="headline">{cells}</dl>')


def _show_windows(calculated: Calculated) -> None:
    """Draw the windows along the width where they can be told apart; cells that none reads are crossed out."""
    layer, before, _ = calculated
    if isinstance(layer, ConvTranspose):
        return
    if before.width + 2 * layer.padding <= _MOST_CELLS and calculated.after.width <= _MOST_WINDOWS:
        axis = Axis.sliding(before.width, layer.window, _rounding(layer))
        static_grid.show_windows(axis, f"Width of {before.width}: every window")


def _show_steps(layer: ReadableLayer, before: Volume) -> None:
    """Step through the layer on a small input; a transposed convolution as an ordinary one over spread cells."""
    if isinstance(layer, Pool):
        st.markdown("The page on pooling steps through every window.")
        return
    try:
        small = layer_examples.shrink(layer, before)
    except UserError as error:
        st.markdown(error.sentence)
        return
    numbers = "small whole numbers" + (", and each bias is 1" if layer.bias else "")
    if isinstance(layer, ConvTranspose):
        st.markdown(
            "A transposed convolution is computed as an ordinary one that moves by 1 over an input that is spread out. "
            f"Its stride {layer.stride} becomes zeros between the cells ({layer.stride - 1}), its padding "
            f"{layer.padding} leaves fewer zeros around ({max(0, layer.window.reach - 1 - layer.padding)}), and the "
            f"filter is flipped. Here on a small input; the weights are {numbers}:"
        )
    else:
        st.markdown(
            f"F, S, P, D and groups as set, on an input of {' × '.join(map(str, small.input.shape[::-1]))} and with "
            f"{len(small.steps.weight)} of the filters; their weights are {numbers}:"
        )
    names = ("Input, spread out" if isinstance(layer, ConvTranspose) else "Input", "Filter", "Output")
    show_grid(small.steps, GridOptions("The layer on a small input", names=names, step_name=None), key="small_layer")


def _show_breakdown(calculated: Calculated) -> None:
    """Show each number with its rule and with the numbers put in."""
    layer, before, info = calculated
    across, down = _size_rule(layer, "W"), _size_rule(layer, "H")
    depth = "K" if not isinstance(layer, Pool) else "D1"
    rows = [
        ["width W2", typeset(across), typeset(info.sides[0].formula)],
        ["height H2", typeset(down), typeset(info.sides[1].formula)],
        ["depth D2", depth, str(calculated.after.depth)],
    ]
    if isinstance(layer, Pool):
        compared = f"{layer.kernel_size} × {layer.kernel_size} values compared or averaged at each position"
        rows += [["parameters", "none", "0"], ["multiply-adds", "none", compared]]
    else:
        d1 = "D1" if layer.groups == 1 else "(D1/groups)"
        weights = filter_weights(before.depth, layer.kernel_size, layer.groups)
        biases = " + K" if layer.bias else ""
        where = "input values" if isinstance(layer, ConvTranspose) else "output values (W2*H2*K)"
        rows += [
            ["weights per filter", typeset(f"F*F*{d1}"), typeset(weights.formula)],
            ["parameters", typeset(f"(F*F*{d1})*K{biases}"), typeset(info.parameters.formula)],
            ["multiply-adds", typeset(f"weights per filter * {where}"), typeset(info.multiply_adds.formula)],
        ]
    memory = info.output.memory
    rows += [
        ["output memory", "4 bytes a number", f"{typeset(memory.formula)} bytes = {format_bytes(memory.value)}"],
        ["memory in training", "2 × output memory", f"{format_bytes(2 * memory.value)}: activations and gradients"],
        [
            "receptive field",
            "the window" if layer.dilation == 1 else typeset("D(F - 1) + 1"),
            "; ".join(_field(calculated)),
        ],
    ]
    show_table(["", "rule", "with these numbers"], rows, label="Every number of the layer")


def _figure(volume: Volume, scale: tuple[float, float], role: str, caption: str, groups: int = 1) -> str:
    """Draw a volume, its sides and its depth each to their scale."""
    per_cell, per_channel = scale
    sides = Sides(per_cell * volume.width, per_cell * volume.height, per_channel * volume.depth)
    return f'<div class="volume">{cuboid_html(sides, role, groups)}{escape(caption)}</div>'


def _size_rule(layer: ReadableLayer, side: str) -> str:
    reach = "F" if layer.dilation == 1 else "[D(F - 1) + 1]"
    if isinstance(layer, ConvTranspose):
        return f"({side}1 - 1)*S - 2P + {reach} + output padding"
    rounding = "rounded up" if isinstance(layer, Pool) and layer.ceil_mode else "rounded down"
    return f"({side}1 - {reach} + 2P)/S + 1, {rounding}"


def _unread(info: LayerInfo) -> str:
    """Return a sentence on the columns and rows behind the last window, if any."""
    sides = [side for side in info.sides if isinstance(side, Size)]
    lost = [side.unread_input for side in sides]
    parts = [f"{n} {word}{'s' if n > 1 else ''}" for n, word in zip(lost, ("column", "row"), strict=True) if n]
    verb = "is" if sum(lost) == 1 else "are"
    dropped = any(side.dropped for side in sides)
    reason = "The last window would start behind the input, so PyTorch drops it" if dropped else "Rounded down"
    return f"{reason}: {' and '.join(parts)} at the far edge {verb} not read." if parts else ""


def _field(calculated: Calculated) -> tuple[str, str]:
    """Return how many input cells an output cell depends on, in short, and in words."""
    layer, before, info = calculated
    if isinstance(layer, ConvTranspose):
        most = min(transposed_extent(layer.window), max(before.width, before.height))
        return f"{most} × {most} at most", "differs between output cells"
    assert info.window is not None
    first, second, third = (field.size for field in receptive_field([info.window] * 3))
    return f"{first} × {first}", f"after two such layers {second} × {second}, after three {third} × {third}"
