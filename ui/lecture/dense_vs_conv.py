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
from cnn.lecture.leaf import FORMULAS, SIDE
from cnn.lecture.pixel_shuffle.results import NETWORKS, ORDERS, Experiment, correlate_neighbours
from cnn.ops.windows import Array
from ui.lecture.feature_stack import encode_png
from ui.shell import theme
from ui.shell.text import escape_stars, format_bytes, three_figures
from ui.widgets import tables

LARGEST_SQUARE = 260
"""Pixels of the side of the largest square."""


def show_to_scale(layers: Sequence[LayerCost]) -> None:
    """Draw a square for each layer whose area is proportional to its weights, all on one scale."""
    most = max(layer.weights.value for layer in layers)
    tiles = "".join(_square(layer, LARGEST_SQUARE * math.sqrt(layer.weights.value / most)) for layer in layers)
    label = "Weights to scale: " + ", ".join(f"{layer.name} {layer.weights.value:,}" for layer in layers)
    st.html(
        f'<div class="tiles bottom apart" role="img" aria-label="{escape(label)}">{tiles}</div>',
    )


def _square(layer: LayerCost, side: float) -> str:
    """Return a square of ``side`` pixels with its caption; below one pixel it is drawn as one."""
    drawn = max(1, side)
    tiny = ' class="tiny"' if side < 12 else ""
    size = f"a square of {side:.3g} pixels a side"
    if side < 1:
        size = f"true to scale, {side:.2g} of a pixel a side: drawn as one"
    return (
        f'<div class="weights"><div{tiny} style="width:{drawn:.2f}px;height:{drawn:.2f}px"></div>'
        f"<strong>{escape(layer.name)}</strong><br>{layer.weights.value:,} weights<br>{size}</div>"
    )


def show_table(layers: Sequence[LayerCost]) -> None:
    """Show the numbers behind the squares."""
    head = ["layer", "weights", "their memory", "numbers out", "each a sum over"]
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
    """Describe both counts of weights with their numbers put in, and compare them."""
    dense, convolution = layers[0], layers[-1]
    return (
        f"**Fully connected.** The numbers in the picture: `{dense.inputs_per_output.formula}`. "
        "Each hidden node has a weight for each of them: "
        f"`{dense.weights.formula}` weights, {format_bytes(dense.memory)} at 4 bytes a weight.\n\n"
        f"**Convolution.** A filter is as deep as the picture, and the same filter serves at every place: "
        f"`{convolution.weights.formula}` weights. {_compare(dense.weights.value, convolution.weights.value)} "
        "Biases are left out on both sides, as on the slide."
    )


def _compare(dense: int, convolution: int) -> str:
    if dense == convolution:
        return (
            "That is exactly as many: a filter as large as the picture has one place only, and is a fully connected "
            "node."
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
            "Here a filter looks at the whole picture, so each number that comes out is a sum over all of it, and "
            "there is nothing to save. Make the filter smaller than the picture, and see."
        )
    if convolution.weights.value >= dense.weights.value:
        return (
            f"Nothing is saved here: {convolution.weights.value:,} weights against {dense.weights.value:,}, because "
            "the picture is small, or the filters are many more than the hidden nodes. A layer of filters keeps its "
            "number of weights when the picture grows; a fully connected one does not."
        )
    return escape_stars(
        "Where does the saving come from? "
        f"A number that comes out is a sum over {unshared.inputs_per_output.value:,} numbers "
        f"instead of {dense.inputs_per_output.value:,}, because a filter looks at one patch; "
        f"and one filter is used at every place instead of "
        f"a filter of its own for each, which would need {unshared.weights.value:,} weights for the same "
        "output. More weights need more training pictures before they stop fitting noise. "
        f"It is not a saving of work: the convolution leaves {convolution.outputs.value:,} numbers, not "
        f"{dense.outputs.value:,}, and takes {convolution.multiply_adds.value:,} multiply-adds for them, against "
        f"{dense.multiply_adds.value:,}."
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
    caption = f"Rows {rows.start + 1} to {rows.stop} of the leaf, one behind the other: {row.size} numbers"
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


def describe_leaf(image: Array) -> str:
    """Describe how alike neighbouring pixels of the leaf (H, W) are, and how it is drawn."""
    right, below = correlate_neighbours(image)
    formulas = "; ".join(f"{level}: {formula}" for level, formula in FORMULAS.items())
    return (
        f"A pixel and its neighbour are alike: over this picture, the correlation of a pixel with the one to its right "
        f"is **{right + 0:.2f}**, with the one below it **{below + 0:.2f}**. A fully connected layer gets one long row "
        f"instead, in which the pixel below is {SIDE} numbers away; it is never told which numbers were neighbours. "
        f"(Drawn by formula, with t along the leaf and x from its stem: {formulas}.)"
    )


def describe_experiment(experiment: Experiment) -> str:
    """Describe the two networks and the pictures that they were trained on."""
    side = experiment.samples.shape[-1]
    dense, convolution = (experiment.parameters[network] for network in NETWORKS)
    return (
        f"The network is to name {side}x{side} pictures of {len(experiment.names)} kinds: "
        f"{', '.join(experiment.names)}. "
        f"One is fully connected, with one hidden layer ({dense:,} weights and biases). The other is CONV, ReLU, POOL, "
        f"CONV, ReLU, the maximum of each map, and a last layer ({convolution:,}). Both were trained on "
        f"{experiment.training:,} pictures as they are; and then again from the start on the same pictures with their "
        "pixels shuffled, every picture in the same way. Turn the switch above to see what they were given then."
    )


@dataclass(frozen=True)
class ChoiceQuestion:
    """A question with fixed choices: ``feedback`` by choice, and the ``answer`` among them."""

    prompt: str
    feedback: Mapping[str, str]
    answer: str


def build_prediction(experiment: Experiment) -> ChoiceQuestion:
    """Ask which network the shuffle hurts, before the curves are shown."""
    dense, convolution = (f"{-experiment.accuracy_loss(network):+.1f} points" for network in NETWORKS)
    feedback = (
        f"The share of right answers changed by {dense} for the fully connected network and by {convolution} for the "
        "convolution."
    )
    choices = {
        (True, False): "the fully connected one",
        (False, True): "the convolution",
        (True, True): "both",
        (False, False): "neither",
    }
    hurt_dense, hurt_convolution = (experiment.is_hurt_by_shuffle(network) for network in NETWORKS)
    return ChoiceQuestion(
        "Which network does worse on shuffled pictures?",
        dict.fromkeys(choices.values(), feedback),
        choices[hurt_dense, hurt_convolution],
    )


def show_learning_curves(experiment: Experiment, *, key: str) -> None:
    """Plot the accuracy after each epoch, in order and shuffled: the mean over the seeds, in a band of their range."""
    colours = theme.palette()
    figure = go.Figure()
    ink = dict(zip(NETWORKS, (colours.input, colours.kernel), strict=True))
    for (network, order), curve in experiment.curves.items():
        epochs = np.arange(1, len(curve.mean) + 1)
        low, high = 100 * curve.accuracy.min(axis=0), 100 * curve.accuracy.max(axis=0)
        figure.add_scatter(
            x=[*epochs, *epochs[::-1]],
            y=[*high, *low[::-1]],
            fill="toself",
            line={"width": 0},
            hoverinfo="skip",
            fillcolor=ink[network],
            opacity=0.15,
            showlegend=False,
        )
        figure.add_scatter(
            x=epochs,
            y=100 * curve.mean,
            name=f"{network}, {order}",
            mode="lines",
            line={"color": ink[network], "dash": "solid" if order == ORDERS[0] else "dot", "width": 3},
            hovertemplate="epoch %{x}: %{y:.1f} percent<extra>%{fullData.name}</extra>",
        )
    guess = 100 / len(experiment.names)
    figure.add_hline(y=guess, line={"color": colours.muted, "dash": "dash"}, annotation_text="guessing")
    figure.update_layout(height=430)
    figure.update_xaxes(title="epoch", range=[0.5, len(epochs) + 0.5])
    figure.update_yaxes(title="right, percent", range=[0, 103])
    theme.show_figure(
        figure,
        key=key,
        heading="What both networks learn",
        description=f"Share of {experiment.held_out:,} pictures kept out of training that were named rightly, after "
        "each epoch, once through all training pictures: the mean of three trainings with different seeds, and the "
        "range of the three. "
        "Trained beforehand by `python -m cnn.training.pixel_shuffle`, not on this page.",
    )
    rows = [
        [
            network,
            *(experiment.curves[network, order].describe_last() for order in ORDERS),
            f"{-experiment.accuracy_loss(network):+.1f}",
        ]
        for network in NETWORKS
    ]
    tables.show_table(["network", *ORDERS, "points"], rows, label="Right after the last epoch")


def describe_outcome(experiment: Experiment) -> str:
    """Describe what each network can still learn after the shuffle, and why."""
    dense = (
        "**Fully connected: nothing is lost.** It has a weight for each pixel and does not know where the pixel lies. "
        "Move the pixels, move the weights with them, and every sum is the same; so whatever could be learnt before "
        "can be learnt after, in as many steps. It never used the second dimension, and cannot miss it."
    )
    field = experiment.receptive_field
    if experiment.is_hurt_by_shuffle("convolution"):
        convolution = (
            "**Convolution: edges and corners are gone.** A window now holds pixels from all over the picture, another "
            "mix at each place, so that a filter which means something here means nothing there. The information is "
            "still in the picture, since a shuffle can be undone, but this network cannot get at most of it. What "
            "stays learnable is, first, what no shuffle can touch: which greys there are and how many of each; "
            f"on their own, put in order of brightness, they are enough for {experiment.histogram_accuracy:.0%} where "
            f"guessing gives {1 / len(experiment.names):.0%}. And second, which scattered pixels happen to be dark "
            f"together in one window of {field}x{field}. Both together come to "
            f"{experiment.curves['convolution', 'shuffled'].last:.0%}."
        )
    else:
        side = experiment.samples.shape[-1]
        convolution = (
            f"**Convolution: nothing worth mentioning is lost here.** Its last layer sees {field}x{field} "
            f"pixels, and these pictures are {side}x{side}: each unit reads all or most of the picture, much as a "
            "fully connected node does, and every digit sits in the middle, so that nothing has to be found elsewhere. "
            "A convolution is worth having where pictures are larger than its windows and things move about: choose "
            "the shapes, and compare."
        )
    return f"{dense}\n\n{convolution}"
