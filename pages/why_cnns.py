"""Why CNNs (slides 8-9): weights, fully connected against convolution, and what a shuffle of the pixels costs."""

from typing import Any

import streamlit as st

from cnn.errors import UserError
from cnn.layers import dense_vs_conv
from cnn.layers.layers import Volume
from cnn.lecture import leaf, torch_snippets
from cnn.lecture.pixel_shuffle import results
from cnn.lecture.questions.dense_vs_conv import ask_dense_vs_conv
from ui.lecture import dense_vs_conv as figures
from ui.shell import frame, glossary_popover
from ui.shell.fields import Choice, Field, Flag, Whole
from ui.shell.page_state import State
from ui.shell.text import sentence_of
from ui.widgets import quiz, torch_code

W1 = Whole("W1", "Width W1", 1000, low=1, high=10_000)
H1 = Whole("H1", "Height H1", 1000, low=1, high=10_000)
D1 = Whole("D1", "Depth D1", 3, low=1, high=1000)
HIDDEN = Whole("hidden", "Hidden nodes", 100, low=1, high=100_000)
K = Whole("K", "Filters K", 100, low=1, high=100_000)
F = Whole("F", "Filter size F", 3, low=1, high=1000)
SHUFFLED = Flag("shuffled", "Shuffle the pixels of every picture on this page, all in the same way", False)
PICTURES = Choice("pictures", "Pictures to learn", "shapes", options=results.DATASETS)
PRESETS: dict[str, dict[Field[Any], Any]] = {
    "Slide 8": {field: field.default for field in (W1, H1, D1, HIDDEN, K, F)},
    "Slide 11: 32x32x3": {W1: 32, H1: 32, D1: 3, F: 5},
    "What ImageNet's networks read": {W1: 224, H1: 224, D1: 3},
    "A chest film as it is taken": {W1: 2000, H1: 2500, D1: 1},
    "A filter as large as the picture": {W1: 28, H1: 28, D1: 1, HIDDEN: 100, K: 100, F: 28},
}

frame.header(
    "Why convolutional networks?",
    "A fully connected layer can read a picture, but it pays twice: with a weight for every pixel and node, and with "
    "the loss of what lies beside what.",
)
state = State.open("why_cnns", W1, H1, D1, HIDDEN, K, F, SHUFFLED, PICTURES, quiz.QUESTION)


def weights() -> None:
    """Compare both layers (slide 8) on the reader's numbers. Raises ``UserError``."""
    picture = Volume(*state.boxes(W1, H1, D1))
    hidden, filters, kernel_size = state.boxes(HIDDEN, K, F)
    layers = dense_vs_conv.compare_layers(picture, hidden, filters, kernel_size)
    st.markdown(figures.describe_weights(layers))
    figures.show_to_scale((layers[0], layers[-1]))
    figures.show_table(layers)
    st.markdown(figures.describe_savings(layers))
    torch_code.show_snippet(torch_snippets.dense_vs_conv(picture, hidden, filters, kernel_size))


def leaf_in_levels(shuffled: bool) -> None:
    """Show one object at several levels of structure (slide 9)."""
    images = [leaf.draw_leaf(level) for level in leaf.LEVELS]
    if shuffled:
        images = [results.shuffle_pixels(image) for image in images]
    figures.show_images(images, leaf.LEVELS, side=168)
    st.markdown(figures.describe_leaf(images[-1]))
    figures.show_row(images[-1], range(60, 64))


def shuffle_experiment(shuffled: bool) -> None:
    """Compare two small networks, trained on images as they are and shuffled."""
    experiment = results.load_experiment(state.choice(PICTURES))
    samples = results.shuffle_pixels(experiment.samples) if shuffled else experiment.samples
    figures.show_images(list(samples), experiment.names, side=104)
    st.markdown(figures.describe_experiment(experiment))
    question = figures.build_prediction(experiment)
    if quiz.ask_choice(question.prompt, question.feedback, question.answer, key=f"worse {state[PICTURES]}"):
        figures.show_learning_curves(experiment, key="learning")
        st.markdown(figures.describe_outcome(experiment))


st.header("Too many weights", anchor=False)
state.presets("Start from an example", PRESETS)
try:
    weights()
except UserError as error:
    st.error(sentence_of(error))
quiz.ask(ask_dense_vs_conv(state[quiz.QUESTION]), state)
st.header("No neighbours", anchor=False)
glossary_popover.write(
    "The same leaf has an outline, veins, and finer veins between them. Each is a matter of which dark pixel lies "
    "beside which, and a detector that looks at a small patch can find it anywhere."
)
shuffled = state.flag(SHUFFLED)
leaf_in_levels(shuffled)
st.header("Does it matter? Shuffle, and train again", anchor=False)
shuffle_experiment(shuffled)
state.share()
frame.footer(
    "why_cnns",
    "A convolution reads small patches with the same few weights everywhere: that saves weights, and it is why the "
    "order of the pixels matters to it and not to a fully connected layer.",
)
