"""A filter that learns: the backward pass on the grid, the filters, and the loss by step."""

from typing import Literal

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from cnn.lecture.questions.gradient_descent import ask_corner, ask_next_weight
from cnn.lecture.questions.output_cells import ask_cell
from cnn.lecture.questions.question import Question
from cnn.ops.convolution import Convolution
from cnn.ops.filter_task import PAIRS, BackwardPass, FilterTask
from cnn.ops.gradients import DIVERGED, DescentStep, full_convolution
from ui.shell import theme
from ui.shell.glossary_popover import write
from ui.widgets import static_grid
from ui.widgets.grid import GridOptions, show_grid

Part = Literal["dL/dw", "dL/dx", "forward"]
_PARTS: dict[Part, tuple[str, tuple[str, str, str]]] = {
    "forward": ("The forward pass", ("Input x", "Filter w", "Output y")),
    "dL/dw": ("The gradient of the weights", ("Input x", "Errors dL/dy", "dL/dw")),
    "dL/dx": ("The gradient of the input", ("Errors dL/dy, padded", "Filter, flipped", "dL/dx")),
}
"""Label of the grid for each part, and names of its three operands."""
PARTS: tuple[Part, ...] = tuple(_PARTS)
_MEANINGS: dict[Part, str] = {
    "forward": "The filter w makes the output y; the target t is what it should be. Loss L: the mean of (y − t)².",
    "dL/dw": "dL/dw is the slope of the loss L: how fast L grows if this weight grows. It is the sum of error × input "
    "over all positions; the error of an output cell is dL/dy = 2 (y − t)/n, with output y, target t, n cells.",
    "dL/dx": "dL/dx is the slope of the loss L in each input value: the errors that are handed on to the layer before.",
}
STANDS = 1e-4
"""A loss below which the filter counts as learned."""


def title_of(part: str) -> str:
    """Return what a control calls a part."""
    return {"dL/dw": "gradient of the weights, dL/dw", "dL/dx": "of the input, dL/dx"}.get(part, f"{part} pass")


def example_of(passed: BackwardPass, part: Part) -> Convolution:
    """Return one part of the backward pass as a convolution to be stepped through."""
    if part == "dL/dw":
        return passed.weight_gradient
    return full_convolution(passed.errors, passed.weight) if part == "dL/dx" else passed.forward


def ask(passed: BackwardPass, part: Part, step: DescentStep, rate: float, seed: int) -> Question | None:
    """Ask for what follows from the part that is shown: the next weight, a corner of dL/dx, an output."""
    if part == "dL/dw":
        return ask_next_weight(step, rate, passed.weight_gradient.output[0], seed) if step.loss < DIVERGED else None
    example = example_of(passed, part)
    return ask_corner(example, seed) if part == "dL/dx" else ask_cell(example, seed)


def show_pass(example: Convolution, part: Part, pair: int, step: int, hide: tuple[int, int, int] | None) -> None:
    """Show one part of the passes of a pair, counted from 0, to be stepped through; the cell ``hide`` is asked for."""
    label, (*operands, result) = _PARTS[part]
    options = GridOptions(label, (*operands, f"{result} of pair {pair + 1}"), step=step)
    show_grid(example, options, key="pass", hide=hide)
    write(_MEANINGS[part])


def show_target(passed: BackwardPass, asked: bool) -> None:
    """Show the target beside the output and their difference, and the loss; the target alone while ``asked``."""
    output = passed.forward.output[0]
    numbers = [("Target t", passed.target[0], "input")]
    if not asked:
        numbers = [("Output y", output, "output"), *numbers, ("y − t", output - passed.target[0], "kernel")]
    for column, (caption, values, role) in zip(st.columns(3), numbers, strict=False):
        with column:
            static_grid.show_numbers(values, caption, role)  # type: ignore[arg-type]
    if not asked:
        st.markdown(f"The mean of (y − t)² is the loss of this pair, **{_format_loss(passed.loss)}**.")


def describe(steps: list[DescentStep], rate: float, task: FilterTask, most: int) -> str:
    """Return a sentence on how far the descent has come; it stops after ``most`` updates."""
    last = steps[-1]
    largest = f"For these pairs every learning rate above {task.largest_rate:.3f} diverges."
    if not last.loss < DIVERGED:
        growth = last.loss / steps[-2].loss
        grown = f"the last one made the loss {growth:.2g} times as large"
        return f"**Diverged** after {len(steps) - 1} updates: {grown}. {largest}"
    if last.loss < STANDS:
        return f"**Learned** after {len(steps) - 1} updates: loss {last.loss:.1e}."
    limit = " That is as many as this page computes: try another learning rate." if len(steps) > most else ""
    done = f"{len(steps) - 1} update{'s' * (len(steps) != 2)}"
    return f"After {done}: loss **{_format_loss(last.loss)}**, learning rate {rate:g}. {largest}{limit}"


def show_filters(step: DescentStep, task: FilterTask, rate: float, *, reveal: bool, asked: bool) -> None:
    """Show the filter, its gradient, the next step unless it is ``asked`` for, and the target if ``reveal``."""
    numbers = [("Filter w now", step.weight, "kernel"), (f"dL/dw, mean of {PAIRS} pairs", step.gradient, "output")]
    numbers += [] if asked else [("After the next update", step.next_weight(rate), "kernel")]
    numbers += [("To be learned", task.weights, "input")] if reveal else []
    for column, (caption, values, role) in zip(st.columns(len(numbers)), numbers, strict=True):
        with column:
            static_grid.show_numbers(values, caption, role)  # type: ignore[arg-type]


def _format_loss(loss: float) -> str:
    return f"{loss:,.0f}" if loss >= 1000 else f"{loss:.4g}"


def draw_loss(steps: list[DescentStep]) -> None:
    """Draw the loss by step on a logarithmic scale."""
    colours = theme.palette()
    figure = go.Figure()
    losses = np.maximum([step.loss for step in steps], 1e-12)
    figure.add_scatter(
        x=np.arange(len(steps)), y=losses, mode="lines+markers", line={"color": colours.kernel, "width": 2.5}
    )
    lowest, highest = np.log10([losses.min(), losses.max()])
    figure.update_xaxes(title="update", range=[-0.2, max(10, len(steps))])
    decades = [np.floor(lowest), np.floor(highest) + 1]  # two labelled powers of ten at least
    figure.update_yaxes(title="loss (logarithmic)", type="log", dtick=1, exponentformat="power", range=decades)
    figure.update_layout(height=240)
    theme.show_figure(figure, key="loss", heading="Loss by update", description="Mean squared error over all pairs.")
