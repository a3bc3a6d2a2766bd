"""Fully connected layer and softmax (slides 41-42): flatten, one dot product a class, probabilities, and the loss."""

from typing import Any

import streamlit as st

from cnn.layers import costs
from cnn.lecture import torch_snippets
from cnn.lecture.questions.fully_connected import ask_fully_connected
from cnn.ops import convolution, softmax, toy_inputs
from cnn.ops.convolution import Convolution
from cnn.ops.softmax import Softmax
from ui.lecture import class_scores, softmax_charts
from ui.shell import frame, stage
from ui.shell.fields import Field, Names, Numbers, Real, Whole
from ui.shell.page_state import State
from ui.shell.stage import PREDICT
from ui.widgets import quiz, torch_code
from ui.widgets.grid import GridOptions, show_grid

SLIDE = tuple(round(score, 4) for score in softmax.scores_for((0.1, 0.1, 0.8)))
NAMES = Names("names", "Classes", ("Door", "Stair", "Sign"), most=8)
SCORES = Numbers("z", "Scores z, one for each class", SLIDE, most=8, limit=2000)
TEMPERATURE = Real("T", "Temperature T", 1, low=class_scores.LOWEST, high=class_scores.HIGHEST, step=0.1)
TRUE = Whole("true", "True class, by number", 3, low=1, high=8)
SIDE = Whole("side", "Width and height of the volume", 3, low=1, high=4)
DEPTH = Whole("depth", "Depth of the volume", 2, low=1, high=3)
PLACE = Whole("place", "Number to follow, counted from 0", 10, low=0, high=47)
STEP = Whole("step", "Step", 0, low=0, high=99)
LECTURE_VOLUME = 16 * 16 * 16
EXAMPLES: dict[str, dict[Field[Any], Any]] = {
    "Slide 42": {NAMES: NAMES.default, SCORES: SLIDE, TEMPERATURE: 1},
    "0, 1, 2": {NAMES: NAMES.default, SCORES: (0, 1, 2)},
    "1000, 1001, 1002": {NAMES: NAMES.default, SCORES: (1000, 1001, 1002)},
    "Large negative scores": {NAMES: NAMES.default, SCORES: (-500, -501, -502)},
    "All equal": {NAMES: NAMES.default, SCORES: (1, 1, 1)},
}

frame.header(
    "Fully connected layer and softmax",
    "For each class, the layer multiplies every input value by a weight, sums the products and adds a bias: the score "
    "(logit). How do scores become probabilities?",
)
state = State.open(
    "fully_connected", NAMES, SCORES, TEMPERATURE, TRUE, SIDE, DEPTH, PLACE, STEP, PREDICT, quiz.QUESTION
)


def layer_of(names: tuple[str, ...], side: int, depth: int) -> Convolution:
    """Return the layer as a convolution whose filters cover the whole volume."""
    weights = toy_inputs.class_weights(len(names), depth, side)
    return convolution.conv2d(toy_inputs.pooled_volume(depth, side), weights, toy_inputs.class_biases(len(names)))


def keep(temperature: float, place: int) -> None:
    """Write what the reader has set in the browser into the page's fields."""
    state.put(TEMPERATURE, round(temperature, 1))
    state.put(PLACE, place)


@st.fragment  # a change redraws this part alone
def lesson() -> None:
    """Show the page below its heading."""
    scores_above = layer_of(state[NAMES], state[SIDE], state[DEPTH]).output.ravel() if not state.invalid else ()
    view = stage.open_view(
        state, EXAMPLES | {"Scores of the layer": {SCORES: tuple(round(float(score), 6) for score in scores_above)}}
    )
    with view.panel:
        names, scores = state.text(NAMES), state.text(SCORES)
        matched, sentence = softmax.match_scores(len(names), scores)
        if sentence:
            st.info(sentence)
        side, depth = state.slider(SIDE), state.slider(DEPTH)
        true = min(state.number(TRUE), len(names)) - 1
        if true + 1 < state[TRUE]:
            st.caption(f"There are {len(names)} classes: the last one, number {true + 1}, is taken as the true class.")
    layer, temperature = layer_of(names, side, depth), state[TEMPERATURE]
    place = min(state[PLACE], layer.input.size - 1)
    example = view.compute(lambda: softmax.softmax(names, matched, temperature))
    hidden = quiz.dock(view, ask_fully_connected(state[quiz.QUESTION], example), state)
    with view.stage:
        setting = class_scores.Setting(matched, temperature, place)
        on_rest = None if state.teach else keep
        class_scores.show_steps(layer, names, setting, key="steps", hide=hidden, on_rest=on_rest)
    if hidden or example is None:
        view.tabs(state)
    else:
        show_tabs(view, layer, example, true)
    state.remember()


def show_tabs(view: stage.View, layer: Convolution, example: Softmax, true: int) -> None:
    """Show what stands behind the three steps."""
    names = [term.name for term in example.terms]
    why, steps, wrong, large, code = view.tabs(
        state, stage.WHY, "Step by step", "How wrong was it?", "Large scores", stage.CODE
    )
    loss = softmax.cross_entropy(example, true)
    with why:
        small, lecture = (costs.linear_parameters(n, len(names)) for n in (layer.input.size, LECTURE_VOLUME))
        softmax_charts.describe(layer.input.shape, small, lecture)
    with steps:
        parts = ("Volume", "Weights", "Scores")
        show_grid(layer, GridOptions("Scores step by step", names=parts, filters=names, step=state[STEP]), key="scores")
    with wrong:
        st.markdown(softmax.describe_loss(example, loss))
        softmax_charts.show_gradient(example, loss)
    with large:
        softmax_charts.show_large_scores(example)
    with code:
        torch_code.show_snippet(torch_snippets.softmax(example, loss))


lesson()
frame.footer(
    "fully_connected",
    "Each class has a weight for every input value. Softmax turns scores into positive numbers that add up to 1. The "
    "gradient of the cross-entropy loss with respect to the scores is p − y, y the one-hot true label.",
)
