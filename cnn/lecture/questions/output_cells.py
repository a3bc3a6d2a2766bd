"""Questions on one output cell of a worked example, which a page hides until the question is answered."""

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from cnn.layers.sizes import Window
from cnn.lecture.questions.layer_sizes import ask_output_size
from cnn.lecture.questions.question import Question, build_question, format_number, is_close
from cnn.ops.convolution import Convolution
from cnn.ops.pooling import Pooling
from cnn.ops.windows import Array


def ask_cell(example: Convolution, seed: int, cells: Sequence[tuple[int, int, int]] = ()) -> Question:
    """Ask for one output number of a worked convolution; ``seed`` picks it among ``cells``, or among all."""
    filters, height, width = example.output.shape
    other = _output_of_other_convention(example)
    cells = cells or list(product(range(filters), range(height), range(width)))
    # A cell at which the flip makes a difference shows whether the reader knows the convention.
    telling = [cell for cell in cells if not is_close(example.output[cell], other[cell])] or cells
    k, i, j = random.Random(seed).choice(telling)
    answer, bias = float(example.output[k, i, j]), float(example.bias[k])
    mistakes = [
        (
            float(other[k, i, j]),
            "You did not flip the kernel: convolution flips it before it slides."
            if example.flip
            else "You flipped the kernel: here it lies on the input as it is written.",
        ),
        (answer - bias, "You forgot the bias."),
        (float(example.channel_sums[k, i, j, 0]) + bias, "You forgot the depth: sum over every channel."),
        *((float(example.output[k, i, n]), "That is the cell beside it.") for n in (j - 1, j + 1) if 0 <= n < width),
        *((float(example.output[k, n, j]), "That is a row too far.") for n in (i - 1, i + 1) if 0 <= n < height),
    ]
    position = f"number {j + 1} of the output" if height == 1 else f"the output in row {i + 1}, column {j + 1}"
    of_filter = f" of filter {k + 1}" if filters > 1 else ""
    flipped = ", with the filter flipped" if example.flip else ""
    question = build_question(
        f"Counting from 1, what is {position}{of_filter}{flipped}?",
        answer,
        f"{_write_sum(example, k, i, j)} = {format_number(answer)}.",
        "Lay the kernel on the input at this step, multiply each pair, and add up.",
        mistakes,
    )
    return replace(question, cell=(k, i, j))


def ask_conv1d(example: Convolution, seed: int) -> Question:
    """Ask for an output number of a worked 1-D example, every third time for the length of the output."""
    axis = example.columns
    if seed % 3 == 0 and axis.before == axis.after:
        return ask_output_size(axis.size, Window(example.kernel.shape[-1], padding=axis.before))
    return ask_cell(example, seed)


def ask_pooled_cell(example: Pooling, seed: int) -> Question:
    """Ask for one output number of a worked pooling layer; ``seed`` picks the cell."""
    channels, height, width = example.output.shape
    draw = random.Random(seed)
    c, i, j = draw.randrange(channels), draw.randrange(height), draw.randrange(width)
    patch = example.patches[c, i, j]
    values = patch[~np.isnan(patch)]
    word = {"max": "max", "average": "average", "lp": f"L{example.norm}"}[example.kind]
    of_channel = f" of channel {c + 1}" if channels > 1 else ""
    numbers = ", ".join(format_number(float(value)) for value in values)
    answer = float(example.output[c, i, j])
    question = build_question(
        f"Counting from 1, what does {word} pooling leave in row {i + 1}, column {j + 1}{of_channel}?",
        answer,
        f"The window reads {numbers}, which makes {format_number(answer)}.",
        "Find the window first: it starts S cells further on with each step.",
        [
            (float(values.max()), "That is the largest number in the window, as max pooling takes it."),
            (float(values.mean()), "That is the average of the window."),
            (float(values.sum()), "That is the sum of the window."),
            (float(values.min()), "That is the smallest number in the window."),
            (float(values[0]), "That is the first number in the window."),
            (float(np.nanmax(example.padded[c])), "That is the largest number of the whole input, not of the window."),
        ],
    )
    return replace(question, cell=(c, i, j))


def _output_of_other_convention(example: Convolution) -> Array:
    """Return the output (K, H2, W2) under the flipped kernel: correlation for a convolution, and the reverse."""
    kernel = example.kernel[..., ::-1, ::-1]
    patches = example.padded[
        :, example.rows.index[:, None, :, None], example.columns.index[None, :, None, :]
    ]  # (C, H2, W2, FH, FW)
    output = np.einsum("chwij,kcij->khw", patches, kernel) + example.bias[:, None, None]
    return np.asarray(output, dtype=np.float64)


def _write_sum(example: Convolution, k: int, i: int, j: int) -> str:
    """Write out the products of one cell, and its bias if it has one."""
    patch = example.padded[:, example.rows.index[i][:, None], example.columns.index[j][None, :]]
    pairs = zip(patch.ravel(), example.kernel[k].ravel(), strict=True)
    terms = [f"{_write_factor(float(x))}*{_write_factor(float(w))}" for x, w in pairs]
    if example.bias[k]:
        terms.append(_write_factor(float(example.bias[k])))
    return " + ".join(terms)


def _write_factor(value: float) -> str:
    return f"({format_number(value)})" if value < 0 else format_number(value)
