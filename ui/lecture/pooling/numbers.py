"""A pooling of numbers, alone or after a convolution (slides 38-40): step by step, and what it teaches."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from cnn.errors import UserError
from cnn.layers.layer import Volume
from cnn.layers.layers import Pool
from cnn.lecture import torch_snippets
from cnn.ops import toy_inputs
from cnn.ops.pooling import Pooling
from cnn.ops.windows import Array
from ui.lecture import size_rules
from ui.lecture.pooling import film, settings
from ui.lecture.pooling.settings import Settings, Worked
from ui.shell import glossary_popover, stage
from ui.shell.fields import Whole
from ui.shell.page_state import State
from ui.shell.stage import View
from ui.shell.text import sentence_of
from ui.widgets import cross_links, quiz, static_grid, torch_code
from ui.widgets.grid import GridOptions, edit_fields, follow_boxes, show_grid
from ui.widgets.grid.payload import Json

SHIFT = Whole("shift", "Shift the input to the right by", 1, low=0, high=4)
STEP = Whole("step", "Step", 0, low=0, high=999)
FIELDS = (*settings.FIELDS, SHIFT, STEP)


def show(view: View, state: State) -> None:
    """Show the pooling, the question about it, and what it teaches."""
    with view.panel:
        chosen = settings.read(state)
    shown = view.compute(lambda: (chosen, chosen.work_out()), name="numbers")
    if shown is None:
        return
    chosen, worked = shown
    question = worked.ask(state[quiz.QUESTION])
    hidden = quiz.dock(view, question, state)
    with view.stage:
        if not chosen.adaptive:
            axes = (worked.pooling.rows, worked.pooling.columns)
            label = "Pooling: " if worked.convolution else ""
            size_rules.show_verdict(axes, (chosen.window, chosen.window), chosen.rule, label=label)
        key = str(worked.convolution is None)
        show_grid(worked.shown, _options(state, chosen, worked), key=key, hide=question.cell if hidden else None)
    if hidden:
        view.tabs(state)
        return
    with view.panel:
        _show_links(state, chosen, worked)
        if not chosen.adaptive and not view.greyed:
            size_rules.show_cards(worked.pooling.columns.size, chosen.window)
    why, code = view.tabs(state, stage.WHY, stage.CODE)
    with why:
        if not chosen.adaptive:
            size_rules.explain_size(worked.pooling.columns.size, chosen.window)
        _explain(state, chosen)
    with code:
        torch_code.show_snippet(torch_snippets.pooling(worked.pooling, chosen.adaptive or None))


def _options(state: State, chosen: Settings, worked: Worked) -> GridOptions:
    """Return how the example is shown."""
    step, names = state[STEP], ("Input", "Filter", "Convolution", "After pooling")
    if worked.convolution:
        editing = edit_fields(state, input=settings.X, kernel=settings.W)
        return GridOptions("Convolution, then pooling", names, step=step, pool=worked.pooling, editing=editing)
    return GridOptions(
        "Pooling step by step",
        ("Input", "", "Output"),
        step=step,
        views=("gradient",) if state[settings.GRADIENT] else (),
        editing=edit_fields(state, input=settings.X),
        follow=_follow(state, chosen, worked.pooling),
    )


def _follow(state: State, chosen: Settings, pooling: Pooling) -> Json:
    """Let the grid follow F, S and P where windows slide and every padding may be tried."""
    if chosen.adaptive or chosen.kind == "lp":
        return None
    sides: list[dict[str, Whole | int]] = [
        {"size": axis.size, "kernel_size": settings.F, "stride": settings.S, "padding": settings.P, "dilation": 1}
        for axis in (pooling.rows, pooling.columns)
    ]
    return follow_boxes(state, *sides, ceil=chosen.rule == "ceil")


def _show_links(state: State, chosen: Settings, worked: Worked) -> None:
    """Show links to other pages that have this kind of pooling."""
    if chosen.adaptive or chosen.kind == "lp":
        return
    window = chosen.window
    layer = Pool(chosen.kind, window.kernel_size, window.stride, window.ends[0], ceil_mode=chosen.rule == "ceil")
    _, height, width = worked.pooling.input.shape
    cross_links.show_links(state, layer, Volume(width, height, 1), ("depth",))


def _explain(state: State, chosen: Settings) -> None:
    """Say what pooling leaves of a volume, how the gradient flows, and what a small shift changes."""
    film.explain_volume()
    glossary_popover.write(
        "**Backpropagation** (gradients: see the page Learn a filter). Suppose the gradient of the loss with respect "
        "to each output is 1. Max pooling passes it to the cell with the maximum only; in a tie, PyTorch picks the "
        "first, row by row. Average pooling divides it equally among the cells of the window. Lp pooling "
        "computes y = (Σ x^p)^(1/p) from the inputs x of a window: p = 1 adds them up, and the larger p, the closer y "
        "comes to the maximum, from above. The gradient at each input is (x/y)^(p − 1), equal for p = 1 and ever more "
        "that of max pooling. Where windows overlap, the gradients of all "
        "windows that contain a cell are added."
    )
    spots = toy_inputs.spots()
    size = " × ".join(map(str, spots.shape))
    windows = (
        f"output size {chosen.adaptive}"
        if chosen.adaptive
        else f"F = {chosen.window.kernel_size}, S = {chosen.window.stride}"
    )
    st.markdown(f"**A small shift.** An input of {size}, pooled with {windows}:")
    images = spots, toy_inputs.shifted(spots, state.slider(SHIFT))
    try:
        _show_shift(images, [chosen.pool(image).output[0] for image in images])
    except UserError as error:
        st.info(sentence_of(error))


def _show_shift(images: Sequence[Array], outputs: Sequence[Array]) -> None:
    """Show an input and its output before and after a shift, with the changed numbers marked."""
    for column, image, output, when in zip(st.columns(2), images, outputs, ("before", "after"), strict=True):
        with column, st.container(horizontal=True):
            static_grid.show_numbers(image, f"Input {when}", "input", image != images[0])
            static_grid.show_numbers(output, f"Output {when}", "output", ~np.isclose(output, outputs[0]))
    st.markdown(toy_inputs.describe_shift(images, outputs))
