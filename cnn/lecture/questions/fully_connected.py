"""Questions on the last layers: flattening, the fully connected layer, softmax and the loss."""

import math
import random

from cnn.layers.costs import linear_parameters
from cnn.lecture.questions.question import Question, build_question, format_number
from cnn.ops.softmax import Softmax, locate_flat_index


def ask_fully_connected(seed: int, example: Softmax | None = None) -> Question:
    """Ask about the last layers; ``seed`` picks the numbers and one of four kinds of question.

    The first kind asks for a probability of ``example``, where there is one.
    """
    draw = random.Random(seed)
    kinds = (_probability, _gradient, _linear_parameters, _flat_place)
    kind = kinds[(seed - 1) % len(kinds)]
    return _ask_term(example, draw) if example and kind is _probability else kind(draw)


def _ask_term(example: Softmax, draw: random.Random) -> Question:
    index = draw.randrange(len(example.terms))
    answer = example.terms[index].probability
    powers = [f"e^{term.scaled:g}" if term.scaled >= 0 else f"e^({term.scaled:g})" for term in example.terms]
    scaled = example.terms[index].scaled
    itself = [(math.exp(scaled), "That is e^z itself: a probability is its share of the sum.")] if scaled < 20 else []
    others = [term.probability for term in example.terms if term.probability != answer]
    return build_question(
        f"The scores are those of the panel. What is the probability, from 0 to 1, of class number {index + 1}?",
        answer,
        f"{powers[index]}/({' + '.join(powers)}) = {format_number(answer)}.",
        "Divide its e^z by the sum over all classes; only the differences between scores count.",
        [
            *itself,
            (100 * answer, "That is in percent: here 1 stands for 100 percent."),
            (1 / len(powers), "The classes would be equally probable only if their scores were equal."),
            *((value, "That is another class.") for value in others),
        ],
    )


def _probability(draw: random.Random) -> Question:
    exponentials = draw.choice([(1, 1, 8), (2, 3, 5), (1, 2, 7), (1, 3, 4), (6, 4, 2)])
    index = draw.randrange(3)
    exponential, total = exponentials[index], sum(exponentials)
    answer = exponential / total
    written = ", ".join(map(str, exponentials))
    return build_question(
        f"Three classes have e^z = {written}. What is the probability, from 0 to 1, of class {index + 1}?",
        answer,
        f"{exponential}/({' + '.join(map(str, exponentials))}) = {format_number(answer)}.",
        "Divide its e^z by the sum of all three.",
        [
            (exponential, "That is e^z itself: a probability is its share of the sum."),
            (100 * answer, "That is in percent: here 1 stands for 100 percent."),
            (exponential / (total - exponential), "You left the class itself out of the sum: all classes are in it."),
            (1 / 3, "The classes would be equally probable only if their scores were equal."),
            *((value / total, "That is another class.") for value in exponentials if value != exponential),
        ],
    )


def _gradient(draw: random.Random) -> Question:
    tenths = draw.choice([(1, 1, 8), (2, 3, 5), (7, 2, 1), (6, 1, 3)])
    index, true = draw.randrange(3), draw.randrange(3)
    p, y = tenths[index] / 10, int(index == true)
    written = ", ".join(format_number(value / 10) for value in tenths)
    return build_question(
        f"Softmax says p = {written}, and the true class is number {true + 1}. What is the gradient of the "
        f"cross-entropy with respect to the score of class {index + 1}?",
        p - y,
        f"p - y = {format_number(p)} - {y} = {format_number(p - y)}.",
        "It is p - y, where y is 1 for the true class and 0 for every other.",
        [
            (y - p, "The sign is wrong: it is p - y, below 0 for the true class."),
            (p, "You forgot y: it is 1 for the true class, so p - 1."),
            (p - 1, "y is 1 for the true class only; for this class it is 0."),
            (-math.log(p), "That is what the loss would be if this class were the true one."),
        ],
    )


def _linear_parameters(draw: random.Random) -> Question:
    side, depth, classes = draw.choice([4, 5, 7, 16]), draw.choice([2, 8, 16]), draw.choice([2, 3, 10])
    inputs = side * side * depth
    parameters = linear_parameters(inputs, classes)
    return build_question(
        f"A volume of {side} × {side} × {depth} is flattened and fully connected to {classes} classes: "
        "how many parameters does that layer have, biases included?",
        parameters.value,
        f"{side}*{side}*{depth} = {inputs:,} inputs, and {parameters.formula}.",
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
    place = locate_flat_index(draw.randrange(height * width, depth * height * width), (depth, height, width))
    c, i, j = place.channel, place.row, place.column
    return build_question(
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
