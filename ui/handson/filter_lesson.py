"""A filter that learns: the backward pass on the grid, the filters, and the loss by step."""

from typing import Literal

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from cnn.ops.filter_task import BackwardPass, FilterTask
from cnn.ops.gradients import DIVERGED, DescentStep, full_convolution
from ui.shell import theme
from ui.widgets import static_grid
from ui.widgets.grid import GridOptions, show_grid

Part = Literal["dL/dw", "dL/dx", "forward"]
PARTS: tuple[Part, ...] = ("dL/dw", "dL/dx", "forward")
STANDS = 1e-4
"""A loss below which the filter counts as learned."""


def show_pass(passed: BackwardPass, part: Part, step: int) -> None:
    """Show one part of the backward pass, to be stepped through."""
    if part == "dL/dw":
        names = ("Input x", "Errors dL/dy", "dL/dw")
        show_grid(passed.weight_gradient, GridOptions("The gradient of the weights", names, step=step), key="pass")
    elif part == "dL/dx":
        names = ("Errors dL/dy, padded", "Filter, flipped", "dL/dx")
        example = full_convolution(passed.errors, passed.weight)
        show_grid(example, GridOptions("The gradient of the input", names, step=step), key="pass")
    else:
        names = ("Input x", "Filter w", "Output y")
        show_grid(passed.forward, GridOptions("The forward pass", names, step=step), key="pass")


def describe(steps: list[DescentStep], rate: float, task: FilterTask) -> str:
    """Return a sentence on how far the descent has come."""
    last = steps[-1]
    largest = f"For these pairs every rate above {task.largest_rate:.3f} diverges."
    if not last.loss < DIVERGED:
        return f"**Diverged** after {len(steps) - 1} steps: each step overshoots further. {largest}"
    if last.loss < STANDS:
        return f"**Learned** after {len(steps) - 1} steps: loss {last.loss:.1e}."
    return f"Step {len(steps) - 1}: loss **{last.loss:.4g}**, learning rate {rate:g}. {largest}"


def show_filters(step: DescentStep, task: FilterTask, rate: float, *, reveal: bool) -> None:
    """Show the filter now and after the next step, its gradient and, where ``reveal``, what is to be learned."""
    numbers = [
        ("Filter w now", step.weight, "kernel"),
        ("dL/dw, mean of the pairs", step.gradient, "output"),
        ("After the next step", step.next_weight(rate), "kernel"),
    ]
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
    figure.update_xaxes(title="step", rangemode="tozero")
    figure.update_yaxes(title="loss", type="log")
    figure.update_layout(height=240)
    theme.show_figure(figure, key="loss", heading="Loss by step", description="Mean squared error over all pairs.")
