"""Why there are CNNs: weights to scale, a leaf with its pixels shuffled, and what networks learn from such pictures.

Functions named ``show_`` draw, functions named ``describe_`` return Markdown.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from cnn.layers.dense_vs_conv import LayerCost
from cnn.lecture.leaf import LEVELS, SIDE, draw_leaf
from cnn.lecture.pixel_shuffle.results import (
    NETWORKS,
    ORDERS,
    Experiment,
    NetworkName,
    correlate_neighbours,
    shuffle_pixels,
)
from cnn.ops.windows import Array
from cnn.text import percent, two_decimals
from ui.lecture.pictures import encode_png
from ui.shell import glossary_popover, theme
from ui.shell.text import format_bytes, three_figures, typeset
from ui.widgets import tables

LARGEST_SQUARE = 120
"""Pixels of the side of the largest square."""


def show_to_scale(layers: Sequence[LayerCost]) -> None:
    """Draw a square for each layer whose area is proportional to its weights, all on one scale."""
    most = max(layer.weights.value for layer in layers)
    tiles = "".join(_square(layer, LARGEST_SQUARE * math.sqrt(layer.weights.value / most)) for layer in layers)
    label = "Weights to scale: " + ", ".join(f"{layer.name} {layer.weights.value:,}" for layer in layers)
    st.html(
        f'<div class="tiles bottom" role="img" aria-label="{escape(label)}">{tiles}</div>',
    )


def _square(layer: LayerCost, side: float) -> str:
    """Return a square of ``side`` pixels with its caption; below one pixel it is drawn as one."""
    drawn = max(1, side)
    tiny = ' class="tiny"' if side < 12 else ""
    note = f"<br>{side:.2g} of a pixel wide to scale, drawn as one" if side < 1 else ""
    return (
        f'<div class="weights"><div{tiny} style="width:{drawn:.2f}px;height:{drawn:.2f}px"></div>'
        f"<strong>{escape(layer.name)}</strong><br>{layer.weights.value:,} weights{note}</div>"
    )


def show_table(layers: Sequence[LayerCost]) -> None:
    """Show the numbers behind the squares."""
    head = ["layer", "weights", "their memory", "outputs", "inputs per output"]
    rows = [
        [
            layer.name,
            f"{layer.weights.value:,}",
            format_bytes(layer.memory),
            f"{layer.outputs.value:,}",
            f"{layer.inputs_per_output.value:,}",
        ]
        for layer in layers
    ]
    tables.show_table(head, rows, label="Fully connected against convolution")


def describe_weights(layers: Sequence[LayerCost]) -> str:
    """Describe both counts of weights with their numbers put in, and compare them; biases are left out."""
    dense, convolution = layers[0], layers[-1]
    covers = convolution.inputs_per_output.value == dense.inputs_per_output.value
    return (
        f"**Fully connected:** {typeset(dense.weights.formula)} weights, for "
        f"{typeset(dense.inputs_per_output.formula)} inputs.\n\n"
        f"**Convolution:** {typeset(convolution.weights.formula)} weights"
        f"{', a filter as large as the image' if covers else ', at any image size'}.\n\n"
        f"{_compare(dense.weights.value, convolution.weights.value)}"
    )


def _compare(dense: int, convolution: int) -> str:
    if dense == convolution:
        return (
            "Both have equally many: a filter as large as the image has one position and equals a fully connected node."
        )
    more, fewer = "fully connected layer", "convolution"
    if dense < convolution:
        more, fewer = fewer, more
    times = max(dense, convolution) / min(dense, convolution)
    return f"The {more} has **{three_figures(times)} times** as many weights as the {fewer}."


def describe_savings(layers: Sequence[LayerCost]) -> str:
    """Describe where the convolution saves weights, and what the comparison leaves out."""
    dense, unshared, convolution = layers
    if unshared.inputs_per_output.value == dense.inputs_per_output.value:
        return (
            "Here a filter covers the whole image, so there is nothing to save. Choose a filter smaller than the image."
        )
    if convolution.weights.value >= dense.weights.value:
        return (
            f"The convolution saves nothing here, {convolution.weights.value:,} weights against "
            f"{dense.weights.value:,}: the image is small, or there are many more filters than hidden nodes. When the "
            "image grows, the convolution keeps its number of weights; the fully connected layer does not."
        )
    return (
        f"**Local connections:** each output is a sum over {unshared.inputs_per_output.value:,} inputs instead of "
        f"{dense.inputs_per_output.value:,}, because a filter covers one patch. **Shared weights:** the same filter is "
        f"used at every position; a filter of its own at each position would need {unshared.weights.value:,} weights. "
        "More weights need more training images, or the network overfits.\n\n"
        f"Weights are saved, not work: the convolution has {convolution.outputs.value:,} outputs and takes "
        f"{convolution.multiply_adds.value:,} multiply-adds; the fully connected layer has {dense.outputs.value:,} and "
        f"takes {dense.multiply_adds.value:,}."
    )


def show_images(images: Sequence[Array], names: Sequence[str], side: int) -> None:
    """Show images (H, W) of ink, 0 to 1, side by side with visible pixels; ``side`` is in pixels of the screen."""
    figures = "".join(
        f'<figure class="tile" style="width:{side}px"><img class="pixels" src="{_encode_ink(image)}" '
        f'alt="{escape(name)}"><figcaption>{escape(name)}</figcaption></figure>'
        for image, name in zip(images, names, strict=True)
    )
    st.html(f'<div class="tiles">{figures}</div>')


def show_row(image: Array, rows: range) -> None:
    """Show some rows of an image (H, W) of ink, 0 to 1, one behind the other."""
    row = image[rows.start : rows.stop].reshape(1, -1)
    caption = (
        f"What a fully connected layer reads: rows {rows.start + 1} to {rows.stop} of the leaf as one row of "
        f"{row.size} numbers"
    )
    st.html(
        f'<figure class="tile"><img class="pixels ribbon" src="{_encode_ink(np.repeat(row, 12, axis=0))}" '
        f'alt="{caption}"><figcaption>{caption}</figcaption></figure>'
    )


def _encode_ink(ink: Array) -> str:
    """Encode (H, W) ink, 0 to 1, as a PNG that is clear where there is no ink, for light and dark backgrounds."""
    pixels = np.empty((*ink.shape, 4), dtype=np.uint8)
    pixels[..., :3] = list(bytes.fromhex(theme.INK[1:]))
    pixels[..., 3] = np.round(255 * np.clip(ink, 0, 1))
    return encode_png(pixels)


def show_reasons(layers: Sequence[LayerCost], experiment: Experiment, shuffled: bool) -> None:
    """Show a leaf at several levels of structure (slide 9), and why the networks differ."""
    images = [draw_leaf(level) for level in LEVELS]
    story = describe_leaf(images[-1], shuffled)
    if shuffled:
        images = [shuffle_pixels(image) for image in images]
    left, right = st.columns(2, gap="large")
    with left:
        show_images(images, LEVELS, side=128)
        show_row(images[-1], range(60, 64))
        st.markdown(story)
    with right:
        st.markdown(describe_experiment(experiment))
        st.markdown(describe_outcome(experiment))
        glossary_popover.write(describe_savings(layers))


def describe_leaf(leaf: Array, shuffled: bool) -> str:
    """Describe how similar neighbouring pixels of the leaf (H, W) are, and what a shuffle makes of it."""

    def correlations(image: Array) -> str:
        right, below = map(two_decimals, correlate_neighbours(image))
        return f"**{right}**, with the one below it **{below}**"

    text = (
        "Neighbouring pixels of the leaf are similar: the correlation of a pixel with the one to its right is "
        f"{correlations(leaf)}. "
    )
    if shuffled:
        text += (
            f"After the shuffle they are not: with the pixel to its right it is {correlations(shuffle_pixels(leaf))}. "
        )
    return text + (
        f"A fully connected layer reads one long row of numbers, in which the pixel below is {SIDE} places away; it is "
        "not told which pixels are neighbours."
    )


def describe_experiment(experiment: Experiment) -> str:
    """Describe the two networks and the images that they were trained on."""
    side = experiment.samples.shape[-1]
    dense, convolution = (experiment.parameters[network] for network in NETWORKS)
    return (
        f"Two small networks classify {side} × {side} images into {len(experiment.names)} classes. One is fully "
        f"connected with one hidden layer ({dense:,} parameters). The other is CONV, ReLU, POOL, CONV, ReLU, global "
        f"max pooling and a last layer ({convolution:,} parameters). Both were trained on {experiment.training:,} "
        "images, and once more on the same images with their pixels shuffled: all images in the same way."
    )


@dataclass(frozen=True)
class ChoiceQuestion:
    """A question with fixed choices: ``feedback`` by choice, and the ``answer`` among them."""

    prompt: str
    feedback: Mapping[str, str]
    answer: str


def build_prediction(experiment: Experiment) -> ChoiceQuestion:
    """Ask which network the shuffle hurts, before the curves are shown."""
    dense, convolution = (f"{_lost(experiment, network)} points" for network in NETWORKS)
    feedback = (
        f"The accuracy changed by {dense} for the fully connected network and by {convolution} for the convolution."
    )
    choices = {
        (True, False): "the fully connected one",
        (False, True): "the convolution",
        (True, True): "both",
        (False, False): "neither",
    }
    hurt_dense, hurt_convolution = (experiment.is_hurt_by_shuffle(network) for network in NETWORKS)
    return ChoiceQuestion(
        "All images have their pixels shuffled in the same way. Which network becomes worse?",
        dict.fromkeys(choices.values(), feedback),
        choices[hurt_dense, hurt_convolution],
    )


def show_learning_curves(experiment: Experiment, shuffled: bool) -> None:
    """Plot the accuracy after each epoch: the mean over the seeds in a band of their range, and fainter without."""
    colours = theme.palette()
    figure = go.Figure()
    ink = dict(zip(NETWORKS, (colours.input, colours.kernel), strict=True))
    for (network, order), curve in experiment.curves.items():
        epochs = np.arange(1, len(curve.mean) + 1)
        shown = (order == ORDERS[1]) == shuffled
        low, high = 100 * curve.accuracy.min(axis=0), 100 * curve.accuracy.max(axis=0)
        figure.add_scatter(
            x=[*epochs, *epochs[::-1]],
            y=[*high, *low[::-1]],
            fill="toself",
            line={"width": 0},
            hoverinfo="skip",
            fillcolor=ink[network],
            opacity=0.15 if shown else 0,
            showlegend=False,
        )
        figure.add_scatter(
            x=epochs,
            y=100 * curve.mean,
            name=f"{network}, {order}",
            mode="lines" if order == ORDERS[0] else "lines+markers",  # circles show on a line that lies below
            line={"color": ink[network], "dash": "solid" if order == ORDERS[0] else "dot", "width": 4},
            marker={"color": colours.background, "size": 8, "line": {"color": ink[network], "width": 2}},
            opacity=1 if shown else 0.6,
            hovertemplate="epoch %{x}: %{y:.1f} percent<extra>%{fullData.name}</extra>",
        )
    guess = 100 / len(experiment.names)
    figure.add_hline(y=guess, line={"color": colours.muted, "dash": "dash"}, annotation_text="guessing")
    figure.update_layout(height=330)
    figure.update_xaxes(title="epoch", range=[0.5, len(epochs) + 0.5])
    figure.update_yaxes(title="accuracy, percent", range=[0, 103])
    distances = ", ".join(f"{network} {experiment.largest_distance(network):.1f} points" for network in NETWORKS)
    seeds = len(next(iter(experiment.curves.values())).accuracy)
    theme.show_figure(
        figure,
        key="learning",
        heading="Accuracy on held-out images",
        description=f"Mean and range of {seeds} trainings, on {experiment.held_out:,} images kept out of training. "
        f"Largest distance between a network's curves with and without the shuffle: {distances}. "
        "Trained beforehand by `python -m cnn.training.pixel_shuffle`.",
    )


def show_accuracies(experiment: Experiment) -> None:
    """Show the accuracy of both networks after the last epoch."""
    rows = [
        [
            network,
            *(experiment.curves[network, order].describe_last() for order in ORDERS),
            _lost(experiment, network),
        ]
        for network in NETWORKS
    ]
    tables.show_table(["network", *ORDERS, "points"], rows, label="Accuracy after the last epoch")


def _lost(experiment: Experiment, network: NetworkName) -> str:
    return f"{-experiment.accuracy_loss(network):+.1f}".replace("-", "−")


def describe_outcome(experiment: Experiment) -> str:
    """Describe what each network can still learn after the shuffle, and why."""
    dense = (
        "**Fully connected: nothing is lost.** It has a weight for each pixel and does not know where the pixel is. "
        "Move the pixels and their weights together, and every sum stays the same. It never used the second dimension."
    )
    field = experiment.receptive_field
    if experiment.is_hurt_by_shuffle("convolution"):
        convolution = (
            "**Convolution: edges and corners are gone.** A window now holds pixels from all over the image, a "
            "different mix at each position, so a filter has no meaning that holds everywhere. What remains "
            "learnable: how many pixels there are of each grey value, which alone gives "
            f"{percent(experiment.histogram_accuracy)} (chance {percent(1 / len(experiment.names))}), and which "
            f"scattered pixels are dark together in one receptive field of {field} × {field}. Together they give "
            f"{percent(experiment.curves['convolution', 'shuffled'].last)}."
        )
    else:
        side = experiment.samples.shape[-1]
        convolution = (
            f"**Convolution: almost nothing is lost here.** Its receptive field is {field} × {field} pixels and these "
            f"images are {side} × {side}: each unit reads most of the image, as a fully connected node does, and every "
            "digit is in the middle. Convolutions pay off when images are larger than their windows and objects move: "
            "choose the shapes and compare."
        )
    return f"{dense}\n\n{convolution}"
