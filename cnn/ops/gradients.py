"""The backward pass of a convolution by hand, and a filter that learns by it; every step as data.

With the loss L = mean of (output - target)² over all output cells and images, each output cell gets an error
dL/dy = 2 (y - t) / n. From it follow

    dL/dw[i, j] = sum over positions of error[row, column] * input[row * S + i * D, column * S + j * D]
    dL/dx       = full convolution of the errors with the filter, flipped once

as in Goodfellow, Bengio and Courville, Deep Learning, 2016, equations 9.11 and 9.13.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cnn.errors import DoesNotFit
from cnn.ops.convolution import Convolution, conv2d
from cnn.ops.windows import Array, cell_indices, extract_patches

DIVERGED = 1e6
"""A loss above this ends a descent: the learning rate is too large."""


@dataclass(frozen=True)
class Gradients:
    """Derivatives of the loss with respect to a convolution's weights (K, C, FH, FW), bias (K,), input (C, H, W)."""

    weight: Array
    bias: Array
    input: Array


def backward(convolution: Convolution, errors: Array) -> Gradients:
    """Work out the derivatives from the errors dL/dy, (K, H2, W2), of the output.

    Raises:
        DoesNotFit: The padding copies the input, or the kernel is flipped: neither is worked out here.
    """
    if convolution.padding_mode != "zeros" or convolution.flip:
        raise DoesNotFit("The backward pass is worked out for zero padding and a filter that is not flipped.")
    patches = extract_patches(convolution.padded, convolution.rows, convolution.columns)  # (C, H2, W2, FH, FW)
    weight = np.einsum("khw,chwij->kcij", errors, patches)
    return Gradients(weight, errors.sum((1, 2)), _input_gradient(convolution, errors))


def _input_gradient(convolution: Convolution, errors: Array) -> Array:
    """Let each error flow back through each weight to the input cell below it; padding is cut off."""
    shares = np.einsum("khw,kcij->chwij", errors, convolution.weight)
    gradient = np.zeros_like(convolution.padded)
    rows, columns = cell_indices(convolution.rows, convolution.columns)
    for channel, flowing in zip(gradient, shares, strict=True):
        np.add.at(channel, (rows, columns), flowing)
    top, left = convolution.rows.before, convolution.columns.before
    return gradient[:, top : top + convolution.rows.size, left : left + convolution.columns.size]


def full_convolution(errors: Array, weight: Array) -> Convolution:
    """Convolve the errors (H2, W2) of stride 1 without padding with a filter (F, F): its output is dL/dx.

    "Full" means F - 1 zeros all around, and the filter is flipped.
    """
    height, width = (side - 1 for side in weight.shape)
    return conv2d(np.pad(errors, ((height, height), (width, width))), weight, flip=True)


def squared_error(output: Array, target: Array) -> tuple[float, Array]:
    """Return the mean of the squared differences, and its derivative with respect to each output cell."""
    difference = output - target
    return float((difference**2).mean()), 2 * difference / difference.size


@dataclass(frozen=True)
class DescentStep:
    """One step of gradient descent, before the filter changes.

    Attributes:
        weight: The filter (F, F).
        loss: Mean squared error over all pairs.
        gradient: dL/dw, (F, F).
    """

    weight: Array
    loss: float
    gradient: Array

    def next_weight(self, learning_rate: float) -> Array:
        """Return the filter one step downhill."""
        return self.weight - learning_rate * self.gradient


def descend(inputs: Sequence[Array], target: Array, start: Array, learning_rate: float) -> Iterator[DescentStep]:
    """Teach a filter to do what the filter ``target`` does, from pairs of input (H, W) and output.

    Yields:
        Step after step without end, until the loss passes ``DIVERGED``.
    """
    patches, weight = [_patches(image, target.shape) for image in inputs], start
    while True:
        pairs = [squared_error(each @ weight.ravel(), each @ target.ravel()) for each in patches]
        gradients = [errors @ each for (_, errors), each in zip(pairs, patches, strict=True)]
        loss, gradient = np.mean([loss for loss, _ in pairs]), np.mean(gradients, axis=0)
        step = DescentStep(weight, float(loss), gradient.reshape(weight.shape))
        yield step
        if not step.loss < DIVERGED:
            return
        weight = step.next_weight(learning_rate)


def _patches(image: Array, shape: tuple[int, ...]) -> Array:
    """Return what a filter (FH, FW) of this ``shape`` meets at each position, in rows (H2 * W2, FH * FW)."""
    example = conv2d(image, np.zeros(shape))
    return extract_patches(example.padded, example.rows, example.columns).reshape(-1, shape[0] * shape[1])


def largest_stable_rate(inputs: Sequence[Array], shape: tuple[int, int]) -> float:
    """Return the learning rate above which the descent diverges: 2 over the largest curvature of the loss.

    The loss is a quadratic function of the filter; its Hessian is twice the mean of patch times patch.
    """
    hessian: Array = np.zeros((shape[0] * shape[1],) * 2)
    for image in inputs:
        patches = _patches(image, shape)
        hessian += 2 * patches.T @ patches / len(patches) / len(inputs)
    return float(2 / np.linalg.eigvalsh(hessian)[-1])
