"""What a 1-D convolution is good for (slide 7): smooth a signal, find a pattern in it, compare it with another one.

Each works on a simulated electrocardiogram or on the reader's own numbers.
"""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from cnn.errors import UserError
from cnn.ops import signals
from ui.lecture import signal_charts
from ui.lecture.signal_charts import Line
from ui.shell import glossary_popover
from ui.shell.fields import Choice, Field, Numbers, Real, Whole
from ui.shell.page_state import State
from ui.shell.text import sentence_of

MOST = 256
"""Most values of a signal or kernel."""
HEART = Whole("heart", "Trace number", 1, low=1, high=20)
NOISE = Real("noise", "Noise in millivolts", 0.15, low=0, high=1, step=0.05)
SOURCE = Choice("signal", "Signal", "simulated ECG", options=("simulated ECG", "signal x from above"))
KIND: Choice[signals.Smoothing] = Choice("kind", "Smoothing kernel", "average", options=("average", "triangle", "bell"))
HALF = Whole("half", "Samples on each side of the middle", 3, low=0, high=30)
BEAT: Choice[signals.Beat] = Choice("beat", "Look for", "normal beat", options=("normal beat", "ectopic beat"))
Y = Numbers("y", "Second signal y", (0, 0, 1, 2, 3, 3), most=MOST)
FIELDS: tuple[Field[object], ...] = (SOURCE, HEART, NOISE, KIND, HALF, BEAT, Y)  # type: ignore[assignment]
UNITS = "A simulated electrocardiogram (ECG): six seconds of heartbeats, one of them ectopic."


def choose_signal(state: State) -> bool:
    """Show from where the signal comes, with noise and number of a simulated one; return whether it is simulated."""
    first, second, third = st.columns(3)
    with first:
        simulated = state.select(SOURCE) == SOURCE.options[0]
    if simulated:
        with second:
            state.slider(NOISE)
        with third:
            state.slider(HEART)
        st.caption(UNITS)
    return simulated


def show_smoothing(state: State, x: Sequence[float], simulated: bool) -> None:
    """Smooth the signal, and show the kernel that does it."""
    first, second = st.columns(2)
    with first:
        kind = state.choice(KIND)
    with second:
        weights = signals.smoothing_kernel(kind, state.slider(HALF))
    if simulated:
        trace = signals.simulate_trace(state[NOISE], state[HEART])
        line, smoothed = Line.of_trace(trace), signals.smooth(trace.values, weights)
        description = signals.describe_smoothing(trace, smoothed)
    else:
        line = Line.of_numbers(x)
        smoothed = signals.smooth(line.values, weights)
        description = "Your signal x, with its first and last value repeated beyond the ends."
    wide, narrow = st.columns([3, 1])
    with wide:
        signal_charts.show_smoothing(line, smoothed, description=description)
    with narrow:
        signal_charts.show_kernel(weights, description=signals.describe_kernel(weights))


def show_matching(state: State, x: Sequence[float], w: Sequence[float], simulated: bool) -> None:
    """Find a heartbeat in the simulated trace, or the kernel w in the reader's own signal."""
    glossary_popover.write(
        "The template is the kernel, not flipped. Each position has a score from −1 to 1, Pearson's correlation "
        "coefficient: 1 is the same shape, 0 no relation, −1 the shape upside down. A convolution layer does not "
        "divide by the size of the signal: a bright poor match can exceed a faint good one."
    )
    try:
        if simulated:
            beat = state.choice(BEAT)
            trace = signals.simulate_trace(state[NOISE], state[HEART])
            line, template, peak = Line.of_trace(trace), signals.template(beat), signals.template_peak()
            match = signals.match_template(line.values, template)
            description = signals.describe_match(trace, match, beat)
        else:
            line, template, peak = Line.of_numbers(x), np.array(w, dtype=np.float64), 0
            match = signals.match_template(line.values, template)
            description = f"Kernel w fits signal x best from sample {match.best + 1} on, with score {match.score:.2f}."
    except UserError as error:
        st.error(sentence_of(error))
        return
    signal_charts.show_matching(line, template, match, peak=peak, description=description)


def show_correlation(state: State, x: Sequence[float]) -> None:
    """Correlate signal x with a second signal of the reader's."""
    st.markdown(
        "How much do two signals move together? Shift y along x, subtract both means, multiply the overlapping values "
        "and add the products; divided by both norms the score is from −1 to 1."
    )
    y = state.text(Y)
    try:
        signal_charts.show_correlation(signals.correlate(np.array(x, float), np.array(y, float)))
    except UserError as error:
        st.error(sentence_of(error))
