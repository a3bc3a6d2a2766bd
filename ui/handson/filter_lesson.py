"""A filter that learns: the backward pass on the grid, the filters, and the loss by step."""

from typing import Literal

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from cnn.lecture.questions.gradient_descent import ask_corner, ask_next_weight
from cnn.lecture.questions.output_cells import ask_cell
from cnn.lecture.questions.question import Question
from cnn.ops.convolution import Convolution
from cnn.ops.filter_task import BackwardPass, FilterTask
from cnn.ops.gradients import DIVERGED, DescentStep, full_convolution
from ui.shell import theme
from ui.widgets import static_grid
from ui.widgets.grid import GridOptions, show_grid

Part = Literal["dL/dw", "dL/dx", "forward"]
_PARTS: dict[Part, tuple[str, tuple[str, str, str]]] = {
    "dL/dw": ("The gradient of the weights", ("Input x", "Errors dL/dy", "dL/dw")),
    "dL/dx": ("The gradient of the input", ("Errors dL/dy, padded", "Filter, flipped", "dL/dx")),
    "forward": ("The forward pass", ("Input x", "Filter w", "Output y")),
}
"""Label of the grid for each part, and names of its three operands."""
PARTS: tuple[Part, ...] = tuple(_PARTS)
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


def show_pass(example: Convolution, part: Part, step: int, hide: tuple[int, int, int] | None) -> None:
    """Show one part of the backward pass, to be stepped through; the cell ``hide`` is asked for."""
    label, names = _PARTS[part]
    show_grid(example, GridOptions(label, names, step=step), key="pass", hide=hide)


def describe(steps: list[DescentStep], rate: float, task: FilterTask, most: int) -> str:
    """Return a sentence on how far the descent has come; it stops after ``most`` updates."""
    last = steps[-1]
    largest = f"For these pairs every learning rate above {task.largest_rate:.3f} diverges."
    if not last.loss < DIVERGED:
        return f"**Diverged** after {len(steps) - 1} updates: each overshoots further. {largest}"
    if last.loss < STANDS:
        return f"**Learned** after {len(steps) - 1} updates: loss {last.loss:.1e}."
    limit = " That is as many as this page computes: try another learning rate." if len(steps) > most else ""
    return f"After {len(steps) - 1} updates: loss **{last.loss:.4g}**, learning rate {rate:g}. {largest}{limit}"


def show_filters(step: DescentStep, task: FilterTask, rate: float, *, reveal: bool, asked: bool) -> None:
    """Show the filter, its gradient, the next step unless it is ``asked`` for, and the target if ``reveal``."""
    numbers = [("Filter w now", step.weight, "kernel"), ("dL/dw, mean of the pairs", step.gradient, "output")]
    numbers += [] if asked else [("After the next update", step.next_weight(rate), "kernel")]
    numbers += [("To be learned", task.weights, "input")] if reveal else []
    for column, (caption, values, role) in zip(st.columns(len(numbers)), numbers, strict=True):
        with column:
            static_grid.show_numbers(values, caption, role)  # type: ignore[arg-type]


def draw_loss(steps: list[DescentStep]) -> None:
    """Draw the loss by step on a logarithmic scale."""
    colours = theme.palette()
    figure = go.Figure()
    losses = np.maximum([step.loss for step in steps], 1e-12)
    figure.add_scatter(
        x=np.arange(len(steps)), y=losses, mode="lines+markers", line={"color": colours.kernel, "width": 2.5}
    )
    figure.update_xaxes(title="update", rangemode="tozero")
    figure.update_yaxes(title="loss", type="log")
    figure.update_layout(height=240)
    theme.show_figure(figure, key="loss", heading="Loss by update", description="Mean squared error over all pairs.")
