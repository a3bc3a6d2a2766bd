"""The parts of the page on the inside of a network: its layers, one opened, first filters, score, costs."""

from collections.abc import Callable
from html import escape
from typing import Any

import numpy as np
import streamlit as st

from cnn.cards import CLASSES
from cnn.layers.layers import Volume
from cnn.models import feature_maps
from cnn.models.feature_maps import Activation, LayerNode
from cnn.models.loading import LoadedModel
from cnn.ops.windows import Array
from ui.chest import film_store
from ui.chest.film_store import Film
from ui.lecture import feature_stack
from ui.shell import theme
from ui.shell.session_data import drop_with_page
from ui.shell.text import escape_stars, format_bytes
from ui.widgets import receptive_field_lens
from ui.widgets.tables import Bar, show_table

TOP, OPENED = 8, 4
"""So many channels are ranked, and offered to be opened."""
_KEPT = drop_with_page("inside.layers")
_WORDS = {
    "conv": "each cell is a sum of products over its window",
    "norm": "each map is moved and scaled by numbers that were learnt",
    "relu": "negative numbers become 0, which is painted grey",
    "pool": "of each window of 2 x 2 only the largest number goes on",
    "average": "one number is left of each map, its mean",
    "add": "the block's input is added to what it made of it",
}


def layers(
    film: Film, model: LoadedModel, opened: LayerNode, on_open: Callable[[str], None] | None
) -> list[dict[str, Any]]:
    """All layers as contact sheets, in order; of a network of blocks, what each block hands on. Hands back their facts.

    The reader's session keeps the last film's.
    """
    identity = (film.sha256, model.weights_sha256)
    kept = st.session_state.get(_KEPT)
    if kept is None or kept[0] != identity:
        kept = st.session_state[_KEPT] = identity, [_facts(one, film, model) for one in _ends(film, model)]
    receptive_field_lens.show_layer_strip(
        [one["thumbnail"] for one in kept[1]], [end.name for end in feature_maps.block_ends(model.name)
        if end.block == opened.block], key="layers", label="The network, layer by layer", on_open=on_open,
    )  # fmt: skip
    return list(kept[1])


def _ends(film: Film, model: LoadedModel) -> list[Activation]:
    ends = feature_maps.block_ends(model.name)
    return list(feature_maps.read_activations(model, film.inputs[model.input_size], ends))


def _facts(opened: Activation, film: Film, model: LoadedModel) -> dict[str, Any]:
    """What is kept of a layer: its small contact sheet and two measurements."""
    size = opened.after.shape[-1]
    return {
        "thumbnail": receptive_field_lens.layer_thumbnail(opened, opened.layer.block),
        "zeros": feature_maps.zero_share(opened.after),
        "likeness": feature_maps.film_correlation(opened.after, film.inputs[model.input_size]) if size > 1 else None,
    }


def block(film: Film, model: LoadedModel, opened: LayerNode, on_open: Callable[[str], None] | None) -> None:
    """The layers inside the opened block, where it has several."""
    inside = tuple(one for one in feature_maps.list_layers(model.name) if one.block == opened.block)
    if len(inside) < 2:
        return
    st.markdown(f"Inside **{opened.block}**, in order:")
    found = feature_maps.read_activations(model, film.inputs[model.input_size], inside)
    small = [
        receptive_field_lens.layer_thumbnail(one, one.layer.name.removeprefix(f"{opened.block} ")) for one in found
    ]
    receptive_field_lens.show_layer_strip(
        small, [opened.name], key="block", label=f"The layers of {opened.block}", on_open=on_open
    )


def hierarchy(model: LoadedModel, facts: list[dict[str, Any]], levels: dict[str, str]) -> None:
    """Slide 17 in words, with this film's own numbers; ``levels`` names a layer for each level."""
    measured = {end.name: (end, fact) for end, fact in zip(feature_maps.block_ends(model.name), facts, strict=True)}
    told = []
    for level, name in levels.items():
        end, fact = measured[name]
        told.append(
            f"- **{level}, {end.block}.** {end.step.output}: a cell sees {_pixels(end, model)}; likeness to the film "
            f"{fact['likeness']:.2f}; {fact['zeros']:.0%} of the numbers are 0."
        )
    st.markdown(
        "\n".join(told)
        + "\n\nCheck it below. At the low level you can still make out the film, because each map is the "
        "film through one small filter: its edges, its bright parts, its dark ones. At the high level few cells are "
        "left, each of which looks at a large part of the film, and the film can no longer be made out in them. "
        "*Likeness* is the mean size of the correlation between a map and the film made as small."
    )


def _pixels(stop: LayerNode, model: LoadedModel) -> str:
    assert stop.field is not None
    size, side = stop.field.size, model.input_size
    if size >= side:
        return f"{size} x {size} pixels, more than the film's {side} x {side}"
    return f"{size} x {size} of {side} x {side} pixels ({100 * (size / side) ** 2:.2g} % of the film)"


def one_layer(
    film: Film,
    model: LoadedModel,
    stop: LayerNode,
    number: int,
    step: int | None,
    on_pick: Callable[[int], None] | None,
) -> None:
    """The layer under the lens, at map ``number`` from 1, with what it costs in words."""
    opened = feature_maps.read_activation(model, film.inputs[model.input_size], stop)
    count = len(opened.after)
    if number > count:
        st.info(f"The layer {stop.name} has {count} maps: the last of them is shown, not number {number}.")
    number = min(number, count)
    work = (
        feature_maps.trace_filter(model, opened, number - 1)
        if receptive_field_lens.can_follow_sums(opened, model.name)
        else None
    )
    st.markdown(_cost(stop, model, opened))
    receptive_field_lens.show_lens(
        opened, film, model.input_size, number - 1, key="lens", work=work, step=step, step_name="cell", on_pick=on_pick
    )
    if work:
        off = float(np.abs(work.without_bias + work.bias - work.output).max())
        st.markdown(
            f"All {work.output.size:,} sums of this map were compared with what PyTorch's layer says by itself: the "
            f"largest difference is {np.format_float_positional(off, 1, fractional=False)}."
        )
    elif stop.kind in ("conv", "norm", "add", "average"):
        st.markdown("To follow the sum behind each cell, choose the network `lecture` and one of its convolutions.")


def _cost(stop: LayerNode, model: LoadedModel, opened: Activation) -> str:
    step = stop.step
    costs = f"{step.parameters.value:,} parameters"
    costs += f" ({escape_stars(step.parameters.formula)})" if step.parameters.value else ""
    if step.multiply_adds.value:
        costs += f" and {step.multiply_adds.value:,} multiply-adds"
    zeros = f" {feature_maps.zero_share(opened.after):.0%} of its numbers are 0." if not stop.signed else ""
    return (
        f"**{stop.name}**: {_WORDS[stop.kind]}. {step.input} becomes {step.output}; {costs}. Each cell sees "
        f"{_pixels(stop, model)}; its neighbour looks {_jump(stop)} further on.{zeros}"
    )


def _jump(stop: LayerNode) -> str:
    assert stop.field is not None
    return f"{stop.field.jump} pixel{'s' if stop.field.jump > 1 else ''}"


def ranking(film: Film, model: LoadedModel, stop: LayerNode, target: int) -> None:
    """The opened layer's maps that move the class's score most, by activation x gradient."""
    effects = feature_maps.activation_x_gradient(model, film.inputs[model.input_size], stop, target)
    _ranked(effects, f"How the maps of {stop.name} move the score of {CLASSES[target]}", "activation x gradient")
    st.markdown(
        "Each map's activations times the gradient of the score there, added up: an estimate of how far the score "
        "would fall without the map. It is exact only at the last maps; before them, ReLU and pooling bend the way."
    )


def score(film: Film, model: LoadedModel, target: int) -> dict[str, tuple[str, int]]:
    """From the last maps to the class's score: each map's part, exactly.

    Hands back the layer and the number of the maps that weigh most, by what to call them.
    """
    found = feature_maps.split_score(model, film.inputs[model.input_size], target)
    volume = found.layer.step.output
    assert isinstance(volume, Volume)
    how = (
        "Each map was averaged to one number, and that number times its weight is the map's part."
        if volume.width == 1
        else f"Each of the {volume.width}x{volume.height} numbers of a map has a weight of its own; the products added "
        "up are the map's part."
    )
    signs = (found.contributions > 0, found.contributions < 0)
    (speak, against), (plus, minus) = (
        [part.sum() for part in signs],
        [found.contributions[part].sum() for part in signs],
    )
    st.markdown(
        f"The last layer is fully connected: the score of {CLASSES[target]} is a sum over the {volume.depth} maps of "
        f"{found.layer.name}. {how} Nothing is estimated here:"
    )
    st.markdown(
        f"{speak} maps speak for {CLASSES[target]}: {_signed(plus)}; {against} against: {_signed(minus)}; bias: "
        f"{_signed(found.bias)}. Together **{_signed(found.logit)}**, the network's own logit."
    )
    other = 1 - target
    said = film_store.predict(film, model)
    st.markdown(
        f"In the same way {CLASSES[other]} gets {_signed(said.logits[other])}. Both are divided by the temperature "
        f"{said.temperature:.3g}, which validation films have chosen; softmax makes "
        f"**{said.probabilities[target]:.1%}** for {CLASSES[target]} of them and {said.probabilities[other]:.1%} for "
        f"{CLASSES[other]}.".replace("%", " %")
    )
    _ranked(found.contributions, f"Parts of the score of {CLASSES[target]}", "adds to the logit")
    # An average has nothing to be looked at: open what it was taken of.
    plan = feature_maps.list_layers(model.name)
    shown = found.layer if volume.width > 1 else plan[plan.index(found.layer) - 1]
    order = np.argsort(-np.abs(found.contributions), kind="stable")[:OPENED]
    return {f"Map {place + 1} of {shown.name}": (shown.name, int(place) + 1) for place in order}


def _ranked(parts: np.ndarray, label: str, head: str) -> None:
    order = np.argsort(-np.abs(parts), kind="stable")[:TOP]
    most = float(np.abs(parts).max()) or 1.0
    rows: list[list[str | Bar]] = [[f"map {place + 1}", _part(float(parts[place]), most)] for place in order]
    rest = float(parts.sum() - parts[order].sum())
    rows.append([f"the other {len(parts) - len(order)}", _part(rest, most)])
    show_table(["map", head], rows, label=label)


def _part(value: float, most: float) -> Bar:
    return Bar(_signed(value), value / most, signed=True)


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")


def filters(model: LoadedModel) -> None:
    """The first layer's filters as pictures."""
    found: Array = feature_maps.first_filters(model).astype(np.float64)
    count, side, _ = found.shape
    most = float(np.abs(found).max())
    colours = theme.palette()
    tiles = "".join(
        f'<figure style="margin:0;width:62px"><img src="{feature_stack.encode_signed_map(one, most)}" '
        f'alt="Filter {number}: {escape(_rows(one))}" style="width:100%;image-rendering:pixelated;'
        f'border:2px solid {colours.kernel}"><figcaption style="font-size:0.85rem">{number}</figcaption></figure>'
        for number, one in enumerate(found, start=1)
    )
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:0.7rem;color:{colours.text}">{tiles}</div>')
    st.markdown(
        f"The {count} filters of the first layer, {side} x {side} weights each, as they were learnt. Red is positive, "
        f"blue negative, full colour {most:.3g}. One that is red on one side and blue on the other finds an edge; one "
        "that is all of one colour blurs; filter 1 makes map 1, and so on: compare."
    )


def _rows(one: Array) -> str:
    return " / ".join(" ".join(f"{weight:.2f}" for weight in row) for row in one)


def costs(model: LoadedModel, facts: list[dict[str, Any]]) -> None:
    """A row for each layer, or each block, of the network, and the totals."""
    stops = feature_maps.list_layers(model.name)
    ends = feature_maps.block_ends(model.name)
    measured = {end.block: fact for end, fact in zip(ends, facts, strict=True)}
    head = ["layer", "volume", "parameters", "multiply-adds", "memory", "sees", "zeros", "like the film"]
    rows: list[list[str | Bar]] = []
    for name in dict.fromkeys(one.block for one in stops):
        inside = [one for one in stops if one.block == name]
        last, fact = inside[-1], measured.get(name)
        likeness = fact["likeness"] if fact else None
        rows.append([
            name, str(last.step.output), *_sums(inside), f"{last.field.size}" if last.field else "all",
            f"{fact['zeros']:.0%}" if fact else "", "" if likeness is None else f"{likeness:.2f}",
        ])  # fmt: skip
    rows.append(["all layers", "", *_sums(stops), "", "", ""])
    show_table(head, rows, label=f"The network {model.name}, layer by layer", strong=[len(rows) - 1])


def _sums(stops: list[LayerNode] | tuple[LayerNode, ...]) -> list[str]:
    parameters, products, memory = (
        sum(values)
        for values in (
            [one.step.parameters.value for one in stops],
            [one.step.multiply_adds.value for one in stops],
            [one.step.output.memory.value for one in stops],
        )
    )
    return [f"{parameters:,}", f"{products:,}", format_bytes(memory)]
