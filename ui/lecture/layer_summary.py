"""One layer in a box, after the summary of CS231n: shapes, parameters, multiply-adds, memory and receptive field."""

import streamlit as st

from cnn.layers.costs import filter_weights
from cnn.layers.layers import Conv, ConvTranspose, Layer, LayerInfo, Pool, Volume
from cnn.layers.receptive_field import receptive_field
from cnn.layers.sizes import LETTERS, Size, Window
from ui.shell.text import escape_stars, format_bytes

_SIZE_RULES = {
    Conv: ("W2 = (W1 - F + 2P)/S + 1", "H2 = (H1 - F + 2P)/S + 1"),
    Pool: ("W2 = (W1 - F + 2P)/S + 1", "H2 = (H1 - F + 2P)/S + 1"),
    ConvTranspose: ("W2 = (W1 - 1)*S - 2P + F + output padding", "H2 = (H1 - 1)*S - 2P + F + output padding"),
}
_LETTERS = LETTERS | {"output_padding": "output padding", "groups": "groups"}


def show_summary(layer: Conv | ConvTranspose | Pool, before: Volume, info: LayerInfo) -> None:
    """Show the box."""
    with st.container(border=True, key="layer_summary"):
        for word, text in _lines(layer, before, info):
            st.markdown(f"**{word}** {text}")


def _lines(layer: Conv | ConvTranspose | Pool, before: Volume, info: LayerInfo) -> list[tuple[str, str]]:
    depth = "D2 = K" if not isinstance(layer, Pool) else "D2 = D1"
    across, down = _SIZE_RULES[type(layer)]
    if layer.dilation > 1:
        across, down = (rule.replace("F", "[D(F - 1) + 1]") for rule in (across, down))
    rules = zip((across, down), info.sides, strict=True)
    sizes = " and ".join(f"{escape_stars(rule)}: `{side.formula}`" for rule, side in rules)
    produced = f"**{info.output}**. {sizes}; {depth} = {info.output.torch_shape[0]}.{_unread(info)}"
    lines = [
        ("Accepts", f"a volume of W1 x H1 x D1 = {before}."),
        ("Requires", f"{_required(layer)}."),
        ("Produces", f"a volume of W2 x H2 x D2 = {produced}"),
        ("Parameters:", _parameters(layer, before, info)),
        ("Multiply-adds:", _multiply_adds(layer, info)),
        ("Activation memory:", _memory(info)),
    ]
    if info.window:
        lines.append(("Receptive field:", _receptive_field(info.window)))
    return lines


def _required(layer: Layer) -> str:
    return ", ".join(f"{letter} = {getattr(layer, name)}" for name, letter in _LETTERS.items() if hasattr(layer, name))


def _unread(info: LayerInfo) -> str:
    """Return a sentence on the columns and rows that the floor rule leaves out, if any."""
    lost = [side.unread_input if isinstance(side, Size) else 0 for side in info.sides]
    parts = [f"{n} {word}{'s' if n > 1 else ''}" for n, word in zip(lost, ("column", "row"), strict=True) if n]
    verb = "is" if sum(lost) == 1 else "are"
    return f" Rounded down, so {' and '.join(parts)} at the far edge {verb} not read." if parts else ""


def _parameters(layer: Conv | ConvTranspose | Pool, before: Volume, info: LayerInfo) -> str:
    if isinstance(layer, Pool):
        return "none: pooling has no weights."
    weights = filter_weights(before.depth, layer.kernel_size, layer.groups)
    depth = "D1" if layer.groups == 1 else "(D1/groups)"
    biases = "and K biases in all" if layer.bias else "in all, and no biases"
    return (
        f"F\\*F\\*{depth} = `{weights.formula}` weights a filter, {escape_stars(f'(F*F*{depth})*K')} weights {biases}: "
        f"`{info.parameters.formula}`."
    )


def _multiply_adds(layer: Conv | ConvTranspose | Pool, info: LayerInfo) -> str:
    if isinstance(layer, Pool):
        f = layer.kernel_size
        return f"none: it compares or averages {f}x{f} numbers at each position of each channel."
    where = "input cell" if isinstance(layer, ConvTranspose) else "position of the output"
    return f"one for each weight at each {where}: `{info.multiply_adds.formula}`."


def _memory(info: LayerInfo) -> str:
    count = info.output.memory
    return (
        f"`{count.formula}` bytes ({format_bytes(count.value)}) of output for one image, at 4 bytes a number; about "
        f"{format_bytes(2 * count.value)} while it trains, when each output waits for its gradient."
    )


def _receptive_field(window: Window) -> str:
    first, second, third = (field.size for field in receptive_field([window] * 3))
    return (
        f"{first}x{first} cells of the input for each output. Two such layers in a row have {second}x{second}, three "
        f"{third}x{third}."
    )
