"""Questions to predict before looking: seeded, made from the reader's own numbers, with the usual mistakes named.

Nothing here draws or stores. A question knows its answer, and which wrong answers come from which slip.
"""

import math
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from cnn.arithmetic import Rule, Size, conv_parameters, linear_parameters, output_size
from cnn.history import TIMELINE
from cnn.layers import Conv, Layer, Pool, Volume
from cnn.maps import TwoLayers
from cnn.softmax import flattened
from cnn.worked import Array, Convolution, Pooling


@dataclass(frozen=True)
class Question:
    """``prompt`` asks for one number, ``why`` spells the answer out, ``mistakes`` maps wrong values to their slip.

    ``cell`` is the output cell asked about (filter or channel, row, column), which a page hides until it is told.
    """

    prompt: str
    answer: float
    why: str
    hint: str
    mistakes: Mapping[float, str] = field(default_factory=dict)
    cell: tuple[int, int, int] | None = None

    def check(self, given: float) -> tuple[bool, str]:
        """Whether ``given`` is right, and a sentence to show. Two decimals are enough where the answer has more."""
        if _same(given, self.answer):
            return True, f"Right. {self.why}"
        for value, slip in self.mistakes.items():
            if _same(given, value):
                return False, f"Not yet. {slip}"
        return False, f"Not yet: {given:.10g} is not it. {self.hint}"


def size(
    n: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1, rule: Rule = "floor"
) -> Question:
    """How long the output is. Raises as :func:`cnn.arithmetic.output_size` when nothing fits."""
    found = output_size(n, kernel_size, stride, padding, dilation, rule)
    reach = dilation * (kernel_size - 1) + 1

    def steps(cells: int) -> int:
        return -(-cells // stride) if rule == "ceil" else cells // stride

    slips = [*_rounding_slips(found), (found.size - 1, "You forgot the + 1: the first position counts as well.")]
    if padding:
        slips.append((steps(n - reach) + 1, "You forgot 2P: padding adds cells on both sides."))
        slips.append((steps(n - reach + padding) + 1, "You added P once: padding lies on both sides, so it is 2P."))
    if stride > 1:
        slips.append((n - reach + 2 * padding + 1, "You forgot the stride: divide by S before you add 1."))
    if dilation > 1:
        slips.append((steps(n - kernel_size + 2 * padding) + 1, "You forgot the dilation: F spreads to D*(F - 1) + 1."))
    slips.append((n, "The size stays the same only with stride 1 and 2P = F - 1."))
    told = f", dilation D = {dilation}" if dilation > 1 else ""
    return _question(
        f"An input of N = {n}, a kernel of F = {kernel_size}, stride S = {stride}, padding P = {padding}{told}: "
        f"how many output positions along this side{_RULE_WORDS[rule]}?",
        found.size,
        f"{found.formula}.",
        "Count the first position, then how many further steps of S fit before the kernel leaves the padded input.",
        slips,
    )


def parameters(in_channels: int, out_channels: int, kernel_size: int) -> Question:
    """How many numbers a convolution layer learns."""
    found = conv_parameters(in_channels, out_channels, kernel_size)
    square = kernel_size * kernel_size
    weights = square * in_channels * out_channels
    slips = [
        (square * out_channels + out_channels, "You forgot the depth: a filter has a slice for each input channel."),
        (square * out_channels, "You forgot the depth of the filters, and the biases."),
        (weights, "You forgot the biases: each filter has one."),
        (2 * weights, "You counted a bias for each weight: a whole filter has only one."),
        (weights + 1, "You counted one bias for the layer: each filter has its own."),
        (weights + in_channels, "You counted a bias for each input channel: it is one for each filter."),
        (square * in_channels + 1, "That is one filter: the layer has K of them."),
    ]
    return _question(
        f"A layer of K = {out_channels} filters with F = {kernel_size} reads an input of depth D1 = {in_channels}: "
        "how many numbers does it learn, biases included?",
        found.value,
        f"(F*F*D1)*K + K: {found.formula}.",
        "One filter has F*F*D1 weights and one bias.",
        slips,
    )


def filter_depth(image_depth: int, filters_before: int, filters: int, kernel_size: int) -> Question:
    """The lecture's question mark: how deep the filters of the second layer are."""
    return _question(
        f"An image of depth {image_depth} passes {filters_before} filters, then ReLU. "
        f"The next layer has {filters} filters of {kernel_size}x{kernel_size}x?: what is the question mark?",
        filters_before,
        f"Each of the {filters_before} filters made one map, so the next input is {filters_before} deep, "
        "and a filter is as deep as its input.",
        "A filter is as deep as the volume that it reads.",
        [
            (image_depth, "That is the depth of the image, which the second layer never sees."),
            (filters, "That is how many filters the layer has: it sets the depth of the output, not of a filter."),
            (kernel_size, "That is F, the width and height of a filter."),
            (1, "A filter does not read one map only: it sums over all of them."),
        ],
    )


def output_numbers(sides: tuple[int, int], filters: int, depth: int) -> Question:
    """How many numbers the stacked maps hold; ``sides`` (height, width) of one map, ``depth`` of the input."""
    height, width = sides
    total = height * width * filters
    return _question(
        f"Each of the {filters} filters leaves a map of {height}x{width}: how many numbers does the stack hold?",
        total,
        f"{height}*{width}*{filters} = {total:,}.",
        "One map for each filter, one number for each position.",
        [
            (height * width, "That is one map: there is one for each filter."),
            (total * depth, "You kept the input's depth: each filter sums over it and leaves a single map."),
            (height * width * depth, "You stacked by the input's depth: the stack is as deep as there are filters."),
        ],
    )


def cell(example: Convolution, seed: int) -> Question:
    """The value of one output cell of a worked convolution; ``seed`` picks the cell."""
    filters, height, width = example.output.shape
    other = _turned_output(example)
    cells = [(k, i, j) for k in range(filters) for i in range(height) for j in range(width)]
    # A cell at which flipping makes a difference tells more.
    telling = [c for c in cells if not _same(example.output[c], other[c])] or cells
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
    asked = _question(
        f"Counting from 1, what is {place}{which}{', with the kernel flipped' if example.flip else ''}?",
        answer,
        f"{terms} = {_say(answer)}.",
        "Lay the kernel on the input at this step, multiply each pair, and add up.",
        slips,
    )
    return replace(asked, cell=(k, i, j))


def one_dimensional(example: Convolution, seed: int) -> Question:
    """On a worked 1-D example: mostly the value of a cell, every third time the length of the output."""
    along = example.columns
    if seed % 3 == 0 and along.before == along.after:
        return size(along.size, example.kernel.shape[-1], padding=along.before)
    return cell(example, seed)


def two_layers(layers: TwoLayers, seed: int) -> Question:
    """On two layers in a row: first the lecture's question mark, then what else can be counted there."""
    f = layers.kernel_size
    asked = (
        lambda: filter_depth(layers.depth, layers.first, layers.second, f),
        lambda: output_numbers((layers.between, layers.between), layers.first, layers.depth),
        lambda: parameters(layers.first, layers.second, f),
        lambda: size(layers.between, f),
    )
    return asked[(seed - 1) % len(asked)]()


def layer(asked: Layer, before: Volume, seed: int) -> Question | None:
    """On one layer: its width, or how much it learns; None for a layer that nothing is asked about. Raises as size."""
    if isinstance(asked, Conv):
        if seed % 2 == 0 and asked.groups == 1 and asked.bias:
            return parameters(before.depth, asked.out_channels, asked.kernel_size)
        return size(before.width, asked.kernel_size, asked.stride, asked.padding, asked.dilation)
    if isinstance(asked, Pool):
        rule: Rule = "ceil" if asked.ceil else "floor"
        return size(before.width, asked.kernel_size, asked.stride, asked.padding, asked.dilation, rule)
    return None


def pooled(example: Pooling, seed: int) -> Question:
    """The value of one output cell of a worked pooling layer; ``seed`` picks the cell."""
    channels, height, width = example.output.shape
    draw = random.Random(seed)
    c, i, j = draw.randrange(channels), draw.randrange(height), draw.randrange(width)
    read = example.patches[c, i, j]
    seen = read[~np.isnan(read)]
    word = {"max": "max", "average": "average", "lp": f"L{example.norm}"}[example.kind]
    which = f" of channel {c + 1}" if channels > 1 else ""
    numbers = ", ".join(_say(float(value)) for value in seen)
    answer = float(example.output[c, i, j])
    asked = _question(
        f"Counting from 1, what does {word} pooling leave in row {i + 1}, column {j + 1}{which}?",
        answer,
        f"The window reads {numbers}, which makes {_say(answer)}.",
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


def year(seed: int) -> Question:
    """When one of the lecture's milestones was reached; ``seed`` picks it."""
    datable = [milestone for milestone in TIMELINE if milestone.deed]
    asked = datable[seed % len(datable)]
    return _question(
        f"In which year {asked.deed}?",
        asked.year,
        f"{asked.name}: {asked.year}.",
        "Look at what came before it and what after.",
        [(other.year, f"That is the year of {other.name}.") for other in datable if other is not asked],
    )


def fully_connected(seed: int) -> Question:
    """On the way from a volume to probabilities; ``seed`` picks the numbers and takes four kinds in turn."""
    draw = random.Random(seed)
    kinds = (_probability, _gradient, _linear_parameters, _flat_place)
    return kinds[(seed - 1) % len(kinds)](draw)


def _probability(draw: random.Random) -> Question:
    exponentials = draw.choice([(1, 1, 8), (2, 3, 5), (1, 2, 7), (1, 3, 4), (6, 4, 2)])
    asked = draw.randrange(3)
    mine, total = exponentials[asked], sum(exponentials)
    answer = mine / total
    others = [value for value in exponentials if value != mine]
    written = ", ".join(map(str, exponentials))
    return _question(
        f"Three classes have e^z = {written}. What is the probability, from 0 to 1, of class {asked + 1}?",
        answer,
        f"{mine}/({' + '.join(map(str, exponentials))}) = {_say(answer)}.",
        "Divide its e^z by the sum of all three.",
        [
            (mine, "That is e^z itself: a probability is its share of the sum."),
            (100 * answer, "That is in percent: here 1 stands for 100 percent."),
            (mine / (total - mine), "You left the class itself out of the sum: all classes are in it."),
            (1 / 3, "The classes would be equally probable only if their scores were equal."),
            *((value / total, "That is another class.") for value in others),
        ],
    )


def _gradient(draw: random.Random) -> Question:
    tenths = draw.choice([(1, 1, 8), (2, 3, 5), (7, 2, 1), (6, 1, 3)])
    asked, true = draw.randrange(3), draw.randrange(3)
    p, y = tenths[asked] / 10, int(asked == true)
    written = ", ".join(_say(value / 10) for value in tenths)
    return _question(
        f"Softmax says p = {written}, and the true class is number {true + 1}. What is the derivative of the "
        f"cross-entropy by the score of class {asked + 1}?",
        p - y,
        f"p - y = {_say(p)} - {y} = {_say(p - y)}.",
        "It is p - y, where y is 1 for the true class and 0 for every other.",
        [
            (y - p, "The sign is turned round: it is p - y, below 0 for the true class."),
            (p, "You forgot y: it is 1 for the true class, so p - 1."),
            (p - 1, "y is 1 for the true class only; for this class it is 0."),
            (-math.log(p), "That is what the loss would be if this class were the true one."),
        ],
    )


def _linear_parameters(draw: random.Random) -> Question:
    side, depth, classes = draw.choice([4, 5, 7, 16]), draw.choice([2, 8, 16]), draw.choice([2, 3, 10])
    inputs = side * side * depth
    found = linear_parameters(inputs, classes)
    return _question(
        f"A volume of {side}x{side}x{depth} is flattened and fully connected to {classes} classes: "
        "how many numbers does that layer learn, biases included?",
        found.value,
        f"{side}*{side}*{depth} = {inputs:,} inputs, and {found.formula}.",
        "Each class has a weight for every number of the volume, and one bias.",
        [
            (inputs * classes, "You forgot the biases: each class has one."),
            (inputs * classes + 1, "You counted one bias for the layer: each class has its own."),
            (2 * inputs * classes, "You counted a bias for each weight: a class has only one."),
            (side * side * classes + classes, "You forgot the depth: every channel is flattened into the row."),
            (depth * classes + classes, "You counted one number for each channel: there are width times height."),
            (inputs + 1, "That is one class: each of them has weights of its own."),
            (inputs, "That is how long the flattened row is."),
        ],
    )


def _flat_place(draw: random.Random) -> Question:
    depth, height, width = draw.choice([(2, 3, 4), (3, 2, 3), (2, 4, 3)])
    place = flattened(draw.randrange(height * width, depth * height * width), (depth, height, width))
    c, i, j = place.channel, place.row, place.column
    return _question(
        f"{depth} channels of {height} rows and {width} columns are flattened as PyTorch does it. Counting from 0, "
        f"at which place is the number of channel {c}, row {i}, column {j}?",
        place.flat.value,
        f"{place.flat.formula}: whole channels first, then whole rows.",
        "Count how many numbers come before it: whole channels, then whole rows, then columns.",
        [
            (place.flat.value + 1, "Counting starts from 0: that is one too many."),
            (i * width + j, "You forgot the channels before it: each of them is laid down whole."),
            ((i * width + j) * depth + c, "That is channels last: PyTorch lays down one channel after another."),
            (c * height * width + j * height + i, "You went down the columns: each channel is read row by row."),
        ],
    )


_RULE_WORDS: dict[Rule, str] = {
    "exact": "",
    "floor": ", rounded down as PyTorch does",
    "ceil": " with ceil_mode=True",
}


def _question(prompt: str, answer: float, why: str, hint: str, slips: Iterable[tuple[float, str]]) -> Question:
    """Keeps the first slip for each wrong value, and none that leads to the right one."""
    mistakes: dict[float, str] = {}
    for value, slip in slips:
        if not _same(value, answer) and not any(_same(value, known) for known in mistakes):
            mistakes[value] = slip
    return Question(prompt, answer, why, hint, mistakes)


def _rounding_slips(found: Size) -> list[tuple[float, str]]:
    """Wrong ends of a division that does not come out even."""
    if found.quotient.denominator == 1:
        return []
    return [
        (float(found.quotient + 1), "A fraction of a position does not exist: round as the rule says."),
        (math.floor(found.quotient) + 1, "You rounded down: ceil_mode rounds up."),
        (
            math.ceil(found.quotient) + 1,
            "The last of these windows would start behind the input, so PyTorch drops it."
            if found.dropped
            else "You rounded up: cells left over at the edge are not read.",
        ),
    ]


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


def _say(value: float) -> str:
    """At most four decimals, and no minus zero."""
    return f"{round(value, 4) + 0.0:g}"


def _factor(value: float) -> str:
    return f"({_say(value)})" if value < 0 else _say(value)


def _same(given: float, expected: float) -> bool:
    tolerance = 1e-9 if float(expected).is_integer() else 0.005 + 1e-9
    return abs(given - expected) <= tolerance
