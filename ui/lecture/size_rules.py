"""The three rules for an output size that does not divide exactly, side by side, with unread cells crossed out."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from html import escape
from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from cnn.errors import SizeDoesNotFit, UserError
from cnn.layers import sizes
from cnn.layers.layer import Volume
from cnn.layers.layers import Conv
from cnn.layers.sizes import LETTERS, Rule, Size, Window, keep_advice, output_size, quotient, window_fits
from cnn.lecture import torch_snippets
from cnn.lecture.questions.layer_sizes import ask_output_size
from cnn.lecture.questions.question import Question
from cnn.ops import convolution, toy_inputs
from cnn.ops.convolution import Convolution
from cnn.ops.windows import Axis, PaddingMode, count_unread
from ui.shell.fields import Field, Whole
from ui.shell.page_state import State
from ui.shell.stage import View
from ui.shell.text import typeset
from ui.widgets import cross_links, static_grid, torch_code
from ui.widgets.grid import SLIDING, GridOptions, follow_boxes, show_grid

RULES: dict[Rule, tuple[str, str]] = {
    "exact": ("Must divide exactly", "the lecture"),
    "floor": ("Round down", "PyTorch"),
    "ceil": ("Round up", "PyTorch pooling with ceil_mode=True"),
}
_MAX_LAYERS = 7
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

    def question(self) -> Question | None:
        """Return the question for the size of a side, if there is a size to ask for."""
        try:
            window = self.padded(self.across)
        except UserError:
            return None
        left, right = window.ends
        if left != right or not window_fits((self.width,), window):
            return None
        return ask_output_size(self.width, replace(window, padding=left))

    def reads_all(self) -> bool:
        """Return whether windows read every cell of the input. Raises ``DoesNotFit``."""
        example = self.example()
        return not count_unread(example.rows, example.columns)

    def change(self, sides: Sequence[Side], argument: str, value: int) -> "Sliding":
        """Return the settings with another value of an ``argument`` of these sides. Raises ``DoesNotFit``."""
        changes: dict[str, Any] = {}
        for length, window in sides:
            changes |= (
                {length: value} if argument == "n" else {window: replace(getattr(self, window), **{argument: value})}
            )
        return replace(self, **changes)

    def accepts(self, sides: Sequence[Side], argument: str, value: int) -> bool:
        """Return whether everything fits once an ``argument`` of these sides has another value."""
        try:
            changed = self.change(sides, argument, value)
            if WIDTH in sides:  # whose rules the page shows
                output_size(changed.width, changed.padded(changed.across), "exact")
            changed.example()
        except UserError:
            return False
        return True


WIDTH, HEIGHT = Side("width", "across"), Side("height", "down")


def show_positions(
    view: View, sliding: Sliding, sides: tuple[Sequence[Whole], Sequence[Whole]], step: int, hidden: bool
) -> None:
    """Show every position of the filter on the stage, or, while the size is asked for, input and filter alone.

    ``sides`` are the fields N, F, S, P and D of height and width, which the grid follows.
    """
    shown = view.compute(lambda: (sliding, sliding.example()))
    if shown is None:
        return
    sliding, example = shown
    down, across = (dict(zip(SLIDING, fields, strict=True)) for fields in sides)
    simple = not sliding.same and sliding.mode == "zeros"
    follow = follow_boxes(view.state, down, across) if simple else None
    with view.stage:
        windows = (sliding.padded(sliding.down), sliding.padded(sliding.across))
        show_verdict((example.rows, example.columns), windows, hidden=hidden)
        options = GridOptions("Every position of the filter", step=step, follow=follow)
        show_grid(example, options, key="positions", concealed=hidden)


def show_verdict(
    axes: tuple[Axis, Axis],
    windows: tuple[Window, Window],
    rule: Rule = "floor",
    *,
    label: str = "",
    hidden: bool = False,
) -> None:
    """Show the size calculation in one line, what comes of it, and what is never read; nothing of it while ``hidden``.

    ``label`` says of which of several layers. On a presented screen, where no control can be seen, the numbers that the
    calculation takes stand before it.
    """
    (rows, columns), (down, across) = axes, windows
    sides = {"": (columns, across)}
    if (rows, down) != (columns, across):
        sides = {"Width: ": (columns, across), "Height: ": (rows, down)}
    given = "; ".join(name + _describe_given(axis.size, window) for name, (axis, window) in sides.items())
    calculations = " ".join(
        f"{name}{typeset(sizes.formula(axis.size, window))}." for name, (axis, window) in sides.items()
    )
    verdict = "" if hidden else f"{calculations} {_verdict(axes, windows, rule)}"
    st.container(key="size-verdict").html(
        f'<p class="verdict">{label}<span class="presented">{given}. </span>{verdict}</p>'
    )


def _describe_given(n: int, window: Window) -> str:
    padding = "/".join(map(str, sorted({*window.ends})))
    dilation = f", D = {window.dilation}" if window.dilation > 1 else ""
    return f"N = {n}, F = {window.kernel_size}, S = {window.stride}, P = {padding}{dilation}"


def _verdict(axes: tuple[Axis, Axis], windows: tuple[Window, Window], rule: Rule) -> str:
    """Say whether the windows divide both sides exactly, what PyTorch gives, and how many cells it never reads."""
    rows, columns = axes
    exact = all(window_fits((axis.size,), window, "exact") for axis, window in zip(axes, windows, strict=True))
    unread = count_unread(rows, columns)
    cells = f"{unread} of {rows.size * columns.size} cells"
    if exact:
        return f"Divides exactly, but skips {cells}." if unread else "Divides exactly: all cells are read."
    size = (
        len(columns.windows)
        if len(rows.windows) == len(columns.windows)
        else f"{len(columns.windows)} × {len(rows.windows)}"
    )
    rounded = "ceil_mode=True" if rule == "ceil" else "PyTorch"
    read = f"never reads {cells}" if unread else "reads all cells"
    return f"Does not fit: {rounded} gives <b>{size}</b> and {read}."


def show_code(sliding: Sliding) -> None:
    """Show the layer in PyTorch."""
    with suppress(UserError):  # the panel says why
        torch_code.show_snippet(torch_snippets.convolution_2d(sliding.example()))


def show_links(state: State, sliding: Sliding) -> None:
    """Show links to other pages where the filter is a square one that fits."""
    try:
        sliding.example()
    except UserError:
        return  # the panel says why
    across = sliding.across
    left, right = sliding.padded(across).ends
    if sliding.down == across and left == right:
        layer = Conv(1, across.kernel_size, across.stride, left, across.dilation)
        cross_links.show_links(state, layer, Volume(sliding.width, sliding.height, 1), cross_links.ONE_CHANNEL)


def show_height_advice(state: State, sliding: Sliding, fields: Mapping[str, Whole]) -> None:
    """Show buttons for the nearest values of the height's ``fields``, by letter, where no window fits the height."""
    try:
        sliding.example()
    except SizeDoesNotFit as error:
        if _too_long(sliding.width, sliding.padded(sliding.across)) is None:
            accepts = _allowed(fields, lambda name, value: sliding.accepts([HEIGHT], name, value))
            show_presets(
                state,
                keep_advice(error, accepts),
                fields,
                lambda name, value: sliding.change([HEIGHT], name, value).reads_all(),
            )
    except UserError:
        return  # the panel says why


def show_rules(state: State, sliding: Sliding, fields: Mapping[str, Whole], sides: Sequence[Side]) -> None:
    """Show the output size by each rule; where one fails, also buttons for the nearest values that fit them all.

    Args:
        state: The page.
        sliding: The settings; the rules are those of its width.
        fields: The fields of the width, by letter.
        sides: What these fields set: the width, and the height where it has no fields of its own.
    """
    try:
        window = sliding.padded(sliding.across)
    except UserError:
        return  # the panel says why
    n = sliding.width
    dilated = ", with $D(F - 1) + 1$ in place of $F$ (dilation)" if window.dilation > 1 else ""
    st.markdown(
        f"**Output size** $= (N - F + 2P)/S + 1${dilated}. "
        "If $(N - F + 2P)/S$ is not a whole number, conventions differ:"
    )
    problem = _too_long(n, window)
    if problem is None:
        problem = show_cards(n, window, mode=sliding.mode)
    if problem:
        advice = keep_advice(problem, _allowed(fields, lambda name, value: sliding.accepts(sides, name, value)))
        show_presets(state, advice, fields, lambda name, value: sliding.change(sides, name, value).reads_all())


def explain_size(n: int, window: Window) -> None:
    """Derive the size formula for ``n`` cells: the first window, and the steps for which there is room behind it."""
    padded = n + sum(window.ends)
    left = padded - window.reach
    if left < 0:
        return  # no window fits
    steps, rest = divmod(left, window.stride)
    whole = f", so {steps} whole steps, and {rest} cells are left over" if rest else " steps"
    st.markdown(
        f"**Where the formula comes from.** With its padding a side has N + 2P = {padded} cells. The first window "
        f"covers {window.reach} of them, which leaves N + 2P − F = {left}. Each further window starts "
        f"S = {window.stride} cells later: {left}/{window.stride} = {round(left / window.stride, 2):.10g}{whole}. "
        f"Together with the first window: {steps} + 1 = **{steps + 1}**."
    )


def show_cards(n: int, window: Window, *, pooling: bool = True, mode: PaddingMode = "zeros") -> SizeDoesNotFit | None:
    """Show a card for each rule, ``ceil_mode`` for ``pooling`` only; return the error of the rule that refuses."""
    cards, problem = [], None
    for rule, (title, meaning) in RULES.items():
        if rule == "ceil" and not pooling:
            continue
        try:
            size = output_size(n, window, rule)
            number, failed = str(size.size), ""
            text = f"{typeset(size.formula)}. {describe_edge(Axis.sliding(n, window, rule, mode), size)}"
        except SizeDoesNotFit as error:
            problem = error
            number, failed = f"{float(quotient(n, window) + 1):.3g} ✗", " failed"
            text = "does not fit"
        cards.append(
            f'<div class="rule{failed}"><b>{title}</b><b class="size">{number}</b>'
            f"<small>{meaning}: {escape(text)}</small></div>"
        )
    st.html(f'<div class="rules">{"".join(cards)}</div>')
    return problem


def keep_possible(error: SizeDoesNotFit, fields: Mapping[str, Whole], accepts: Accepts) -> SizeDoesNotFit:
    """Return the error with those of its nearest values that ``fields`` allow and the page ``accepts``."""
    return keep_advice(error, _allowed(fields, accepts))


def _allowed(fields: Mapping[str, Whole], accepts: Accepts) -> Accepts:
    def allowed(argument: str, value: int) -> bool:
        field = fields.get(LETTERS[argument])
        return field is not None and field.low <= value <= field.high and accepts(argument, value)

    return allowed


def show_presets(
    state: State, error: SizeDoesNotFit, fields: Mapping[str, Whole], reads_all: Accepts = lambda *_: True
) -> None:
    """Show a button for each of the nearest values that an error names; those that skip cells only if all do."""
    nearest = [(argument, value) for argument, values in error.nearest.items() for value in values]
    complete = [change for change in nearest if reads_all(*change)]
    note = "" if complete else ": divides, but skips cells"
    presets: dict[str, dict[Field[Any], int]] = {
        f"{LETTERS[argument]} = {value}{note}": {fields[LETTERS[argument]]: value}
        for argument, value in complete or nearest
    }
    if presets:
        state.presets("Change one number so that it fits", presets)


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
    if axis.unread_input:
        sentences.append(f"Of {axis.size} input cells along a side, no window reads {axis.unread_input}.")
    if size.overhang:
        sentences.append(f"The last window hangs over the edge by {size.overhang}.")
    if size.dropped:
        sentences.append("One window more would start behind the input, so PyTorch drops it.")
    return " ".join(sentences) or "All input cells are used."


def explain_layers(sliding: Sliding) -> None:
    """Derive the size formula, and show how the size shrinks from layer to layer, with padding or not (slide 33)."""
    with suppress(UserError):  # the panel says why
        explain_size(sliding.width, sliding.padded(sliding.across))
    n, window = sliding.width, sliding.across
    lost = window.reach - 1
    padding = window.ends[0] or window.reach // 2
    effect = (
        f"Without padding each layer makes the input smaller by {lost}; P = {lost / 2:g} on each side would keep the "
        "size."
        if window.stride == 1
        else f"The stride divides the size by about {window.stride} in every layer, with padding or without."
    )
    st.markdown(
        f"Several identical layers in a row, with F = {window.kernel_size}, S = {window.stride} and D = "
        f"{window.dilation}. " + effect
    )
    for cells in (0, padding):
        chain = sizes.layer_by_layer(n, replace(window, padding=cells), most=_MAX_LAYERS)
        text = " → ".join(map(str, chain))
        st.markdown(f"**P = {cells}**: {text}")
        static_grid.show_squares(chain, f"Sizes with padding {cells}: {text}")
