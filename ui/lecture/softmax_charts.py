"""Figures of the last steps of a network: the flattened row, the terms of the softmax, and the gradient."""

import math
from decimal import Decimal

import numpy as np
import streamlit as st

from cnn.ops.softmax import LARGEST_FLOAT32, Float32, Loss, Softmax, describe_float32, in_float32, locate_flat_index
from cnn.ops.windows import Array
from ui.widgets import static_grid
from ui.widgets.tables import Bar, show_table


def show_flattened(volume: Array, chosen: int) -> None:
    """The channels of a volume (C, H, W) side by side and, below, the row that they become; one number is marked."""
    place = locate_flat_index(chosen, volume.shape)
    with st.container(horizontal=True):
        for channel, one in enumerate(volume):
            marked = np.zeros(one.shape)
            marked[place.row, place.column] = channel == place.channel
            with st.container(width="content"):
                static_grid.show_numbers(one, f"Channel {channel}", "input", marked)
    row = volume.reshape(1, -1)
    static_grid.show_numbers(
        row, f"Flattened: {row.size} numbers in a row", "input", np.arange(row.size)[None] == chosen
    )


def show_terms(example: Softmax) -> None:
    """Score, exponential and share of each class."""
    hot = example.temperature != 1
    head = ["class", "score z", *(["z/T"] if hot else []), "e^(z/T)" if hot else "e^z", "probability"]
    rows: list[list[str | Bar]] = [
        [
            term.name,
            _say(term.score),
            *([_say(term.scaled)] if hot else []),
            _long(term.exponential),
            Bar(f"{term.probability:.1%}", term.probability),
        ]
        for term in example.terms
    ]
    rows.append(["sum", *([""] * (1 + hot)), _long(example.total), "100%"])
    show_table(head, rows, label="Softmax, term by term", strong=[len(example.terms)])


def show_large_scores(example: Softmax) -> None:
    """What becomes of large scores in 32 bits, and the max trick."""
    st.header("When scores are large", anchor=False)
    st.markdown(f"Networks compute in 32 bits, where no number is larger than {LARGEST_FLOAT32}. So every "
                "library first takes the largest score off all of them, which changes no probability.")  # fmt: skip
    plain, shifted = (in_float32(example, max_trick=trick) for trick in (False, True))
    left, right = st.columns(2)
    with left:
        st.subheader("As it is written", anchor=False)
        _float32(example, plain, "In 32 bits as written")
    with right:
        st.subheader(f"Less the largest, {shifted.shift:.4g}", anchor=False)
        _float32(example, shifted, "In 32 bits with the max trick")
    st.markdown(describe_float32(plain))


def _float32(example: Softmax, computed: Float32, label: str) -> None:
    """The same columns in 32-bit arithmetic."""
    columns = zip(example.terms, computed.exponents, computed.exponentials, computed.probabilities, strict=True)
    rows: list[list[str | Bar]] = [
        [term.name, _say(exponent), _say(value), _say(share)] for term, exponent, value, share in columns
    ]
    rows.append(["sum", "", _say(computed.total), ""])
    show_table(["class", "exponent", "e^exponent", "probability"], rows, label=label, strong=[len(example.terms)])


def show_gradient(example: Softmax, loss: Loss) -> None:
    """p, y and p - y of each class; with a temperature also what is left of it at the score."""
    hot = example.temperature != 1
    rows: list[list[str | Bar]] = [
        [term.name, _say(term.probability), str(y), Bar(_signed(slope), slope, signed=True),
         *([_signed(by_score)] if hot else [])]
        for term, y, slope, by_score in zip(example.terms, loss.one_hot, loss.gradient, loss.by_score, strict=True)
    ]  # fmt: skip
    head = ["class", "p", "y", "p - y", *(["(p - y)/T"] if hot else [])]
    show_table(head, rows, label="Gradient of the cross-entropy")


def _say(value: float) -> str:
    """Four significant digits; infinity and NaN by name."""
    if not math.isfinite(value):
        return "infinity" if value > 0 else "nan"
    return f"{value + 0.0:.4g}".replace("-", "−")


def _long(value: Decimal) -> str:
    """A number that may be far beyond what a float holds."""
    return f"{value:.4g}" if not Decimal("1e-4") < value < Decimal("1e6") else _say(float(value))


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")
