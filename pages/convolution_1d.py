"""Convolution in one dimension (slides 6-7): with the flip and without, then two uses on a heartbeat-like trace."""

from dataclasses import replace
from typing import Any

import streamlit as st

from cnn.errors import UserError
from cnn.lecture import torch_snippets
from cnn.lecture.questions.output_cells import ask_conv1d
from cnn.ops import signals
from ui.lecture import signal_charts
from ui.shell import frame, glossary_popover
from ui.shell.fields import Choice, Field, Numbers, Real, Whole
from ui.shell.page_state import State
from ui.shell.text import sentence_of
from ui.widgets import quiz, torch_code
from ui.widgets.grid import Edit, Editing, GridOptions, show_grid

X = Numbers("x", "Signal x", (0, 1, 2, 3, 3), most=16, limit=99)
W = Numbers("w", "Kernel w", (1, -1, 2), most=9, limit=99)
MODE: Choice[signals.Mode] = Choice("mode", "Output", "full", options=("full", "same", "valid"))
STEP = Whole("step", "Step", 0, low=0, high=99)
HEART = Whole("heart", "Trace number", 1, low=1, high=20)
NOISE = Real("noise", "Noise in millivolts", 0.15, low=0, high=1, step=0.05)
KIND: Choice[signals.Smoothing] = Choice("kind", "Smoothing kernel", "average", options=("average", "triangle", "bell"))
HALF = Whole("half", "Samples on each side of the middle", 3, low=0, high=30)
BEAT: Choice[signals.Beat] = Choice("beat", "Look for", "normal beat", options=("normal beat", "ectopic beat"))
PRESETS: dict[str, dict[Field[Any], Any]] = {
    "Slide 7": {X: X.default, W: W.default, MODE: "full"},
    "Symmetric kernel": {X: X.default, W: (1, 2, 1)},
    "A single 1 meets a ramp": {X: (0, 0, 1, 0, 0), W: (1, 2, 3)},
    "Step meets edge finder": {X: (0, 0, 0, 5, 5, 5), W: (1, 0, -1)},
}

frame.header(
    "Convolution in one dimension",
    "Slide one row of numbers along another; at each step multiply the overlapping values and add the products.",
)
state = State.open("convolution_1d", X, W, MODE, STEP, quiz.QUESTION, HEART, NOISE, KIND, HALF, BEAT)
st.header("Step by step", anchor=False)
state.presets("Start from an example", PRESETS)
first, second, third = st.columns(3)
with first:
    x = state.text(X)
with second:
    w = state.text(W)
with third:
    mode = state.choice(MODE)


def edit(change: Edit) -> None:
    """Write a number typed into the grid into the field above it."""
    field, values = (X, x) if change.part == "input" else (W, w)
    state.put(field, change.into((values,))[0])


def by_hand() -> None:
    """Show both conventions step by step, a question, their difference, and the code."""
    compared = signals.compare(x, w, mode)
    options = GridOptions("Convolution step by step", names=("Signal x", "Kernel w", "Output"), step=state[STEP])
    flipped, plain = st.columns(2, gap="medium")  # filled once it is known what to hide
    question = ask_conv1d(compared.convolution, state[quiz.QUESTION])
    hidden = None if quiz.ask(question, state) else question.cell
    with flipped:
        st.subheader("Convolution: flipped", anchor=False)
        show_grid(compared.convolution, options, key="flipped", hide=hidden)
    with plain:
        st.subheader("Cross-correlation: not flipped", anchor=False)
        editing = None if state.teach else Editing(("input", "kernel"), edit)
        options = replace(options, label="Cross-correlation step by step", step_name=None, editing=editing)
        show_grid(compared.correlation, options, key="plain")
    signal_charts.show_rows(compared.table(hidden), label="Both outputs and their difference")
    st.markdown(f"**{compared.verdict}**")
    for flip, name in ((True, "Convolution"), (False, "Cross-correlation")):
        torch_code.show_snippet(torch_snippets.convolution_1d(x, w, mode, flip), title=f"{name} in PyTorch")


if not state.invalid:
    try:
        by_hand()
    except UserError as error:
        st.error(sentence_of(error))
glossary_popover.write(
    "**Convolution** flips the kernel before it slides. **Cross-correlation** slides it as it is written. "
    "What deep learning calls convolution is cross-correlation: a network learns its weights, so it can learn them "
    "in either order."
)

st.header("What it is good for", anchor=False)
st.markdown("A computed trace that looks like an electrocardiogram: six seconds of heartbeats, one of them ectopic.")
first, second = st.columns(2)
with first:
    noise = state.slider(NOISE)
with second:
    trace = signals.simulate_trace(noise, state.slider(HEART))

st.subheader("Filter a signal", anchor=False)
first, second = st.columns(2)
with first:
    kind = state.choice(KIND)
with second:
    weights = signals.smoothing_kernel(kind, state.slider(HALF))
smoothed = signals.smooth(trace.values, weights)
wide, narrow = st.columns([3, 1])
with wide:
    signal_charts.show_smoothing(
        trace, smoothed, key="smoothing", description=signals.describe_smoothing(trace, smoothed)
    )
with narrow:
    signal_charts.show_kernel(weights, key="weights", description=signals.describe_kernel(weights))

st.subheader("Find a pattern", anchor=False)
beat = state.choice(BEAT)
template = signals.template(beat)
match = signals.match_template(trace.values, template)
glossary_popover.write(
    "The template is the kernel, and it is not flipped. Each place is scored from -1 to 1 by how much signal and "
    "template move together: 1 is the same shape, 0 no relation, -1 the shape upside down."
)
signal_charts.show_matching(
    trace, template, match, key="matching", description=signals.describe_match(trace, match, beat)
)
state.share()
frame.footer(
    "convolution_1d",
    "Convolution is multiply, add, move on; the flip tells it from cross-correlation; and a kernel is a pattern: "
    "the output is large where the signal looks like it.",
)
