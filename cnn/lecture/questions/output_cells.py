"""Questions on one cell of a worked example, which a page hides until it is told."""

import random
from dataclasses import replace

import numpy as np

from cnn.lecture.questions.layer_sizes import ask_output_size
from cnn.lecture.questions.question import Question, build_question, format_number, is_close
from cnn.ops.convolution import Convolution
from cnn.ops.pooling import Pooling
from cnn.ops.windows import Array


def ask_cell(example: Convolution, seed: int) -> Question:
    """The value of one output cell of a worked convolution; ``seed`` picks the cell."""
    filters, height, width = example.output.shape
    other = _turned_output(example)
    cells = [(k, i, j) for k in range(filters) for i in range(height) for j in range(width)]
    # A cell at which flipping makes a difference tells more.
    telling = [c for c in cells if not is_close(example.output[c], other[c])] or cells
    k, i, j = random.Random(seed).choice(telling)
    answer = float(example.output[k, i, j])
    bias = float(example.bias[k])
    slips = [
        (
            float(other[k, i, j]),
            "You did not flip the kernel: convolution turns it round before it slides."
            if example.flip
            else "You flipped the kernel: here it lies on the input as it is written.",
        ),
        (answer - bias, "You forgot the bias."),
        (float(example.channel_sums[k, i, j, 0]) + bias, "You forgot the depth: sum over every channel."),
        *((float(example.output[k, i, n]), "That is the cell beside it.") for n in (j - 1, j + 1) if 0 <= n < width),
        *((float(example.output[k, n, j]), "That is a row too far.") for n in (i - 1, i + 1) if 0 <= n < height),
    ]
    place = f"number {j + 1} of the output" if height == 1 else f"the output in row {i + 1}, column {j + 1}"
    which = f" of filter {k + 1}" if filters > 1 else ""
    terms = _terms(example, k, i, j)
    asked = build_question(
        f"Counting from 1, what is {place}{which}{', with the kernel flipped' if example.flip else ''}?",
        answer,
        f"{terms} = {format_number(answer)}.",
        "Lay the kernel on the input at this step, multiply each pair, and add up.",
        slips,
    )
    return replace(asked, cell=(k, i, j))


def ask_conv1d(example: Convolution, seed: int) -> Question:
    """On a worked 1-D example: mostly the value of a cell, every third time the length of the output."""
    along = example.columns
    if seed % 3 == 0 and along.before == along.after:
        return ask_output_size(along.size, example.kernel.shape[-1], padding=along.before)
    return ask_cell(example, seed)


def ask_pooled_cell(example: Pooling, seed: int) -> Question:
    """The value of one output cell of a worked pooling layer; ``seed`` picks the cell."""
    channels, height, width = example.output.shape
    draw = random.Random(seed)
    c, i, j = draw.randrange(channels), draw.randrange(height), draw.randrange(width)
    read = example.patches[c, i, j]
    seen = read[~np.isnan(read)]
    word = {"max": "max", "average": "average", "lp": f"L{example.norm}"}[example.kind]
    which = f" of channel {c + 1}" if channels > 1 else ""
    numbers = ", ".join(format_number(float(value)) for value in seen)
    answer = float(example.output[c, i, j])
    asked = build_question(
        f"Counting from 1, what does {word} pooling leave in row {i + 1}, column {j + 1}{which}?",
        answer,
        f"The window reads {numbers}, which makes {format_number(answer)}.",
        "Find the window first: it starts S cells further on with each step.",
        [
            (float(seen.max()), "That is the largest number in the window, as max pooling takes it."),
            (float(seen.mean()), "That is the average of the window."),
            (float(seen.sum()), "That is the sum of the window."),
            (float(seen.min()), "That is the smallest number in the window."),
            (float(seen[0]), "That is the first number in the window."),
            (float(np.nanmax(example.padded[c])), "That is the largest number of the whole input, not of the window."),
        ],
    )
    return replace(asked, cell=(c, i, j))


def _turned_output(example: Convolution) -> Array:
    """The output that the other convention gives: the same patches under the kernel turned round."""
    kernel = example.kernel[..., ::-1, ::-1]
    patches = example.padded[
        :, example.rows.index[:, None, :, None], example.columns.index[None, :, None, :]
    ]  # (C, H2, W2, FH, FW)
    turned = np.einsum("chwij,kcij->khw", patches, kernel) + example.bias[:, None, None]
    return np.asarray(turned, dtype=np.float64)


def _terms(example: Convolution, k: int, i: int, j: int) -> str:
    """The products of one cell written out, and its bias if it has one."""
    patch = example.padded[:, example.rows.index[i][:, None], example.columns.index[j][None, :]]
    pairs = zip(patch.ravel(), example.kernel[k].ravel(), strict=True)
    shown = " + ".join(f"{_factor(float(x))}*{_factor(float(w))}" for x, w in pairs)
    return f"{shown} + {_factor(float(example.bias[k]))}" if example.bias[k] else shown


def _factor(value: float) -> str:
    return f"({format_number(value)})" if value < 0 else format_number(value)
