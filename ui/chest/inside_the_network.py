"""The inside of a network: all its layers, one of them opened, its score, its first filters and its costs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import streamlit as st

from cnn.cards import CLASSES, network_title
from cnn.layers.layer import Volume
from cnn.models.inside import feature_maps, layer_nodes
from cnn.models.inside.feature_maps import Activation
from cnn.models.inside.layer_nodes import LayerNode
from cnn.models.loading import LoadedModel
from cnn.ops.windows import Array
from cnn.text import percent, typeset_shape
from ui.chest import film_store
from ui.chest.film_store import Film
from ui.lecture import pictures
from ui.shell.session_data import drop_with_page
from ui.shell.text import escape_stars, format_bytes
from ui.widgets import receptive_field_lens
from ui.widgets.tables import Bar, show_table

RANKED_MAPS, LINKED_MAPS = 8, 4
"""Maps in a ranking, and of these the ones with a button that opens them."""
_SUMMARIES = drop_with_page("inside_the_network.layers")
_ABOUT = {
    "conv": "each cell is a sum of products over its window",
    "norm": "each map is standardised by its mean and spread over the training films, then scaled and shifted by two "
    "learnt numbers",
    "relu": "negative numbers become 0, which is painted grey",
    "pool": "of each window of 2 x 2 only the largest number is kept",
    "max": "of each window only the largest number is kept",
    "mean": "of each window the mean is kept",
    "average": "one number is left of each map, its mean",
    "add": "the block's input is added to what it made of it",
}


@dataclass(frozen=True)
class LayerSummary:
    """What is kept of a layer's activation.

    Attributes:
        layer: The layer.
        thumbnail: Its overview of all maps, as the strip takes it.
        zero_share: Share of its numbers that are 0, 0..1.
        film_correlation: Mean size of the correlation of its maps with the film; None for maps of one cell.
    """

    layer: LayerNode
    thumbnail: dict[str, Any]
    zero_share: float
    film_correlation: float | None


def show_layers(
    film: Film, model: LoadedModel, opened: LayerNode, on_open: Callable[[str], None] | None
) -> list[LayerSummary]:
    """Show every layer as an overview of its maps, or the last layer of every block; return their summaries."""
    identity = (film.sha256, model.weights_sha256)
    if st.session_state.get(_SUMMARIES, (None, None))[0] != identity:
        ends = layer_nodes.block_ends(model)
        activations = feature_maps.read_activations(model, film.inputs.for_model(model), ends)
        st.session_state[_SUMMARIES] = identity, [_summarise(each, film, model) for each in activations]
    summaries: list[LayerSummary] = st.session_state[_SUMMARIES][1]
    receptive_field_lens.show_layer_strip(
        [summary.thumbnail for summary in summaries],
        [summary.layer.name for summary in summaries if summary.layer.block == opened.block],
        key="layers",
        label="The network, layer by layer",
        on_open=on_open,
    )
    return summaries


def _summarise(activation: Activation, film: Film, model: LoadedModel) -> LayerSummary:
    maps, correlation = activation.after, None
    if maps.shape[-1] > 1:
        correlation = feature_maps.film_correlation(maps, film.inputs.for_model(model))
    thumbnail = receptive_field_lens.layer_thumbnail(activation, activation.layer.block)
    return LayerSummary(activation.layer, thumbnail, feature_maps.zero_share(maps), correlation)


def show_block(film: Film, model: LoadedModel, opened: LayerNode, on_open: Callable[[str], None] | None) -> None:
    """Show the layers of the opened block if it has several."""
    layers = tuple(layer for layer in layer_nodes.list_layers(model) if layer.block == opened.block)
    if len(layers) < 2:
        return
    st.markdown(f"Inside **{opened.block}**, in order:")
    thumbnails = [
        receptive_field_lens.layer_thumbnail(each, each.layer.name.removeprefix(f"{opened.block} "))
        for each in feature_maps.read_activations(model, film.inputs.for_model(model), layers)
    ]
    label = f"The layers of {opened.block}"
    receptive_field_lens.show_layer_strip(thumbnails, [opened.name], key="block", label=label, on_open=on_open)


def describe_field(layer: LayerNode, model: LoadedModel) -> str:
    """Return how much of the film a cell of the layer sees, in words."""
    size, side = layer.field.size if layer.field else model.input_size, model.input_size
    if size >= side:
        return f"{size} × {size} pixels, more than the film's {side} × {side}"
    return f"{size} × {size} of {side} × {side} pixels ({100 * (size / side) ** 2:.2g} % of the film)"


def show_layer(
    film: Film,
    model: LoadedModel,
    layer: LayerNode,
    number: int,
    cell: int | None,
    on_pick: Callable[[int], None] | None,
) -> None:
    """Show map ``number`` of a layer, from 1, under the lens at ``cell``, with its costs in words."""
    activation = feature_maps.read_activation(model, film.inputs.for_model(model), layer)
    count = len(activation.after)
    if number > count:
        st.info(f"The layer {layer.name} has {count} maps: the last of them is shown, not number {number}.")
    number = min(number, count)
    trace = None
    if receptive_field_lens.can_follow_sums(activation, model.name):
        trace = feature_maps.trace_filter(model, activation, number - 1)
    receptive_field_lens.show_lens(
        activation,
        film,
        model.input_size,
        number - 1,
        key="lens",
        work=trace,
        step=cell,
        step_name="cell",
        on_pick=on_pick,
    )
    if trace:
        difference = float(np.abs(trace.without_bias + trace.bias - trace.output).max())
        st.markdown(
            f"Check: these sums, computed window by window, equal what PyTorch computes for this map in all "
            f"{trace.output.size:,} cells (largest difference "
            f"{np.format_float_positional(difference, 1, fractional=False)})."
        )
    elif layer.kind not in ("relu", "pool"):
        st.markdown("To follow the sum behind each cell, choose the Lecture CNN and one of its convolutions.")


def describe_layer(film: Film, model: LoadedModel, layer: LayerNode) -> None:
    """Describe the opened layer and what it costs."""
    st.markdown(_describe_costs(feature_maps.read_activation(model, film.inputs.for_model(model), layer), model))


def _describe_costs(activation: Activation, model: LoadedModel) -> str:
    layer, step = activation.layer, activation.layer.step
    costs = f"{step.parameters.value:,} parameters"
    if step.parameters.value:
        costs += f" ({escape_stars(step.parameters.formula)})"
    if step.multiply_adds.value:
        costs += f" and {step.multiply_adds.value:,} multiply-adds"
    jump = layer.field.jump if layer.field else model.input_size
    text = (
        f"**{layer.name}**: {_ABOUT[layer.kind]}. {typeset_shape(step.input)} becomes {typeset_shape(step.output)}; "
        f"{costs}. Each cell sees {describe_field(layer, model)}; neighbouring cells see fields {jump} "
        f"pixel{'s' if jump > 1 else ''} apart."
    )
    if not layer.signed:
        text += f" {percent(feature_maps.zero_share(activation.after))} of its numbers are 0."
    return text


def show_ranking(film: Film, model: LoadedModel, layer: LayerNode, target: int) -> None:
    """Show the maps of the opened layer that move the class's score most, by activation x gradient."""
    effects = feature_maps.activation_x_gradient(model, film.inputs.for_model(model), layer, target)
    label = f"How the maps of {layer.name} move the score of {CLASSES[target]}"
    _show_ranked(effects, label, "activation x gradient")
    st.markdown(
        "Each map's activations times the gradient of the score there, added up: an estimate of how far the score "
        "would fall without the map. It is exact only for the last maps: between earlier ones and the score there are "
        "ReLU and pooling, which are not linear."
    )


def show_score(film: Film, model: LoadedModel, target: int) -> dict[str, tuple[str, int]]:
    """Show how the last maps add up to the class's score, exactly.

    Returns:
        Layer and number, from 1, of the maps with the largest parts, by their titles.
    """
    score = feature_maps.split_score(model, film.inputs.for_model(model), target)
    count, height, width = score.maps.shape
    how = (
        "Each map was averaged to one number, and that number times its weight is the map's part."
        if width == 1
        else f"Each of the {width} × {height} numbers of a map has a weight of its own; the products added up are the "
        "map's part."
    )
    st.markdown(
        f"The last layer is fully connected: the score of {CLASSES[target]} is a sum over the {count} maps of "
        f"{score.layer.name}. {how} Nothing is estimated here:"
    )
    positive, negative = score.contributions[score.contributions > 0], score.contributions[score.contributions < 0]
    silent = count - len(positive) - len(negative)
    st.markdown(
        f"{len(positive)} maps support {CLASSES[target]}: {_signed(positive.sum())}; {len(negative)} maps speak "
        f"against it: {_signed(negative.sum())}; {silent} add nothing; bias: {_signed(score.bias)}. Together "
        f"**{_signed(score.logit)}**, the network's own logit. (All are rounded to three decimals after the addition.)"
    )
    other, prediction = 1 - target, film_store.predict(film, model)
    probability, other_probability = (percent(prediction.probabilities[index], 1) for index in (target, other))
    st.markdown(
        f"In the same way {CLASSES[other]} gets {_signed(prediction.logits[other])}. Both are divided by the "
        f"temperature {prediction.temperature:.3g}, which was fitted on validation films; softmax makes "
        f"**{probability}** for {CLASSES[target]} of them and {other_probability} for {CLASSES[other]}."
    )
    _show_ranked(score.contributions, f"Parts of the score of {CLASSES[target]}", "adds to the logit", score.bias)
    layers = layer_nodes.list_layers(model)
    # Maps of one cell show nothing: link to the maps that were averaged.
    linked = score.layer if width > 1 else layers[layers.index(score.layer) - 1]
    return {
        f"Map {index + 1} of {linked.name}": (linked.name, int(index) + 1)
        for index in _largest(score.contributions, LINKED_MAPS)
    }


def _largest(values: np.ndarray, count: int) -> np.ndarray:
    """Return the indices of the ``count`` largest absolute values, the largest first."""
    return np.argsort(-np.abs(values), kind="stable")[:count]


def _show_ranked(parts: np.ndarray, label: str, head: str, bias: float | None = None) -> None:
    """Show the largest parts, the sum of the others and the ``bias`` as signed bars of one scale."""
    indices = _largest(parts, RANKED_MAPS)
    values = [(f"map {index + 1}", float(parts[index])) for index in indices]
    values.append((f"the other {len(parts) - len(indices)}", float(parts.sum() - parts[indices].sum())))
    if bias is not None:
        values.append(("bias", float(bias)))
    longest = max(abs(value) for _, value in values) or 1.0
    rows = [(name, Bar(_signed(value), value / longest, signed=True)) for name, value in values]
    show_table(["map", head], rows, label=label)


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")


def show_filters(model: LoadedModel) -> None:
    """Show the filters of the first layer as images."""
    filters: Array = feature_maps.first_filters(model).astype(np.float64)  # (K, F, F)
    limit = float(np.abs(filters).max())
    tiles = "".join(
        f'<figure class="tile kernel" style="width:62px"><img class="pixels" alt="Filter {number}: '
        f'{escape(_format_rows(weights))}" src="{pictures.encode_signed_map(weights, limit)}">'
        f"<figcaption>{number}</figcaption></figure>"
        for number, weights in enumerate(filters, start=1)
    )
    st.html(f'<div class="tiles">{tiles}</div>')
    size = filters.shape[1]
    st.markdown(
        f"The {len(filters)} filters of the first layer, {size} × {size} weights each, as they were learned. Red is "
        f"positive, blue negative; the strongest colour is ±{limit:.3g}. A filter that is red on one side and blue on "
        "the other responds to edges. Filter 1 makes map 1 of the first layer, filter 2 map 2, and so on."
    )


def _format_rows(weights: Array) -> str:
    return " / ".join(" ".join(f"{weight:.2f}" for weight in row) for row in weights)


def show_costs(model: LoadedModel, summaries: Sequence[LayerSummary]) -> None:
    """Show a row for each layer or block of the network, and the totals."""
    layers = layer_nodes.list_layers(model)
    by_block = {summary.layer.block: summary for summary in summaries}
    rows = []
    for block in dict.fromkeys(layer.block for layer in layers):
        members = [layer for layer in layers if layer.block == block]
        last, zeros, likeness = members[-1], "", ""
        if block in by_block:
            zeros = percent(by_block[block].zero_share)
            correlation = by_block[block].film_correlation
            likeness = "" if correlation is None else f"{correlation:.2f}"
        field = f"{last.field.size}" if last.field else "all"
        rows.append([block, str(last.step.output), *_sum_costs(members), field, zeros, likeness])
    rows.append(["all layers", "", *_sum_costs(layers), "", "", ""])
    head = ["layer", "volume", "parameters", "multiply-adds", "memory", "RF", "zeros", "mean |r|"]
    label = f"The network {network_title(model.name)}, layer by layer"
    show_table(head, rows, label=label, strong=[len(rows) - 1])
    st.caption(
        "RF: receptive field, in pixels along a side. Zeros: share of values that are 0. Mean |r|: how much the maps "
        "look like the downsampled film, as the mean of their absolute correlations; 1 for a copy of the film."
    )


def _sum_costs(layers: Sequence[LayerNode]) -> tuple[str, str, str]:
    parameters = sum(layer.step.parameters.value for layer in layers)
    multiply_adds = sum(layer.step.multiply_adds.value for layer in layers)
    memory = sum(layer.step.output.memory.value for layer in layers)
    return f"{parameters:,}", f"{multiply_adds:,}", format_bytes(memory)


def volume_layers(network: str | LoadedModel) -> tuple[str, ...]:
    """Return the names of the layers of a network whose output is a stack of maps."""
    return tuple(layer.name for layer in layer_nodes.list_layers(network) if isinstance(layer.step.output, Volume))


def three_levels(network: LoadedModel) -> tuple[str, ...]:
    """Return the first, the middle and the last ReLU or block of a network, each once; of all layers if it has none."""
    ends = [layer for layer in layer_nodes.block_ends(network) if layer.kind != "average"]
    features = [layer.name for layer in ends if layer.kind in ("relu", "add")] or [layer.name for layer in ends]
    return tuple(dict.fromkeys((features[0], features[len(features) // 2], features[-1])))
