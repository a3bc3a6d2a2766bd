"""The three rules for an output size that does not divide exactly, side by side, with unread cells crossed out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from cnn.errors import SizeDoesNotFit, UserError
from cnn.layers import sizes
from cnn.layers.layers import Conv, Volume
from cnn.layers.sizes import LETTERS, Rule, Size, Window, keep_advice, output_size, window_fits
from cnn.lecture import torch_snippets
from cnn.ops import convolution, toy_inputs
from cnn.ops.convolution import Convolution
from cnn.ops.windows import Axis, PaddingMode, unread_share
from ui.shell.fields import Field, Whole
from ui.shell.page_state import State
from ui.shell.text import escape_stars, sentence_of
from ui.widgets import cross_links, static_grid, torch_code
from ui.widgets.grid import GridOptions, show_grid

RULES: dict[Rule, tuple[str, str]] = {
    "exact": ("Must divide exactly", "The lecture and CS231n: a filter that does not fit is a mistake."),
    "floor": ("Round down", "PyTorch: what is left over at the edge is not read."),
    "ceil": ("Round up", "PyTorch pooling with `ceil_mode=True`: the last window may hang over the edge."),
}
Accepts = Callable[[str, int], bool]
"""Takes the name of an argument, as in :data:`cnn.layers.sizes.LETTERS`, and a value for it."""


class Side(NamedTuple):
    """The attributes of :class:`Sliding` that describe one side: its length and its window."""

    length: str
    window: str


@dataclass(frozen=True)
class Sliding:
    """An input and the windows that slide over it: ``down`` along its height, ``across`` along its width.

    ``same`` stands for the padding that keeps the size, instead of that of the windows.
    """

    height: int
    down: Window
    width: int
    across: Window
    same: bool
    mode: PaddingMode

    def padded(self, window: Window) -> Window:
        """Return ``window`` with its padding. Raises ``DoesNotFit``."""
        return window.same_padded() if self.same else window

    def example(self) -> Convolution:
        """Return a filter of ones on counting numbers. Raises ``DoesNotFit``."""
        ones = np.ones((self.down.kernel_size, self.across.kernel_size))
        windows = (self.padded(self.down), self.padded(self.across))
        return convolution.conv2d(
            toy_inputs.counting(self.height, self.width), ones, windows=windows, padding_mode=self.mode
        )

    def accepts(self, sides: Sequence[Side], argument: str, value: int) -> bool:
        """Return whether everything fits once an ``argument`` of these sides has another value."""
        changes: dict[str, Any] = {}
        for length, window in sides:
            changes |= (
                {length: value} if argument == "n" else {window: replace(getattr(self, window), **{argument: value})}
            )
        changed = replace(self, **changes)
        try:
            if WIDTH in sides:  # whose rules the page shows
                output_size(changed.width, changed.padded(changed.across), "exact")
            changed.example()
        except UserError:
            return False
        return True


WIDTH, HEIGHT = Side("width", "across"), Side("height", "down")


def show_positions(state: State, sliding: Sliding, fields: Mapping[str, Whole], step: int) -> None:
    """Show the grid under PyTorch's rule, and what it leaves unread; ``fields`` set the height, by letter."""
    if _too_long(sliding.width, sliding.padded(sliding.across)):
        return  # the rules say why
    try:
        example = sliding.example()
    except SizeDoesNotFit as error:
        show_advice(state, error, fields, lambda *change: sliding.accepts([HEIGHT], *change))
        return
    if lost := unread_share(example.rows, example.columns):
        st.markdown(f"Rounded down as in PyTorch, **{lost:.0%} of the input is never read**; it is crossed out.")
    show_grid(example, GridOptions("Every position of the filter", step=step), key="positions")
    torch_code.show_snippet(torch_snippets.convolution_2d(example))
    across = sliding.across
    left, right = sliding.padded(across).ends
    if sliding.down == across and left == right:
        layer = Conv(1, across.kernel_size, across.stride, left, across.dilation)
        cross_links.link_to_calculator(layer, Volume(sliding.width, sliding.height, 1))


def show_rules(state: State, sliding: Sliding, fields: Mapping[str, Whole], sides: Sequence[Side]) -> None:
    """Show a card for each rule; where one fails, also buttons for the nearest values that fit them all.

    Args:
        state: The page.
        sliding: The settings; the rules are those of its width.
        fields: The fields of the width, by letter.
        sides: What these fields set: the width, and the height where it has no fields of its own.
    """
    n, window = sliding.width, sliding.padded(sliding.across)

    def accepts(argument: str, value: int) -> bool:
        return sliding.accepts(sides, argument, value)

    if error := _too_long(n, window):
        show_advice(state, error, fields, accepts)
        return
    problem = None
    for column, rule in zip(st.columns(3), RULES, strict=True):
        with column, st.container(border=True):
            title, meaning = RULES[rule]
            st.markdown(f"**{title}.** {meaning}")
            try:
                size = output_size(n, window, rule)
            except SizeDoesNotFit as error:
                problem = keep_advice(error, _allowed(fields, accepts))
                st.error(sentence_of(problem))
                continue
            st.markdown(f"Output **{size.size}**: {escape_stars(size.formula)}")
            axis = Axis.sliding(n, window, rule)
            count = f"{n} cell{'s' if n > 1 else ''}"
            static_grid.show_windows(
                axis, f"{count}{', padding hatched' if window.padding else ''}; a bar for each window"
            )
            st.markdown(describe_edge(axis, size))
    if problem:
        _show_presets(state, problem, fields)


def show_advice(state: State, error: SizeDoesNotFit, fields: Mapping[str, Whole], accepts: Accepts) -> None:
    """Show an error, and buttons for those of its nearest values that ``fields`` allow and the page ``accepts``.

    Args:
        state: The page.
        error: Why nothing fits.
        fields: By letter, the fields that may be changed.
        accepts: Whether the page shows a result once an argument has another value.
    """
    error = keep_advice(error, _allowed(fields, accepts))
    st.error(sentence_of(error))
    _show_presets(state, error, fields)


def _allowed(fields: Mapping[str, Whole], accepts: Accepts) -> Accepts:
    def allowed(argument: str, value: int) -> bool:
        field = fields.get(LETTERS[argument])
        return field is not None and field.low <= value <= field.high and accepts(argument, value)

    return allowed


def _show_presets(state: State, error: SizeDoesNotFit, fields: Mapping[str, Whole]) -> None:
    presets: dict[str, dict[Field[Any], int]] = {
        f"{LETTERS[argument]} = {value}": {fields[LETTERS[argument]]: value}
        for argument, values in error.nearest.items()
        for value in values
    }
    if presets:
        state.presets("Nearest that fit", presets)


def _too_long(n: int, window: Window) -> SizeDoesNotFit | None:
    """Return the error that all rules raise alike, with values that fit all of them, if the window is too long."""
    if window_fits((n,), window):
        return None
    try:
        output_size(n, window, "exact")
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
