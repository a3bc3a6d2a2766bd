"""The three rules for an output size that does not divide exactly, side by side, with unread cells crossed out."""

from typing import Any

import streamlit as st

from cnn.errors import SizeDoesNotFit
from cnn.layers import sizes
from cnn.layers.sizes import LETTERS, Rule, Size, Window, output_size
from cnn.ops.windows import Axis
from ui.shell.fields import Field, Whole
from ui.shell.page_state import State
from ui.shell.text import escape_stars
from ui.widgets import static_grid

RULES: dict[Rule, tuple[str, str]] = {
    "exact": ("Must divide exactly", "The lecture and CS231n: a filter that does not fit is a mistake."),
    "floor": ("Round down", "PyTorch: what is left over at the edge is not read."),
    "ceil": ("Round up", "PyTorch pooling with `ceil_mode=True`: the last window may hang over the edge."),
}


def show_rules(state: State, fields: tuple[Whole, ...], n: int, window: Window) -> None:
    """Show a card for each rule; where the exact rule fails, also buttons for the nearest values that fit."""
    if error := too_long(n, window):
        st.error(escape_stars(str(error)))
        state.presets("Nearest that fit", nearest_presets(error, fields))
        return
    problem = None
    for column, rule in zip(st.columns(3), RULES, strict=True):
        with column, st.container(border=True):
            title, meaning = RULES[rule]
            st.markdown(f"**{title}.** {meaning}")
            try:
                size = output_size(n, window, rule)
            except SizeDoesNotFit as error:
                st.error(escape_stars(str(error)))
                problem = error
                continue
            st.markdown(f"Output **{size.size}**: {escape_stars(size.formula)}")
            axis = Axis.sliding(n, window, rule)
            count = f"{n} cell{'s' if n > 1 else ''}"
            static_grid.show_windows(
                axis, f"{count}{', padding hatched' if window.padding else ''}; a bar for each window"
            )
            st.markdown(describe_edge(axis, size))
    if problem:
        state.presets("Nearest that fit", nearest_presets(problem, fields))


def too_long(n: int, window: Window) -> SizeDoesNotFit | None:
    """Return the error that all rules raise alike, if the window is too long for any of them."""
    try:
        output_size(n, window)
    except SizeDoesNotFit as error:
        return error
    return None


def describe_edge(axis: Axis, size: Size) -> str:
    """Describe what a rule does at the edge."""
    sentences = []
    if axis.unread:
        count = len(axis.unread)
        which = "cell is" if count == 1 else "cells are"
        sentences.append(f"{count} {which} crossed out: no window reads {'it' if count == 1 else 'them'}.")
    if size.overhang:
        sentences.append(f"The last window hangs over the edge by {size.overhang}.")
    if size.dropped:
        sentences.append("One window more would start behind the input, so PyTorch drops it.")
    return " ".join(sentences) or "Every cell is read."


def show_layer_by_layer(n: int, f: int) -> None:
    """Show how fast volumes shrink (slide 33), with the reader's N and F if they shrink, else with the slide's."""
    st.subheader("Layer by layer", anchor=False)
    if not 3 <= f <= n or f % 2 == 0:
        n, f = 32, 5
    rim = f // 2
    bare = sizes.layer_by_layer(n, Window(f), most=n)
    padded = sizes.layer_by_layer(n, Window(f, padding=rim), most=len(bare))
    layers = len(bare) - 1
    st.markdown(
        f"Without padding each layer takes a rim off the picture. A filter of {f} on a picture of {n} is through after "
        f"{layers} layer{'s' if layers > 1 else ''}, and the pixels at the rim were read least on the way:"
    )
    static_grid.show_squares(bare, f"Sizes without padding: {', '.join(map(str, bare))}")
    st.markdown(
        f"With a rim of zeros, P = (F - 1)/2 = {rim}, the size stays, and a network can be as deep as it likes:"
    )
    static_grid.show_squares(padded, f"Sizes with padding {rim}: {', '.join(map(str, padded))}")


def nearest_presets(error: SizeDoesNotFit, fields: tuple[Whole, ...]) -> dict[str, dict[Field[Any], int]]:
    """Return presets for the values that would fit and that the page allows."""
    by_name = {field.name: field for field in fields}
    return {
        f"{LETTERS[name]} = {value}": {field: value}
        for name, values in error.nearest.items()
        if (field := by_name.get(LETTERS[name]))
        for value in values
        if field.low <= value <= field.high
    }
