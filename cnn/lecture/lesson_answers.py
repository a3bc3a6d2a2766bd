"""Compute the numbers in the answers of the lesson plans, with the code that the pages run.

One function for each page takes the settings of a link and returns the texts for the placeholders in
``content/lesson_plans.toml``, by name.
"""

from collections.abc import Callable, Mapping

import numpy as np

from cnn.evaluation import operating_point
from cnn.layers import costs, sizes
from cnn.layers.dense_vs_conv import compare_layers
from cnn.layers.layer import Volume
from cnn.layers.layers import Conv
from cnn.layers.network_text import parse
from cnn.layers.presets import PRESETS
from cnn.layers.sizes import Window
from cnn.lecture.questions.layer_sizes import ask_two_layers
from cnn.lecture.questions.output_cells import ask_cell
from cnn.lecture.questions.question import Question
from cnn.lecture.questions.timeline import ask_year
from cnn.lecture.timeline import TIMELINE
from cnn.ops import convolution, feature_stack, pooling, signals, softmax
from cnn.ops.windows import Array
from cnn.text import percent, typeset_shape

Settings = Mapping[str, str]
Texts = dict[str, str]


def history(settings: Settings) -> Texts:
    """Return the story and the points of a milestone, and the question if the link has one."""
    milestone = {milestone.name: milestone for milestone in TIMELINE}[settings["look"]]
    question = _question(ask_year(int(settings["question"]))) if "question" in settings else {}
    return {"story": milestone.story, "points": "; ".join(milestone.points)} | question


def why_cnns(settings: Settings) -> Texts:
    """Return the weights of both layers, as a formula and as a count."""
    width, height, depth, hidden, filters, size = (int(settings[key]) for key in ("W1", "H1", "D1", "hidden", "K", "F"))
    dense, _, conv = compare_layers(Volume(width, height, depth), hidden, filters, size)
    return {
        "dense": dense.weights.formula,
        "dense_weights": f"{dense.weights.value:,}",
        "convolution": conv.weights.formula,
        "convolution_weights": f"{conv.weights.value:,}",
    }


def convolution_1d(settings: Settings) -> Texts:
    """Return the output with the kernel flipped and without."""
    signal, kernel = (tuple(map(float, settings[key].split())) for key in ("x", "w"))
    comparison = signals.compare(signal, kernel, "full")
    return {
        "flipped": format_rows(comparison.convolution.output),
        "unflipped": format_rows(comparison.correlation.output),
    }


def convolution_2d(settings: Settings) -> Texts:
    """Return the question on a cell, and the output; for several channels, what a filter costs and leaves."""
    if "x" in settings:
        flip = settings["flip"] == "true"
        example = convolution.conv2d(parse_rows(settings["x"]), parse_rows(settings["w"]), flip=flip)
        asked = _question(ask_cell(example, int(settings["question"]))) if "question" in settings else {}
        return asked | {"output": format_rows(example.output[0])}
    side, depth, kernel_size = (int(settings[key]) for key in ("N", "depth", "F"))
    products = costs.filter_weights(depth, kernel_size)
    size = sizes.output_size(side, Window(kernel_size)).size
    return {"filter": products.formula, "products": f"{products.value}", "side": f"{size}"}


def filters_relu(settings: Settings) -> Texts:
    """Return the question on two layers, and what the second layer leaves."""
    if "question" not in settings:
        return {}
    layers = feature_stack.chain_two_layers(*(int(settings[key]) for key in ("N", "D1", "K1", "K2", "F")))
    return _question(ask_two_layers(layers, int(settings["question"]))) | {
        "output": f"{layers.after} × {layers.after} × {layers.second}",
        "weights": f"{layers.weights:,}",
    }


def stride_padding(settings: Settings) -> Texts:
    """Return the output size by each rule of rounding, and the padding that keeps the size."""
    n, kernel_size, stride, padding = (int(settings[key]) for key in ("N", "F", "S", "P"))
    window = Window(kernel_size, stride, padding)
    floor, ceil = sizes.output_size(n, window, "floor"), sizes.output_size(n, window, "ceil")
    return {
        "size": floor.formula,
        "fraction": f"{float(floor.quotient + 1):.2f}",
        "floor": f"{floor.size}",
        "unread": f"{floor.unread_input}",
        "ceil": f"{ceil.size}",
        "same_padding": f"{Window(kernel_size).same_padded().ends[0]}",
    }


def pool(settings: Settings) -> Texts:
    """Return the pooled output, and how many of the input cells get a gradient."""
    pooled = pooling.pool2d(parse_rows(settings["x"]), Window(int(settings["F"]), int(settings["S"])))
    gradient = pooled.backward()
    return {
        "output": format_rows(pooled.output[0]),
        "winners": f"{np.count_nonzero(gradient)}",
        "cells": f"{gradient.size}",
    }


def layer_calculator(settings: Settings) -> Texts:
    """Return the output shape and the parameters of a convolution layer."""
    names = ("K", "F", "S", "P", "D", "groups")
    filters, kernel_size, stride, padding, dilation, groups = (int(settings[name]) for name in names)
    before = Volume(*(int(settings[name]) for name in ("W1", "H1", "D1")))
    info = Conv(filters, kernel_size, stride, padding, dilation, groups).infer(before)
    return {"output": typeset_shape(info.output), "parameters": info.parameters.formula}


def fully_connected(settings: Settings) -> Texts:
    """Return the probabilities, that of the true class, and the loss."""
    names = settings["names"].split(", ")
    example = softmax.softmax(names, [float(score) for score in settings["z"].split()], float(settings["T"]))
    true = int(settings["true"]) - 1
    return {
        "probabilities": ", ".join(f"{term.name} {percent(term.probability, 1)}" for term in example.terms),
        "true_probability": f"{example.terms[true].probability:.1f}",
        "loss": f"{softmax.cross_entropy(example, true).value:.3f}",
    }


def architecture_builder(settings: Settings) -> Texts:
    """Return each volume, and which layer has the most parameters and which makes the most products."""
    infos = parse(settings["net"]).layer_infos()
    parameters = [info.parameters.value for info in infos]
    products = [info.multiply_adds.value for info in infos]
    return {f"volume{number}": typeset_shape(info.output) for number, info in enumerate(infos, start=1)} | {
        "most_parameters": f"{parameters.index(max(parameters)) + 1}",
        "parameters": f"{max(parameters):,}",
        "parameters_share": percent(max(parameters) / sum(parameters)),
        "most_products": f"{products.index(max(products)) + 1}",
        "products": f"{max(products):,}",
        "products_share": percent(max(products) / sum(products), 1),
    }


def inside_the_network(settings: Settings) -> Texts:
    """Return the receptive field of a convolution layer of the lecture's network, "conv1" to "conv5"."""
    stages = parse(PRESETS["Lecture CNN"]).stages()
    fields = [stage.field.size for stage in stages if isinstance(stage.layer, Conv) and stage.field]
    return {"field": f"{fields[int(settings['layer'].removeprefix('conv')) - 1]}"}


def operating_points(settings: Settings) -> Texts:
    """Return how many of a thousand people are predicted positive, how many of them rightly, and the PPV."""
    right, prevalence = np.full(2, float(settings["rate"])), float(settings["prevalence"]) / 100
    counts = operating_point.ConfusionCounts(right, 1 - right, 1 - right, right)
    cohort = operating_point.expected_cohort(operating_point.rates_at_prevalence(counts, prevalence), prevalence)
    positive = cohort.true_positives + cohort.false_positives
    return {
        "positive": f"{positive}",
        "right": f"{cohort.true_positives}",
        "ppv": percent(cohort.true_positives / positive),
    }


TEXTS: dict[str, Callable[[Settings], Texts]] = {
    "history": history,
    "why_cnns": why_cnns,
    "convolution_1d": convolution_1d,
    "convolution_2d": convolution_2d,
    "filters_relu": filters_relu,
    "stride_padding": stride_padding,
    "pooling": pool,
    "layer_calculator": layer_calculator,
    "fully_connected": fully_connected,
    "architecture_builder": architecture_builder,
    "inside_the_network": inside_the_network,
    "operating_point": operating_points,
}
"""The function of each page; the answers of other pages have no placeholders."""


def _question(question: Question) -> Texts:
    return {"question": question.prompt, "answer": f"{question.answer:.10g}", "why": question.why}


def parse_rows(text: str) -> Array:
    """Return the matrix that a link writes as "1 2 / 3 4"."""
    return np.array([[float(number) for number in row.split()] for row in text.split("/")])


def format_rows(numbers: Array) -> str:
    """Return a matrix as a link writes it, "1 2 / 3 4"; a single row has no slash."""
    return " / ".join(" ".join(f"{value:g}" for value in row) for row in np.atleast_2d(numbers.squeeze()))
