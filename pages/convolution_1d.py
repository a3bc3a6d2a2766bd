"""Convolution in one dimension (slides 6-7): with the flip and without, in one player, and what it is good for."""

from typing import Any

import streamlit as st

from cnn.errors import UserError
from cnn.lecture import torch_snippets
from cnn.lecture.questions.output_cells import ask_conv1d
from cnn.ops import csv_signal, signals
from ui.lecture import signal_charts, signal_uses
from ui.lecture.signal_player import show_player
from ui.lecture.signal_uses import MOST
from ui.shell import frame, glossary_popover, stage, upload_limits
from ui.shell.fields import Choice, Field, Numbers, Vector, Whole
from ui.shell.page_state import State
from ui.shell.stage import PREDICT, View
from ui.shell.text import sentence_of
from ui.widgets import quiz, torch_code

X = Numbers("x", "Signal x", (0, 1, 2, 3, 3), most=MOST)
W = Numbers("w", "Kernel w", (1, -1, 2), most=MOST)
MODE: Choice[signals.Mode] = Choice("mode", "Output", "full", options=("full", "same", "valid"))
STEP = Whole("step", "Step", 0, low=0, high=2 * MOST)
EXAMPLES: dict[str, dict[Field[Any], Any]] = {
    "Slide 7": {X: X.default, W: W.default, MODE: "full"},
    "Symmetric kernel": {X: X.default, W: (1, 2, 1), MODE: "full"},
    "Unit impulse, ramp kernel": {X: (0, 0, 1, 0, 0), W: (1, 2, 3), MODE: "full"},
    "Step edge, derivative kernel": {X: (0, 0, 0, 5, 5, 5), W: (1, 0, -1), MODE: "full"},
    "Heartbeats, 256 samples": {
        X: tuple(signals.simulate_trace(0, 1).clean[:MOST].round(2).tolist()),
        W: tuple(signals.smoothing_kernel("bell", 6).round(3).tolist()),
        MODE: "same",
    },
}
FILTER, FIND, COMPARE = "Filter a signal", "Find a pattern", "Compare two signals"
_ANSWER = "convolution_1d.csv"

frame.header(
    "Convolution in one dimension",
    "Slide a kernel along a signal; at each step multiply the overlapping values and add the products.",
)
state = State.open("convolution_1d", X, W, MODE, PREDICT, STEP, quiz.QUESTION, *signal_uses.FIELDS)


def read_file(field: Numbers) -> None:
    """Put the numbers of a CSV file into ``field``."""
    if file := st.session_state[f"csv {field.name}"]:
        try:
            values, note = csv_signal.read_csv(file.getvalue(), MOST)
            state.put(field, field.parse(field.text(values)))
            st.session_state[_ANSWER] = st.warning, note
        except UserError as error:
            st.session_state[_ANSWER] = st.error, sentence_of(error)


def read_settings() -> tuple[Vector, Vector, signals.Mode]:
    """Show the controls, and return signal, kernel and mode."""
    values = state.text(X), state.text(W), state.select(MODE)
    if not state.teach:
        with stage.more("CSV files"):
            for field in (X, W):
                label = f"{field.label}, up to {MOST} numbers"
                upload_limits.show_file_box(
                    label, type=["csv", "txt"], key=f"csv {field.name}", on_change=read_file, args=(field,)
                )
            show, sentence = st.session_state.pop(_ANSWER, (st.warning, ""))
            if sentence:
                show(sentence)
    return values


def show_example(view: View, x: Vector, w: Vector, mode: signals.Mode) -> None:
    """Show the player, the question, and below them what convolution is good for."""
    compared = view.compute(lambda: signals.compare(x, w, mode))
    if compared is None:
        return
    hidden = quiz.dock(view, ask_conv1d(compared.convolution, state[quiz.QUESTION]), state)
    with view.stage:
        on_draw = None if state.teach else lambda name, values: state.put(X if name == "x" else W, values)
        show_player(compared, state[STEP], hidden=hidden, on_draw=on_draw)
    if hidden:
        return
    with view.panel:
        glossary_popover.write(
            "**Convolution** flips the kernel before it slides, **cross-correlation** does not. Deep learning uses "
            "cross-correlation and calls it convolution: weights are learned, so the order makes no difference."
        )
        st.markdown(f"**{compared.verdict}**")
    smooth, find, compare, code, details = view.tabs(state, FILTER, FIND, COMPARE, stage.CODE, stage.DETAILS)
    with smooth:
        simulated = signal_uses.choose_signal(state)
        signal_uses.show_smoothing(state, x, simulated)
    with find:
        signal_uses.show_matching(state, x, w, simulated)
    with compare:
        signal_uses.show_correlation(state, x)
    with code:
        for flip, name in ((True, "Convolution"), (False, "Cross-correlation")):
            torch_code.show_snippet(torch_snippets.convolution_1d(x, w, mode, flip), title=f"{name} in PyTorch")
    with details:
        signal_charts.show_rows(compared.table(), label="Both outputs and their difference")


@st.fragment
def lesson() -> None:
    """Show the page below its heading."""
    view = stage.open_view(state, EXAMPLES)
    with view.panel:
        x, w, mode = read_settings()
    show_example(view, x, w, mode)
    state.remember()


lesson()
frame.footer(
    "convolution_1d",
    "Convolution multiplies, adds and moves on; the flip distinguishes it from cross-correlation. A kernel is a "
    "pattern: the output is large where the signal is similar to it, or simply large.",
)
