"""What one fixed shuffle of the pixels costs a network: the pictures, the shuffle, and curves that were trained before.

The curves in ``results.json`` are made by :mod:`cnn.training.pixel_shuffle`; nothing is trained here, and PyTorch is
not needed.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cnn.layers.receptive_field import receptive_field
from cnn.layers.sizes import Window
from cnn.ops.windows import Array

Pictures = Literal["shapes", "digits"]
Network = Literal["fully connected", "convolution"]
Order = Literal["as they are", "shuffled"]
PICTURES: tuple[Pictures, ...] = ("shapes", "digits")
NETWORKS: tuple[Network, ...] = ("fully connected", "convolution")
ORDERS: tuple[Order, ...] = ("as they are", "shuffled")

RESULTS = Path(__file__).with_name("results.json")
SHAPES = ("circle", "square", "triangle", "plus")
SIDE = 24
"""Width and height of the drawn shapes."""
WINDOWS = (Window(5, padding=2), Window(2, stride=2), Window(5, padding=2))
"""Convolution, pool, convolution: the small convolutional network before its global maximum and last layer."""


@dataclass(frozen=True)
class Trained:
    """One network trained on one kind of pictures, once for each of several seeds.

    ``accuracy`` (seeds, epochs), 0 to 1: share of pictures kept out of training that were named rightly after each
    epoch.
    """

    accuracy: Array

    @property
    def mean(self) -> Array:
        """(epochs,): over the seeds."""
        return np.asarray(self.accuracy.mean(axis=0))

    @property
    def last(self) -> float:
        """After the last epoch, the mean of the seeds."""
        return float(self.mean[-1])

    def told(self) -> str:
        """The last epoch in words."""
        ends = self.accuracy[:, -1]
        return f"{self.last:.1%} ({ends.min():.1%} to {ends.max():.1%})"


@dataclass(frozen=True)
class Experiment:
    """Both networks on one kind of pictures, in their order and shuffled.

    ``parameters`` counts weights and biases of each network, ``training`` and ``kept_out`` the pictures; ``samples``
    (classes, side, side), values 0 to 1, holds one picture of each of the classes ``names``. ``greys_alone``
    is the accuracy, 0 to 1, of logistic regression on the sorted greys of a picture, which no shuffle changes.
    """

    names: tuple[str, ...]
    samples: Array
    training: int
    kept_out: int
    greys_alone: float
    parameters: dict[Network, int]
    curves: dict[tuple[Network, Order], Trained]

    @property
    def sees(self) -> int:
        """Receptive field of the last convolution in pixels across, edges of the picture not considered."""
        return receptive_field(WINDOWS)[-1].size

    def hurt(self, network: Network) -> bool:
        """Whether ``network`` did worse after the shuffle with every seed than before it with any."""
        before, after = (self.curves[network, order].accuracy[:, -1] for order in ORDERS)
        return bool(after.max() < before.min())

    def lost(self, network: Network) -> float:
        """Accuracy that ``network`` lost by the shuffle, in percentage points."""
        return 100 * (self.curves[network, "as they are"].last - self.curves[network, "shuffled"].last)


def permutation(pixels: int) -> NDArray[np.int64]:
    """The one fixed shuffle: place ``i`` of a shuffled row holds pixel ``permutation[i]`` of the picture."""
    return np.random.default_rng(pixels).permutation(pixels)


def shuffled(pictures: Array) -> Array:
    """(..., H, W) with the pixels of every picture moved by the same :func:`permutation`; no grey is lost or made."""
    rows = pictures.reshape(*pictures.shape[:-2], -1)
    return np.asarray(rows[..., permutation(rows.shape[-1])].reshape(pictures.shape))


def neighbour_correlation(picture: Array) -> tuple[float, float]:
    """How alike (H, W) pixels and their neighbours are, to the right and below: Pearson's correlation, -1 to 1."""
    pairs = (picture[:, :-1], picture[:, 1:]), (picture[:-1], picture[1:])
    right, below = (float(np.corrcoef(a.ravel(), b.ravel())[0, 1]) for a, b in pairs)
    return right, below


def shapes(count: int, seed: int) -> tuple[Array, NDArray[np.int64]]:
    """Outlines of the four ``SHAPES``, (count, SIDE, SIDE), and their classes; place, size, tilt and ink vary.

    The ink is 0.6 to 1, and noise with a standard deviation of 0.1 lies on everything.
    """
    draw = np.random.default_rng(seed)
    classes = draw.integers(0, len(SHAPES), count)
    return np.stack([_shape(int(kind), draw) for kind in classes]), classes


def _shape(kind: int, draw: np.random.Generator) -> Array:
    radius, (across, down) = draw.uniform(5, 8), draw.uniform(-3, 3, 2)
    tilt = draw.uniform(-0.3, 0.3)
    y, x = np.mgrid[0:SIDE, 0:SIDE] - SIDE / 2
    u = (x - across) * np.cos(tilt) + (y - down) * np.sin(tilt)
    v = (y - down) * np.cos(tilt) - (x - across) * np.sin(tilt)
    ink = np.clip(1.3 - np.abs(_distance(kind, u, v, radius)), 0, 1)
    return np.asarray(ink * draw.uniform(0.6, 1) + draw.normal(0, 0.1, ink.shape))


def _distance(kind: int, u: Array, v: Array, radius: float) -> Array:
    """From each pixel to the nearest line of the shape, in pixels; u and v count from its middle."""
    if kind == 0:
        return np.hypot(u, v) - radius
    if kind == 1:
        return np.maximum(np.abs(u), np.abs(v)) - 0.85 * radius
    if kind == 2:
        slanted = 0.87 * np.abs(u) - 0.5 * v
        return np.maximum(v, slanted) - 0.55 * radius
    upright, flat = (np.maximum(np.abs(a), np.abs(b) - radius) for a, b in ((u, v), (v, u)))
    return np.minimum(upright, flat)


@lru_cache(maxsize=1)
def _results() -> dict[str, dict]:
    found: dict[str, dict] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return found


def experiment(pictures: Pictures) -> Experiment:
    """What :mod:`cnn.training.pixel_shuffle` measured on ``pictures``."""
    found = _results()[pictures]
    return Experiment(
        tuple(found["names"]),
        np.array(found["samples"]) / 100,
        found["training"],
        found["kept out"],
        found["greys alone"],
        found["parameters"],
        {
            (network, order): Trained(np.array(found["accuracy"][network][order]))
            for network in NETWORKS
            for order in ORDERS
        },
    )
