"""Ten questions from all topics, drawn by one number, so that the same number gives a whole class the same ten."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from cnn.layers.sizes import Window
from cnn.lecture.questions.cells import cell, pooled
from cnn.lecture.questions.last_layers import fully_connected
from cnn.lecture.questions.networks import sight
from cnn.lecture.questions.question import Question
from cnn.lecture.questions.sizes import parameters, size, two_layers
from cnn.lecture.questions.why import why
from cnn.lecture.questions.years import year
from cnn.ops.convolution import conv1d, conv2d
from cnn.ops.feature_stack import two_layers as sizes_of_two
from cnn.ops.pooling import pool2d
from cnn.ops.windows import Array


@dataclass(frozen=True)
class Given:
    """Numbers (H, W) that a question is about; ``role`` is input or kernel."""

    caption: str
    numbers: Array
    role: str


@dataclass(frozen=True)
class Asked:
    """A question, the page that teaches what it asks, and the numbers to show with it."""

    page: str
    question: Question
    given: tuple[Given, ...] = ()


def mixed(number: int) -> tuple[Asked, ...]:
    """The ten questions of quiz ``number``, one of each topic, in an order that the number draws too."""
    draw = random.Random(number)
    topics = [*_TOPICS]
    draw.shuffle(topics)
    return tuple(topic(draw) for topic in topics)


def _history(draw: random.Random) -> Asked:
    return Asked("history", year(draw.randrange(99)))


def _one_dimensional(draw: random.Random) -> Asked:
    signal = [draw.randint(0, 4) for _ in range(5)]
    kernel = draw.choice([(1, -1, 2), (2, 0, 1), (1, 2, -1), (0, 1, 3)])
    question = cell(conv1d(signal, kernel, mode="full", flip=draw.random() < 0.5), draw.randrange(1000))
    slid = "The kernel is slid over the signal from its first contact to its last, with zeros on both sides."
    given = (Given("Signal", np.array([signal], float), "input"), Given("Kernel", np.array([kernel], float), "kernel"))
    return Asked("convolution_1d", replace(question, prompt=f"{slid} {_unless_flipped(question.prompt)}"), given)


def _unless_flipped(prompt: str) -> str:
    return prompt if "flipped" in prompt else prompt.replace("?", ", with the kernel as it is written?")


def _two_dimensional(draw: random.Random) -> Asked:
    image = np.array([[draw.randint(0, 3) for _ in range(4)] for _ in range(4)], float)
    weights = np.array([[draw.randint(-1, 1) for _ in range(3)] for _ in range(3)], float)
    question = cell(conv2d(image, weights), draw.randrange(1000))
    slid = "The filter is slid over the image with stride 1 and no padding, without turning it round."
    given = (Given("Image", image, "input"), Given("Filter", weights, "kernel"))
    return Asked("convolution_2d", replace(question, prompt=f"{slid} {question.prompt}"), given)


def _filters(draw: random.Random) -> Asked:
    side, first, second = draw.choice([20, 28, 32]), draw.choice([6, 7, 10]), draw.choice([8, 12])
    layers = sizes_of_two(side, 3, first, second, draw.choice([3, 5]))
    return Asked("filters_relu", two_layers(layers, draw.choice([1, 2])))


def _stride(draw: random.Random) -> Asked:
    stride = draw.choice([1, 2, 3])
    return Asked("stride_padding", size(draw.randint(7, 40), draw.choice([3, 5]), stride, draw.choice([0, 1, 2])))


def _pooling(draw: random.Random) -> Asked:
    numbers = np.array([[draw.randint(0, 9) for _ in range(4)] for _ in range(4)], float)
    kind = draw.choice(["max", "average"])
    question = pooled(pool2d(numbers, 2, 2, kind=kind), draw.randrange(1000))  # type: ignore[arg-type]
    prompt = f"Windows of 2x2 with stride 2. {question.prompt}"
    return Asked("pooling", replace(question, prompt=prompt), (Given("Input", numbers, "input"),))


def _parameters(draw: random.Random) -> Asked:
    return Asked("layer_calculator", parameters(draw.choice([3, 8, 16]), draw.choice([6, 16, 32]), draw.choice([3, 5])))


def _sight(draw: random.Random) -> Asked:
    convolution, pool = Window(draw.choice([3, 5])), Window(2, stride=2)
    layers = draw.choice([[convolution] * 2, [convolution] * 3, [convolution, pool, convolution]])
    return Asked("architecture_builder", sight(layers))


def _why(draw: random.Random) -> Asked:
    return Asked("why_cnns", why(draw.randrange(1, 100)))


def _fully_connected(draw: random.Random) -> Asked:
    return Asked("fully_connected", fully_connected(draw.randrange(1, 100)))


_TOPICS: tuple[Callable[[random.Random], Asked], ...] = (
    _history, _one_dimensional, _why, _two_dimensional, _filters, _stride, _pooling, _parameters, _fully_connected,
    _sight,
)  # fmt: skip
