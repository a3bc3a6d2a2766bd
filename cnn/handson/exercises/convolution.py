"""Exercises of notebook 1: the forward and the backward pass of a convolution, in NumPy."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnn.handson.exercises.judging import Exercise, as_numbers, function, rule, value
from cnn.ops.filter_task import FilterTask
from cnn.ops.gradients import squared_error

Array = NDArray[np.float64]
Pair = tuple[Array, Array]
_SIGNAL, _SLOPE = np.array([2.0, 5.0, 1.0, 4.0, 3.0]), np.array([1.0, 0.0, -1.0])
_RATES = (0.01, 0.03, 0.1, 0.2, 0.3, 0.5)
_rng = np.random.default_rng(0)


def correlate2d(x: Array, w: Array, stride: int = 1, padding: int = 0) -> Array:
    """Return the cross-correlation of ``x`` (H, W) and ``w`` (F, F)."""
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(x, padding), w.shape)[::stride, ::stride]
    return np.asarray(np.einsum("abij,ij->ab", windows, w))


def weight_gradient(x: Array, errors: Array) -> Array:
    """Return dL/dw of a correlation with stride 1 and no padding."""
    return correlate2d(x, errors)


def input_gradient(errors: Array, w: Array, *, flip: bool = True) -> Array:
    """Return dL/dx of a correlation with stride 1 and no padding."""
    return correlate2d(errors, w[::-1, ::-1] if flip else w, padding=len(w) - 1)


def numeric_gradient(f: Callable[[Array], float], w: Array, eps: float = 1e-4) -> Array:
    """Return central differences of ``f`` at ``w``."""
    result = np.zeros_like(w)
    for index in np.ndindex(w.shape):
        step = np.zeros_like(w)
        step[index] = eps
        result[index] = (f(w + step) - f(w - step)) / (2 * eps)
    return result


def learn(pairs: Sequence[Pair], rate: float, steps: int, *, only: int | None = None, sign: int = -1) -> Array:
    """Return the filter (3, 3) that gradient descent from zero finds."""
    w = np.zeros((3, 3))
    for _ in range(steps):
        gradients = [weight_gradient(x, squared_error(correlate2d(x, w), t)[1]) for x, t in pairs[:only]]
        w = w + sign * rate * np.mean(gradients, axis=0)
    return w


def _sum_of_gradients(pairs: Sequence[Pair], rate: float, steps: int) -> Array:
    return learn(pairs, rate * len(pairs), steps)


def _stride_ignored(x: Array, w: Array, _stride: int = 1, padding: int = 0) -> Array:
    return correlate2d(x, w, 1, padding)


def _cube(w: Array) -> float:
    return float((w**3).sum())


def _one_sided(f: Callable[[Array], float], w: Array, eps: float = 1e-4) -> Array:
    return np.array([(f(w + eps * unit) - f(w)) / eps for unit in _units(w)]).reshape(w.shape)


def _units(w: Array) -> Array:
    return np.eye(w.size).reshape(-1, *w.shape)


def _judge_edges(answer: Any) -> str:
    w = as_numbers(answer)
    if w.shape != (3, 3):
        return "the filter must have 3 rows and 3 columns."
    flat, edge = np.full((5, 5), 7.0), np.tile([0.0, 0, 0, 1, 1], (5, 1))
    if np.abs(correlate2d(flat, w)).max() > 1e-6:
        return "in a region of one grey the output must be 0, and yours is not: what do the nine weights add up to?"
    if np.abs(correlate2d(edge.T, w)).max() > 1e-6:
        return "it also responds to an edge that runs from left to right: look at what each row adds up to."
    if correlate2d(edge, w)[0, 1] <= 0:
        return "where dark turns to bright from left to right the output must be above 0, and yours is not."
    return ""


def largest_falling_rate() -> float:
    """Return the largest rate of the list with which the loss of the edge detector's task falls at every step."""
    task = FilterTask()
    return max(rate for rate in _RATES if rate < task.largest_rate)


def _pairs(seed: int, count: int) -> list[Pair]:
    rng = np.random.default_rng(seed)
    inputs = rng.integers(-2, 3, (count, 6, 6)).astype(float)
    return [(x, correlate2d(x, np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]))) for x in inputs]


_X, _W, _ERRORS = _rng.normal(size=(7, 6)), _rng.normal(size=(3, 3)), _rng.normal(size=(5, 4))
_SIDEWAYS = np.array([[0, 0, 0], [1, 0, 0], [0, 0, 0]])

EXERCISES: dict[str, Exercise] = {
    "1.1": value(
        np.convolve(_SIGNAL, _SLOPE, "valid"),
        {
            "this is the cross-correlation: you forgot to flip the filter.": np.correlate(_SIGNAL, _SLOPE, "valid"),
            "you padded: without padding there are as many outputs as places where the whole filter fits.": np.convolve(
                _SIGNAL, _SLOPE, "same"
            ),
        },
        "Write the filter backwards first: [-1, 0, 1].",
        "Lay it over the first three values, multiply each pair, add the three products; then move on by one.",
    ),
    "1.2": function(
        lambda x, w: np.convolve(x, w, "valid"),
        [(_SIGNAL, _SLOPE), (_rng.normal(size=9), _rng.normal(size=4))],
        {
            "this is the cross-correlation: you forgot to flip the filter.": lambda x, w: np.correlate(x, w, "valid"),
            "one output is missing: len(x) - len(w) is the last place at which the filter fits, and it counts.": (
                lambda x, w: np.convolve(x, w, "valid")[:-1]
            ),
            "you padded with zeros: only places count at which the whole filter lies on the signal.": (
                lambda x, w: np.convolve(x, w, "full")
            ),
        },
        "w[::-1] is the filter backwards.",
        "There are len(x) - len(w) + 1 places. At place i the filter lies over x[i : i + len(w)].",
    ),
    "1.3": function(
        correlate2d,
        [(_X, _W), (_X, _W, 2), (_X, _W, 1, 1), (_X, _W, 2, 1)],
        {
            "you flipped the filter: CONV layers, and PyTorch, do not.": (
                lambda x, w, stride=1, padding=0: correlate2d(x, w[::-1, ::-1], stride, padding)
            ),
            "the stride has no effect: window i begins at row i * stride.": _stride_ignored,
            "the padding has no effect: np.pad(x, padding) adds zeros on all four sides.": (
                lambda x, w, stride=1, padding=0: correlate2d(x, w, stride)
            ),
            "rows and columns are exchanged.": (lambda x, w, stride=1, padding=0: correlate2d(x, w, stride, padding).T),
        },
        "Pad first. Then count the rows of the output: (rows - F) // stride + 1, with the rows after padding.",
        "Cell [i, j] is the sum of window * w, where the window begins at row i * stride and column j * stride.",
    ),
    "1.4": value(
        _SIDEWAYS,
        {
            "it moves the picture to the left: a cell of the output takes its value from where the 1 is.": (
                _SIDEWAYS[:, ::-1]
            ),
            "it moves the picture up or down, not sideways.": _SIDEWAYS.T,
            "this filter copies the picture without moving it.": np.diag([0, 1, 0]),
        },
        "One weight is 1, eight are 0. Which of its nine neighbours must a cell copy?",
        "If everything moves to the right, a cell's new value is the old one of its neighbour on the left.",
    ),
    "1.5": rule(
        _judge_edges,
        np.array([[-1, 0, 1]] * 3),
        {
            "what do the nine weights add up to": np.ones((3, 3)),
            "look at what each row adds up to": np.array([[-1, -1, -1], [0, 0, 0], [1, 1, 1]]),
            "must be above 0": np.array([[1, 0, -1]] * 3),
            "3 rows and 3 columns": np.ones((2, 2)),
        },
        "If each row adds up to 0, a row of one grey gives 0, whatever is above and below.",
        "Negative weights on the dark side, positive ones on the bright side.",
    ),
    "1.6": function(
        lambda y, t: 2 * (y - t) / y.size,
        [(_X, _X[::-1]), (_W, _W.T + 1)],
        {
            "the sign is wrong: if y is too large, the loss falls when y falls, so dL/dy is positive.": (
                lambda y, t: 2 * (t - y) / y.size
            ),
            "you forgot that the loss is a mean: each cell has a share of 1/n in it.": lambda y, t: 2 * (y - t),
            "the derivative of a square has a factor that is missing here.": lambda y, t: (y - t) / y.size,
            "this is the loss, and its derivative with respect to each cell of y is wanted.": (
                lambda y, t: ((y - t) ** 2).mean()
            ),
        },
        "Take one cell alone: L = (y0 - t0)² / n + terms without y0.",
        "The derivative of (y0 - t0)² with respect to y0 is 2 (y0 - t0).",
    ),
    "1.7": function(
        weight_gradient,
        [(_X, _ERRORS)],
        {
            "you flipped the errors: a weight meets input and error in the same order.": (
                lambda x, errors: correlate2d(x, errors[::-1, ::-1])
            ),
            "dL/dw must have the shape of the filter; yours is that of the input: do not pad here.": (
                lambda x, errors: correlate2d(np.pad(x, ((2, 2), (1, 2))), errors)
            ),
            "this is the mean over all positions: each position adds its whole share.": (
                lambda x, errors: correlate2d(x, errors) / errors.size
            ),
        },
        "w[0, 0] is multiplied by x[i, j] to help make y[i, j]. So dL/dw[0, 0] = sum of errors[i, j] * x[i, j].",
        "For w[a, b] it is x[i + a, j + b]: that sum is a correlation you have already written.",
    ),
    "1.8": function(
        input_gradient,
        [(_ERRORS, _W)],
        {
            "the shape is right, but you forgot to flip the filter.": (
                lambda errors, w: input_gradient(errors, w, flip=False)
            ),
            "the result is smaller than the input of the layer was: pad the errors with F - 1 zeros on each side.": (
                lambda errors, w: correlate2d(errors, w[::-1, ::-1])
            ),
            "you padded by 1: with a filter of 3 x 3 the corner of the input has one window only, so pad by F - 1.": (
                lambda errors, w: correlate2d(errors, w[::-1, ::-1], padding=1)
            ),
        },
        "An input cell is read by up to F x F windows. Its gradient adds up error times the weight that met it.",
        "Pad the errors with F - 1 zeros, flip the filter in both directions, and correlate.",
    ),
    "1.9": function(
        numeric_gradient,
        [(_cube, np.array([[0.0, 1.0], [2.0, 3.0]]), 0.1)],
        {
            "you compare with f(w) itself; a step to both sides is much more exact: f(w + eps) - f(w - eps).": (
                _one_sided
            ),
            "you divide by eps, but the two points are 2 eps apart.": (
                lambda f, w, eps=1e-4: 2 * numeric_gradient(f, w, eps)
            ),
            "the derivative has the wrong sign.": lambda f, w, eps=1e-4: -numeric_gradient(f, w, eps),
        },
        "Change one weight at a time, and change it back before the next: work on a copy, w.copy().",
        "np.ndindex(w.shape) gives all indices.",
    ),
    "1.10": function(
        learn,
        [(_pairs(1, 3), 0.05, 1), (_pairs(1, 3), 0.05, 20)],
        {
            "the loss rises: step against the gradient, not along it.": (
                lambda pairs, rate, steps: learn(pairs, rate, steps, sign=1)
            ),
            "only the first pair counts; take the mean of the gradients of all pairs at each step.": (
                lambda pairs, rate, steps: learn(pairs, rate, steps, only=1)
            ),
            "you added up the gradients of the pairs: take their mean, or the rate means something else.": (
                _sum_of_gradients
            ),
            "the filter takes one step less or more than it should.": (
                lambda pairs, rate, steps: learn(pairs, rate, steps - 1)
            ),
        },
        "In each step: y = correlate2d(x, w), errors = loss_gradient(y, t), gradient = weight_gradient(x, errors).",
        "Then w = w - rate * (mean of the gradients over the pairs).",
    ),
    "1.11": value(
        largest_falling_rate(),
        {
            "with this rate the loss grows: look at its last values.": _RATES[_RATES.index(largest_falling_rate()) + 1],
            "with this rate the loss falls at every step, but there is a larger one in the list.": (
                _RATES[_RATES.index(largest_falling_rate()) - 1]
            ),
        },
        "Run the descent with each rate and print the losses.",
        "A rate that is too large makes the loss jump up at once, then grow without end.",
    ),
}
