"""What one fixed shuffle of the pixels costs a network: the shuffle, and learning curves that were trained beforehand.

:mod:`cnn.training.pixel_shuffle` writes the curves in ``results.json``.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cnn.layers.receptive_field import receptive_field
from cnn.layers.sizes import Window
from cnn.ops.windows import Array
from cnn.text import percent

Dataset = Literal["shapes", "digits"]
NetworkName = Literal["fully connected", "convolution"]
Order = Literal["as they are", "shuffled"]
DATASETS: tuple[Dataset, ...] = ("shapes", "digits")
NETWORKS: tuple[NetworkName, ...] = ("fully connected", "convolution")
ORDERS: tuple[Order, ...] = ("as they are", "shuffled")

RESULTS = Path(__file__).with_name("results.json")
WINDOWS = (Window(5, padding=2), Window(2, stride=2), Window(5, padding=2))
"""Convolution, pool, convolution: the small convolutional network before its global maximum and last layer."""


@dataclass(frozen=True)
class LearningCurve:
    """Accuracy of one network on held-out images, (seeds, epochs), 0 to 1."""

    accuracy: Array

    @property
    def mean(self) -> Array:
        """Mean over the seeds, (epochs,)."""
        return np.asarray(self.accuracy.mean(axis=0))

    @property
    def last(self) -> float:
        """Mean over the seeds after the last epoch."""
        return float(self.mean[-1])

    def describe_last(self) -> str:
        """Return mean and range over the seeds after the last epoch."""
        ends = self.accuracy[:, -1]
        return f"{percent(self.last, 1)} ({percent(ends.min(), 1)} to {percent(ends.max(), 1)})"


@dataclass(frozen=True)
class Experiment:
    """Both networks on one dataset, in order and shuffled.

    Attributes:
        names: The classes.
        samples: One held-out image of each class, (classes, side, side), 0 to 1.
        training: Number of training images.
        held_out: Number of images kept out of training.
        histogram_accuracy: Accuracy, 0 to 1, of logistic regression on the sorted grey values of an image, which no
            shuffle changes.
        parameters: Number of weights and biases of each network.
        curves: Learning curve of each network and order of the pixels.
    """

    names: tuple[str, ...]
    samples: Array
    training: int
    held_out: int
    histogram_accuracy: float
    parameters: dict[NetworkName, int]
    curves: dict[tuple[NetworkName, Order], LearningCurve]

    @property
    def receptive_field(self) -> int:
        """Receptive field of the last convolution in pixels across, ignoring the edges of the image."""
        return receptive_field(WINDOWS)[-1].size

    def is_hurt_by_shuffle(self, network: NetworkName) -> bool:
        """Return whether ``network`` did worse after the shuffle with every seed than before it with any."""
        before, after = (self.curves[network, order].accuracy[:, -1] for order in ORDERS)
        return bool(after.max() < before.min())

    def accuracy_loss(self, network: NetworkName) -> float:
        """Return the accuracy that ``network`` lost by the shuffle, in points between percents of one decimal."""
        before, after = (round(100 * self.curves[network, order].last, 1) for order in ORDERS)
        return before - after

    def largest_distance(self, network: NetworkName) -> float:
        """Return how far apart the mean curves with and without the shuffle are at most, in percentage points."""
        before, after = (self.curves[network, order].mean for order in ORDERS)
        return 100 * float(np.abs(before - after).max())


def permutation(pixels: int) -> NDArray[np.int64]:
    """Return the fixed shuffle: position ``i`` of a shuffled row holds pixel ``permutation[i]`` of the image."""
    return np.random.default_rng(pixels).permutation(pixels)


def shuffle_pixels(images: Array) -> Array:
    """Move the pixels of every image in (..., H, W) by the same :func:`permutation`."""
    rows = images.reshape(*images.shape[:-2], -1)
    return np.asarray(rows[..., permutation(rows.shape[-1])].reshape(images.shape))


def correlate_neighbours(image: Array) -> tuple[float, float]:
    """Return Pearson's correlation, -1 to 1, of the pixels of (H, W) with those to their right and with those below."""
    pairs = (image[:, :-1], image[:, 1:]), (image[:-1], image[1:])
    right, below = (float(np.corrcoef(first.ravel(), second.ravel())[0, 1]) for first, second in pairs)
    return right, below


@cache
def _results() -> dict[str, dict[str, Any]]:
    results: dict[str, dict[str, Any]] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return results


def load_experiment(dataset: Dataset) -> Experiment:
    """Return what :mod:`cnn.training.pixel_shuffle` measured on ``dataset``."""
    result = _results()[dataset]
    curves = {
        (network, order): LearningCurve(np.array(result["accuracy"][network][order]))
        for network in NETWORKS
        for order in ORDERS
    }
    return Experiment(
        names=tuple(result["names"]),
        samples=np.array(result["samples"]) / 100,
        training=result["training"],
        held_out=result["kept out"],
        histogram_accuracy=result["greys alone"],
        parameters=result["parameters"],
        curves=curves,
    )
