"""Why CNNs (slides 8-9): what a shuffle of the pixels costs each kind of network, and the weights of both to scale."""

from typing import Any

import streamlit as st

from cnn.layers import dense_vs_conv
from cnn.layers.layer import Volume
from cnn.layers.layers import Conv
from cnn.lecture import torch_snippets
from cnn.lecture.pixel_shuffle import results
from cnn.lecture.pixel_shuffle.results import Experiment
from cnn.lecture.questions.dense_vs_conv import ask_dense_vs_conv
from ui.lecture import dense_vs_conv as figures
from ui.shell import frame, stage
from ui.shell.fields import Choice, Field, Flag, Whole
from ui.shell.page_state import State
from ui.shell.stage import PREDICT, View
from ui.widgets import cross_links, quiz, torch_code

W1 = Whole("W1", "Width W1", 1000, low=1, high=10_000)
H1 = Whole("H1", "Height H1", 1000, low=1, high=10_000)
D1 = Whole("D1", "Depth D1", 3, low=1, high=1000)
HIDDEN = Whole("hidden", "Hidden nodes", 100, low=1, high=100_000)
K = Whole("K", "Filters K", 100, low=1, high=100_000)
F = Whole("F", "Filter size F", 3, low=1, high=1000)
SHUFFLED = Flag("shuffled", "Shuffle the pixels", False)
IMAGES = Choice("pictures", "Images", "shapes", options=results.DATASETS)
EXAMPLES: dict[str, dict[Field[Any], Any]] = {
    "Slide 8: 1000 × 1000 × 3": {field: field.default for field in (W1, H1, D1, HIDDEN, K, F)},
    "Slide 11: 32 × 32 × 3": {W1: 32, H1: 32, D1: 3, F: 5},
    "ImageNet: 224 × 224 × 3": {W1: 224, H1: 224, D1: 3, F: 3},
    "Chest film: 2000 × 2500 × 1": {W1: 2000, H1: 2500, D1: 1, F: 3},
    "Filter = whole image": {W1: 28, H1: 28, D1: 1, HIDDEN: 100, K: 100, F: 28},
}

frame.header(
    "Why convolutional networks?",
    "A fully connected layer needs a weight for every pixel and node, and it ignores which pixels are neighbours.",
)
state = State.open("why_cnns", W1, H1, D1, HIDDEN, K, F, SHUFFLED, IMAGES, PREDICT, quiz.QUESTION, cross_links.CARRIED)


def ask(view: View, experiment: Experiment) -> bool:
    """Ask about the shuffle or, from the second question on, about weights; return whether the answer stays hidden."""
    if state[quiz.QUESTION] > 1 or not state[PREDICT]:
        return quiz.dock(view, ask_dense_vs_conv(state[quiz.QUESTION]), state)
    choice = figures.build_prediction(experiment)
    with view.question:
        key = f"worse {state[IMAGES]}"
        return not quiz.ask_choice(choice.prompt, choice.feedback, choice.answer, state, key=key)


def show_experiment(view: View, experiment: Experiment, shuffled: bool, hidden: bool) -> None:
    """Show images of each class and, unless ``hidden``, what both networks learn of such images."""
    samples = results.shuffle_pixels(experiment.samples) if shuffled else experiment.samples
    with view.stage:
        figures.show_images(list(samples), experiment.names, side=160 if len(samples) < 6 else 70)
        if hidden:
            st.markdown(figures.describe_experiment(experiment))
        else:
            figures.show_learning_curves(experiment, shuffled)


@st.fragment
def lesson() -> None:
    """Show the page below its heading."""
    view = stage.open_view(state, EXAMPLES)
    with view.panel:
        shuffled = state.flag(SHUFFLED)
        experiment = results.load_experiment(state.choice(IMAGES))
        st.markdown("**Weights of one layer**, below; the networks of the chart stay as they are.")
        width, height, depth, hidden_nodes = state.boxes(W1, H1, D1, HIDDEN)
        with stage.more("filters of the convolution"):
            filters, kernel_size = state.boxes(K, F)
    image = Volume(width, height, depth)
    compared = view.compute(
        lambda: (
            dense_vs_conv.compare_layers(image, hidden_nodes, filters, kernel_size),
            torch_snippets.dense_vs_conv(image, hidden_nodes, filters, kernel_size),
        )
    )
    hidden = ask(view, experiment)
    show_experiment(view, experiment, shuffled, hidden)
    if compared and not hidden:
        layers, snippet = compared
        with view.panel:
            lacks = ("stride", "padding", "dilation", "groups", "bias")
            cross_links.show_links(state, Conv(filters, kernel_size), image, lacks)
            figures.show_to_scale((layers[0], layers[-1]))
            st.markdown(figures.describe_weights(layers))
        why, code, details = view.tabs(state, stage.WHY, stage.CODE, stage.DETAILS)
        with why:
            figures.show_reasons(layers, experiment, shuffled)
        with code:
            torch_code.show_snippet(snippet)
        with details:
            figures.show_table(layers)
            figures.show_accuracies(experiment)
    state.remember()


lesson()
frame.footer(
    "why_cnns",
    "A convolution applies the same few weights to small patches everywhere. That saves weights. While its "
    "receptive field is smaller than the image, the order of the pixels matters to it, and never to a fully connected "
    "layer.",
)
