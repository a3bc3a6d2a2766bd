"""Questions on a filter that learns: one of its weights after the next step, and a cell of its backward pass."""

import random
from itertools import product

from cnn.lecture.questions.output_cells import ask_cell
from cnn.lecture.questions.question import Question, build_question, format_number
from cnn.ops.convolution import Convolution
from cnn.ops.gradients import DescentStep
from cnn.ops.windows import Array

_TELLING = 0.02
"""Change of a weight from which on the usual mistakes lead to other numbers, to two decimals."""


def ask_next_weight(step: DescentStep, rate: float, of_one_pair: Array, seed: int) -> Question:
    """Ask for one weight after the next step of gradient descent; ``seed`` picks the weight.

    Args:
        step: The step to take.
        rate: The learning rate.
        of_one_pair: dL/dw (F, F) of one pair alone, which the page shows, too.
        seed: Picks the weight, among those that change clearly if there are any.
    """
    cells = list(product(*map(range, step.weight.shape)))
    telling = [cell for cell in cells if abs(rate * step.gradient[cell]) > _TELLING] or cells
    cell = random.Random(seed).choice(telling)
    weight, gradient, pair = (float(values[cell]) for values in (step.weight, step.gradient, of_one_pair))
    answer = float(step.next_weight(rate)[cell])
    shown = {name: format_number(value) for name, value in (("w", weight), ("g", gradient), ("rate", rate))}
    return build_question(
        f"With a learning rate of {shown['rate']}, what is the weight in row {cell[0] + 1}, column {cell[1] + 1} after "
        "the next step? It is below the grid, with the mean dL/dw; two decimals are enough.",
        answer,
        f"w − learning rate × dL/dw = {shown['w']} − {shown['rate']} × ({shown['g']}) = {format_number(answer)}.",
        "Read w and the mean dL/dw in this row and column, and go against the gradient: w − learning rate × dL/dw.",
        [
            (weight + rate * gradient, "You added the gradient, which goes uphill: subtract it."),
            (weight - gradient, "You forgot the learning rate."),
            (-rate * gradient, "That is the change alone: add it to w."),
            (rate * gradient, "That is learning rate × dL/dw alone: subtract it from w."),
            (weight - rate * pair, "You took the gradient of one pair: a step takes the mean over the pairs."),
            (weight, "That is the weight as it is now."),
        ],
    )


def ask_corner(example: Convolution, seed: int) -> Question:
    """Ask for a corner of dL/dx, which one weight alone reaches; ``seed`` picks the corner."""
    _, height, width = example.output.shape
    return ask_cell(example, seed, list(product([0], (0, height - 1), (0, width - 1))))
