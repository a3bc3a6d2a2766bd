"""Ten questions, one of each topic, drawn by one number that gives a whole class the same ten."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from cnn.layers.sizes import Window
from cnn.lecture.questions.dense_vs_conv import ask_dense_vs_conv
from cnn.lecture.questions.fully_connected import ask_fully_connected
from cnn.lecture.questions.layer_sizes import ask_output_size, ask_parameters, ask_two_layers
from cnn.lecture.questions.networks import ask_receptive_field
from cnn.lecture.questions.output_cells import ask_cell, ask_pooled_cell
from cnn.lecture.questions.question import Question
from cnn.lecture.questions.timeline import ask_year
from cnn.ops.convolution import conv1d, conv2d
from cnn.ops.feature_stack import chain_two_layers
from cnn.ops.pooling import pool2d
from cnn.ops.windows import Array


@dataclass(frozen=True)
class Operand:
    """Numbers (H, W) that a question is about."""

    caption: str
    numbers: Array
    role: Literal["input", "kernel"]


@dataclass(frozen=True)
class QuizQuestion:
    """A question, the page that teaches its topic, and the numbers to show with it."""

    page: str
    question: Question
    operands: tuple[Operand, ...] = ()


def draw_quiz(number: int) -> tuple[QuizQuestion, ...]:
    """Draw the ten questions of quiz ``number``, one of each topic, in an order that the number determines too."""
    draw = random.Random(number)
    topics = [*_TOPICS]
    draw.shuffle(topics)
    return tuple(topic(draw) for topic in topics)


def _history(draw: random.Random) -> QuizQuestion:
    return QuizQuestion("history", ask_year(draw.randrange(99)))


def _convolution_1d(draw: random.Random) -> QuizQuestion:
    signal = [draw.randint(0, 4) for _ in range(5)]
    kernel = draw.choice([(1, -1, 2), (2, 0, 1), (1, 2, -1), (0, 1, 3)])
    flip = draw.random() < 0.5
    question = ask_cell(conv1d(signal, kernel, mode="full", flip=flip), draw.randrange(1000))
    slid = "The kernel slides over the signal, padded with zeros so that every overlap counts (mode full)."
    prompt = question.prompt if flip else question.prompt.replace("?", ", with the kernel as it is written?")
    operands = (
        Operand("Signal", np.array([signal], float), "input"),
        Operand("Kernel", np.array([kernel], float), "kernel"),
    )
    return QuizQuestion("convolution_1d", replace(question, prompt=f"{slid} {prompt}"), operands)


def _convolution_2d(draw: random.Random) -> QuizQuestion:
    image, weights = _draw_matrix(draw, 4, 0, 3), _draw_matrix(draw, 3, -1, 1)
    question = ask_cell(conv2d(image, weights), draw.randrange(1000))
    slid = "The filter is slid over the image with stride 1 and no padding, without a flip."
    operands = (Operand("Image", image, "input"), Operand("Filter", weights, "kernel"))
    return QuizQuestion("convolution_2d", replace(question, prompt=f"{slid} {question.prompt}"), operands)


def _filters_relu(draw: random.Random) -> QuizQuestion:
    side, first, second = draw.choice([20, 28, 32]), draw.choice([6, 7, 10]), draw.choice([8, 12])
    layers = chain_two_layers(side, 3, first, second, draw.choice([3, 5]))
    return QuizQuestion("filters_relu", ask_two_layers(layers, draw.choice([1, 2])))


def _stride_padding(draw: random.Random) -> QuizQuestion:
    stride = draw.choice([1, 2, 3])
    n, window = draw.randint(7, 40), Window(draw.choice([3, 5]), stride, draw.choice([0, 1, 2]))
    question = ask_output_size(n, window)
    return QuizQuestion("stride_padding", question)


def _pooling(draw: random.Random) -> QuizQuestion:
    numbers = _draw_matrix(draw, 4, 0, 9)
    kinds: tuple[Literal["max", "average"], ...] = ("max", "average")
    question = ask_pooled_cell(pool2d(numbers, Window(2, stride=2), draw.choice(kinds)), draw.randrange(1000))
    prompt = f"Windows of 2 × 2 with stride 2. {question.prompt}"
    return QuizQuestion("pooling", replace(question, prompt=prompt), (Operand("Input", numbers, "input"),))


def _layer_calculator(draw: random.Random) -> QuizQuestion:
    question = ask_parameters(draw.choice([3, 8, 16]), draw.choice([6, 16, 32]), draw.choice([3, 5]))
    return QuizQuestion("layer_calculator", question)


def _architecture_builder(draw: random.Random) -> QuizQuestion:
    convolution, pool = Window(draw.choice([3, 5])), Window(2, stride=2)
    layers = draw.choice([[convolution] * 2, [convolution] * 3, [convolution, pool, convolution]])
    return QuizQuestion("architecture_builder", ask_receptive_field(layers))


def _why_cnns(draw: random.Random) -> QuizQuestion:
    return QuizQuestion("why_cnns", ask_dense_vs_conv(draw.randrange(1, 100)))


def _fully_connected(draw: random.Random) -> QuizQuestion:
    return QuizQuestion("fully_connected", ask_fully_connected(draw.randrange(1, 100)))


def _draw_matrix(draw: random.Random, side: int, low: int, high: int) -> Array:
    return np.array([[draw.randint(low, high) for _ in range(side)] for _ in range(side)], float)


_TOPICS: tuple[Callable[[random.Random], QuizQuestion], ...] = (
    _history,
    _convolution_1d,
    _why_cnns,
    _convolution_2d,
    _filters_relu,
    _stride_padding,
    _pooling,
    _layer_calculator,
    _fully_connected,
    _architecture_builder,
)
