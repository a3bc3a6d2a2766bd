"""Fully connected layer and softmax (slides 41-42): flatten, one dot product a class, probabilities, and the loss."""

from typing import Any

import streamlit as st

from cnn.errors import UserError
from cnn.layers import costs
from cnn.lecture import torch_snippets
from cnn.lecture.questions.fully_connected import ask_fully_connected
from cnn.ops import convolution, softmax, toy_inputs
from ui.lecture import softmax_charts
from ui.shell import frame, glossary_popover
from ui.shell.fields import Field, Names, Numbers, Real, Whole
from ui.shell.page_state import State
from ui.shell.text import sentence_of
from ui.widgets import quiz, torch_code
from ui.widgets.grid import GridOptions, show_grid

SLIDE = softmax.scores_for((0.1, 0.1, 0.8))
NAMES = Names("names", "Classes", ("Door", "Stair", "Sign"), most=8)
SCORES = Numbers("z", "Scores z, one for each class", SLIDE, most=8, limit=2000)
TEMPERATURE = Real("T", "Temperature T", 1, low=0.1, high=10, step=0.1)
TRUE = Whole("true", "True class, by number", 3, low=1, high=8)
SIDE = Whole("side", "Width and height of the volume", 3, low=1, high=4)
DEPTH = Whole("depth", "Depth of the volume", 2, low=1, high=3)
PLACE = Whole("place", "Number to follow, counted from 0", 10, low=0, high=47)
STEP = Whole("step", "Step", 0, low=0, high=99)
PRESETS: dict[str, dict[Field[Any], Any]] = {
    "Slide 42": {NAMES: NAMES.default, SCORES: SLIDE, TEMPERATURE: 1},
    "0, 1, 2": {SCORES: (0, 1, 2)},
    "1000, 1001, 1002": {SCORES: (1000, 1001, 1002)},
    "Large negative scores": {SCORES: (-500, -501, -502)},
    "All equal": {SCORES: (1, 1, 1)},
    "Cold: T = 0.2": {TEMPERATURE: 0.2},
    "Hot: T = 5": {TEMPERATURE: 5},
}

frame.header(
    "Fully connected layer and softmax",
    "The last layer weighs every number of the volume once for each class; softmax turns the scores that come out into "
    "probabilities.",
)
state = State.open("fully_connected", NAMES, SCORES, TEMPERATURE, TRUE, SIDE, DEPTH, PLACE, STEP, quiz.QUESTION)


def flatten_and_weigh() -> tuple[str, ...]:
    """Show how the last volume becomes one score for each class (slide 41), and return the names of the classes."""
    st.header("Flatten", anchor=False)
    glossary_popover.write(
        "The volume is laid out in one row: channel after channel, and each channel row by row. All values are "
        "kept; only the spatial arrangement is lost."
    )
    first, second, third = st.columns(3)
    with first:
        side = state.slider(SIDE)
    with second:
        depth = state.slider(DEPTH)
    volume = toy_inputs.pooled_volume(depth, side)
    with third:
        index = min(state.slider(PLACE), volume.size - 1)
    if index < state[PLACE]:
        st.caption(f"The row ends at number {index}, which is followed here.")
    softmax_charts.show_flattened(volume, index)
    place = softmax.locate_flat_index(index, (depth, side, side))
    st.markdown(
        f"Channel {place.channel}, row {place.row}, column {place.column}, all counted from 0, becomes number "
        f"{index}: `{place.flat.formula}`"
    )
    st.header("One score for each class", anchor=False)
    names = state.text(NAMES)
    small, large = (costs.linear_parameters(n, len(names)) for n in (volume.size, 16 * 16 * 16))
    glossary_popover.write(
        "Every number has a weight for every class. So this is a convolution whose filters cover the whole volume: "
        "there is only one place for them, and each leaves a single number, the score. Here the layer learns "
        f"`{small.formula}` weights and biases; on the lecture's 16x16x16, `{large.formula}`."
    )
    weights = toy_inputs.class_weights(len(names), depth, side)
    example = convolution.conv2d(volume, weights, toy_inputs.class_biases(len(names)))
    part_names = ("Volume", "Weights", "Scores")
    show_grid(
        example, GridOptions("Scores step by step", names=part_names, filters=names, step=state[STEP]), key="scores"
    )
    state.presets("Carry them on", {"Use these scores below": {SCORES: tuple(map(float, example.output.ravel()))}})
    return names


def softmax_by_terms(names: tuple[str, ...]) -> softmax.Softmax:
    """Show how scores become probabilities (slide 42). Raises ``UserError``."""
    st.header("Softmax", anchor=False)
    glossary_popover.write(
        "Scores can be any numbers. **p = e^(z/T) / sum of e^(z/T) over all classes** makes them positive and lets "
        "them add up to 1. Adding the same to all scores changes nothing; T is 1 unless someone wants a sharper or "
        "flatter distribution."
    )
    all_names: dict[Field[Any], Any] = {} if len(names) == len(SLIDE) else {NAMES: NAMES.default}
    state.presets("Start from an example", {name: all_names | values for name, values in PRESETS.items()})
    first, second = st.columns(2)
    with first:
        scores = state.text(SCORES)
    with second:
        temperature = state.slider(TEMPERATURE)
    matched, sentence = softmax.match_scores(len(names), scores)
    if sentence:
        st.info(sentence)
    return softmax.softmax(names, matched, temperature)


def how_wrong(example: softmax.Softmax) -> None:
    """Show the cross-entropy and its gradient."""
    st.header("How wrong was it?", anchor=False)
    true = min(state.number(TRUE), len(example.terms)) - 1
    if true + 1 < state[TRUE]:
        st.caption(
            f"There are {len(example.terms)} classes: the last one, number {true + 1}, is taken as the true class."
        )
    loss = softmax.cross_entropy(example, true)
    st.markdown(softmax.describe_loss(example, loss))
    softmax_charts.show_gradient(example, loss)
    torch_code.show_snippet(torch_snippets.softmax(example, loss))


classes = flatten_and_weigh()
try:
    example = softmax_by_terms(classes)
    if not state.invalid:
        softmax_charts.show_terms(example)
        softmax_charts.show_large_scores(example)
        how_wrong(example)
except UserError as error:
    st.error(sentence_of(error))
quiz.ask(ask_fully_connected(state[quiz.QUESTION]), state)
state.share()
frame.footer(
    "fully_connected",
    "A class has a weight for every number; softmax turns scores into shares of a sum; and what training gets back "
    "is p - y.",
)
