"""Learn a filter (slide 13): gradient descent on nine weights, with the backward pass in sight."""

from typing import Any

import streamlit as st

from cnn.lecture import torch_snippets
from cnn.ops.filter_task import PAIRS, TARGETS, FilterTask, backward_pass
from ui.handson import filter_lesson
from ui.shell import frame, stage
from ui.shell.fields import Choice, Field, Real, Whole
from ui.shell.page_state import State
from ui.shell.stage import PREDICT
from ui.widgets import quiz, torch_code

MOST = 500
TARGET = Choice("target", "To be learned", "edge detector", options=(*TARGETS, "hidden"))
RATE = Real("rate", "Learning rate", 0.1, low=0.001, high=1, step=0.001)
STEPS = Whole("steps", "Updates done", 0, low=0, high=MOST)
PAIR = Whole("pair", "Pair of input and output", 1, low=1, high=PAIRS)
PART = Choice("part", "Show", "forward", options=filter_lesson.PARTS, title=filter_lesson.title_of)
SEED = Whole("seed", "Seed", 0, low=0, high=99)
STEP = Whole("step", "Step", 0, low=0, high=9999)
BACKWARD = (
    "The loss L is the mean of (y − t)² over the output cells, so an output cell has the error dL/dy = 2 (y − t)/n. A "
    "weight meets one input value at each position: **dL/dw is the sum over positions of error times input**: the "
    "errors slide over the input like a filter. For **dL/dx the flipped filter slides over the errors**, padded with F "
    "− 1 zeros: each input value gets back what it contributed to. That carries the error on to the layer before. "
    "Gradient descent takes w − learning rate × dL/dw, again and again."
)

frame.header(
    "Learn a filter",
    "A 3 × 3 filter starts with random weights (a seed chooses them). Pairs of input and output, and the gradient of "
    "the loss, turn it into the filter that made them.",
)
state = State.open("learn_a_filter", TARGET, RATE, STEPS, PAIR, PART, SEED, STEP, PREDICT, quiz.QUESTION)
limit = FilterTask().largest_rate
beginning: dict[Field[Any], Any] = {TARGET: "edge detector", SEED: 0, STEPS: 0, PART: "forward"}
examples = {
    "Too slow": beginning | {RATE: 0.005},
    "Just right": beginning | {RATE: round(limit / 2, 3)},
    "Barely stable": beginning | {RATE: round(0.98 * limit, 3)},
    "Diverges": beginning | {RATE: round(1.1 * limit, 3)},
    "A hidden filter": beginning | {TARGET: "hidden", RATE: round(limit / 2, 3)},
}


def go_on(count: int) -> None:
    """Take ``count`` more steps."""
    state.put(STEPS, min(state[STEPS] + count, MOST))


def show_buttons(steps_left: int) -> None:
    """Show buttons for one update of the weights, ten, or as many as it takes."""
    with st.container(horizontal=True):
        st.button("1 update", type="primary", on_click=go_on, args=(1,))
        st.button("10 updates", on_click=go_on, args=(10,))
        st.button("Until it is learned", on_click=go_on, args=(steps_left,), disabled=not steps_left)


@st.fragment
def lesson() -> None:
    """Show the page below its heading."""
    view = stage.open_view(state, examples)
    with view.panel:
        buttons = st.container()
        task = FilterTask(state.select(TARGET), state[SEED])
        rate, done = state.slider(RATE), state.number(STEPS)
        part, pair = state.choice(PART), state.slider(PAIR) - 1
        with stage.more("other numbers"):
            task = FilterTask(task.target, state.number(SEED))
    full = task.steps(rate, MOST)
    learned = next((number for number, step in enumerate(full) if step.loss < filter_lesson.STANDS), len(full) - 1)
    steps = full[: done + 1]
    with buttons:
        show_buttons(max(0, learned - len(steps) + 1))
    passed = backward_pass(task, steps[-1].weight, pair)
    hidden = task.target == "hidden" and steps[-1].loss >= filter_lesson.STANDS
    question = filter_lesson.ask(passed, part, steps[-1], rate, state[quiz.QUESTION])
    asked = quiz.dock(view, question, state)
    with view.stage:
        st.markdown(filter_lesson.describe(steps, rate, task, MOST), width="stretch")
        cell = question.cell if asked and question else None
        filter_lesson.show_pass(filter_lesson.example_of(passed, part), part, pair, state[STEP], cell)
        if part == "forward":
            filter_lesson.show_target(passed, asked)
    with view.below if asked else view.stage:  # the question follows the grid at once
        filter_lesson.show_filters(steps[-1], task, rate, reveal=not hidden, asked=asked)
        filter_lesson.draw_loss(steps)
    if asked:
        view.tabs(state)
        state.remember()
        return
    why, code = view.tabs(state, stage.WHY, stage.CODE)
    with why:
        st.markdown(BACKWARD)
    with code:
        st.markdown(f"Loss and gradients of pair {pair + 1}; the page's loss is the mean over all {PAIRS} pairs.")
        torch_code.show_snippet(torch_snippets.filter_gradients(passed))
    state.remember()


lesson()
frame.footer(
    "learn_a_filter",
    "Nobody writes a network's filters: gradient descent finds them. Too small a learning rate takes for "
    "ever, too large a one diverges.",
)
