"""A filter to be learned from pairs of input and output: the pairs, the hidden filter, and where descent begins."""

from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np

from cnn.ops.convolution import Convolution, conv2d
from cnn.ops.filters import KERNELS
from cnn.ops.gradients import DescentStep, Gradients, backward, descend, largest_stable_rate, squared_error
from cnn.ops.windows import Array

SIDE = 6
PAIRS = 3
_HIDDEN = 5
"""Hidden filters that may be drawn."""
TARGETS = {"edge detector": 0, "vertical edges": 1, "blur": 4}
"""Named filters of :data:`cnn.ops.filters.KERNELS`."""


@dataclass(frozen=True)
class FilterTask:
    """What to learn: ``target`` is a key of TARGETS or "hidden"; ``seed`` draws pairs and beginning."""

    target: str = "edge detector"
    seed: int = 0

    @cached_property
    def weights(self) -> Array:
        """The filter (3, 3) that made the outputs."""
        if self.target in TARGETS:
            return np.array(KERNELS[TARGETS[self.target]].weights, dtype=np.float64)
        return np.random.default_rng(1000 + self.seed).integers(-3, 4, (3, 3)).astype(np.float64)

    @cached_property
    def inputs(self) -> tuple[Array, ...]:
        """Inputs (6, 6) of whole numbers from -2 to 2."""
        rng = np.random.default_rng(self.seed)
        return tuple(rng.integers(-2, 3, (SIDE, SIDE)).astype(np.float64) for _ in range(PAIRS))

    @cached_property
    def start(self) -> Array:
        """The filter (3, 3) that descent begins with."""
        return np.random.default_rng(2000 + self.seed).integers(-10, 11, (3, 3)) / 10

    @property
    def largest_rate(self) -> float:
        """The learning rate above which descent diverges."""
        return largest_stable_rate(self.inputs, (3, 3))

    def steps(self, learning_rate: float, count: int) -> list[DescentStep]:
        """Return up to ``count`` + 1 steps, the first before any change; fewer where it diverges."""
        return list(islice(descend(self.inputs, self.weights, self.start, learning_rate), count + 1))


@dataclass(frozen=True)
class BackwardPass:
    """The backward pass of one pair at one moment of the descent, as data to step through."""

    image: Array
    weight: Array
    target: Array

    @cached_property
    def forward(self) -> Convolution:
        """The output of the filter as it is now."""
        return conv2d(self.image, self.weight)

    @cached_property
    def loss(self) -> float:
        """The mean squared error of this pair."""
        return squared_error(self.forward.output, self.target)[0]

    @cached_property
    def errors(self) -> Array:
        """dL/dy, (H2, W2)."""
        return np.asarray(squared_error(self.forward.output, self.target)[1][0])

    @cached_property
    def gradients(self) -> Gradients:
        """dL/dw, dL/db and dL/dx."""
        return backward(self.forward, self.errors[None])

    @property
    def weight_gradient(self) -> Convolution:
        """The convolution whose output is dL/dw: the errors slide over the input as a filter does."""
        return conv2d(self.image, self.errors)


def backward_pass(task: FilterTask, weight: Array, pair: int) -> BackwardPass:
    """Return the backward pass of pair number ``pair``, from 0, with the filter ``weight``."""
    image = task.inputs[pair]
    return BackwardPass(image, weight, conv2d(image, task.weights).output)
