"""Tables of the last layers: the terms of the softmax, 32-bit arithmetic, and the gradient."""

import math

import streamlit as st

from cnn.layers.sizes import Count
from cnn.ops.softmax import LARGEST_FLOAT32, Float32, Loss, Softmax, describe_float32, in_float32
from ui.shell.text import typeset
from ui.widgets.tables import Bar, show_table


def describe(shape: tuple[int, ...], small: Count, lecture: Count) -> None:
    """Explain the three steps.

    Args:
        shape: Channels, height and width of the volume here.
        small: Parameters of the layer on it.
        lecture: Parameters of a layer on the lecture's volume.
    """
    depth, height, width = shape
    st.markdown(
        "**Flatten** keeps all values; only the spatial arrangement is lost. **Scores**: every input value has a "
        "weight for every class, so this is a convolution whose filters cover the whole volume. Here "
        f"{width} × {height} × {depth} = {width * height * depth} inputs need {typeset(small.formula)} parameters; "
        f"on the lecture's 16 × 16 × 16, {typeset(lecture.formula)}."
    )
    st.latex(r"p_i = \frac{e^{z_i/T}}{\sum_j e^{z_j/T}}")
    st.markdown(
        "**Softmax** makes scores positive and lets them add up to 1. Adding the same constant to all scores changes "
        "nothing; a temperature T above 1 makes the distribution flatter, below 1 sharper. Adding up to 1 does not "
        "make probabilities right. Calibration chooses T on validation films so that they are right on average: see "
        "the page Model card."
    )


def show_large_scores(example: Softmax) -> None:
    """Show what large scores become in 32 bits, with and without the max trick."""
    st.markdown(
        f"Networks usually compute in 32 bits, where no number is larger than {LARGEST_FLOAT32}, or in 16. So every "
        "library first takes the largest score off all of them, which changes no probability."
    )
    plain, shifted = (in_float32(example, max_trick=trick) for trick in (False, True))
    left, right = st.columns(2)
    with left:
        st.subheader("As it is written", anchor=False)
        _show_float32(example, plain, "In 32 bits as written")
    with right:
        st.subheader(f"Less the largest, {shifted.shift:.4g}", anchor=False)
        _show_float32(example, shifted, "In 32 bits with the max trick")
    st.markdown(describe_float32(plain, shifted))


def _show_float32(example: Softmax, computed: Float32, label: str) -> None:
    """Show the terms in 32-bit arithmetic."""
    columns = zip(example.terms, computed.exponents, computed.exponentials, computed.probabilities, strict=True)
    rows: list[list[str | Bar]] = [
        [term.name, _format(exponent), _format(value), _format(share)] for term, exponent, value, share in columns
    ]
    rows.append(["sum", "", _format(computed.total), ""])
    show_table(["class", "exponent", "e^exponent", "probability"], rows, label=label, strong=[len(example.terms)])


def show_gradient(example: Softmax, loss: Loss) -> None:
    """Show p, y and p - y of each class; with a temperature also (p - y)/T."""
    hot = example.temperature != 1
    rows: list[list[str | Bar]] = [
        [
            term.name,
            f"{term.probability:.3f}",
            str(y),
            Bar(_format_signed(slope), slope, signed=True),
            *([_format_signed(by_score)] if hot else []),
        ]
        for term, y, slope, by_score in zip(example.terms, loss.one_hot, loss.gradient, loss.by_score, strict=True)
    ]
    head = ["class", "p", "y", "p - y", *(["(p - y)/T"] if hot else [])]
    show_table(head, rows, label="Gradient of the cross-entropy")


def _format(value: float) -> str:
    """Return four significant digits, or infinity and NaN by name."""
    if not math.isfinite(value):
        return "infinity" if value > 0 else "nan"
    return f"{value + 0.0:.4g}".replace("-", "−")


def _format_signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")
