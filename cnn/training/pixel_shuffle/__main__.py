"""Measure what one fixed shuffle of the pixels costs two small networks: ``python -m cnn.training.pixel_shuffle``.

Writes ``cnn/lecture/pixel_shuffle/results.json``, which the page on why there are CNNs shows, in a few minutes on one
core. A fully connected and a convolutional network are trained on images as they are and shuffled: the outlines of
:mod:`cnn.training.pixel_shuffle.drawn_shapes`, and the 1,797 handwritten digits of scikit-learn's ``load_digits`` (8x8,
UCI Optical Recognition of Handwritten Digits, Alpaydin and Kaynak 1998, CC BY 4.0).

Nothing is chosen by the accuracies: optimiser, sizes and epochs are the same for all, and fixed.
"""

import json
from collections.abc import Iterator
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn
from torch.nn import functional as F

from cnn.lecture.pixel_shuffle.results import (
    DATASETS,
    NETWORKS,
    ORDERS,
    RESULTS,
    WINDOWS,
    Dataset,
    NetworkName,
    Order,
    shuffle_pixels,
)
from cnn.ops.windows import Array
from cnn.training.pixel_shuffle.drawn_shapes import SHAPES, draw_shapes

SEEDS = (0, 1, 2)
EPOCHS = 20
BATCH = 32
LEARNING_RATE = 3e-3
TEST_IMAGES = {"shapes": 1000, "digits": 597}
SHAPE_IMAGES = 3000
HIDDEN_UNITS = 32
FILTERS = (8, 16)
"""Filters of the two convolution layers."""


def load_images(kind: Dataset) -> tuple[Array, NDArray[np.int64]]:
    """Return all images (N, H, W), values about 0 to 1, and their classes (N,), in a fixed random order."""
    if kind == "shapes":
        return draw_shapes(SHAPE_IMAGES, seed=0)
    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.target))
    return digits.images[order] / 16, digits.target[order]


def build(network: NetworkName, side: int, classes: int) -> nn.Sequential:
    """Return the network before training, with weights from torch's random state."""
    if network == "fully connected":
        return nn.Sequential(
            nn.Flatten(), nn.Linear(side * side, HIDDEN_UNITS), nn.ReLU(), nn.Linear(HIDDEN_UNITS, classes)
        )
    (first, second), (conv1, pool, conv2) = FILTERS, WINDOWS
    return nn.Sequential(
        nn.Conv2d(1, first, conv1.kernel_size, padding=conv1.padding),
        nn.ReLU(),
        nn.MaxPool2d(pool.kernel_size),
        nn.Conv2d(first, second, conv2.kernel_size, padding=conv2.padding),
        nn.ReLU(),
        nn.AdaptiveMaxPool2d(1),
        nn.Flatten(),
        nn.Linear(second, classes),
    )


def load_tensors(kind: Dataset, order: Order) -> tuple[Tensor, Tensor]:
    """Return images (N, 1, H, W) in one order of their pixels, and classes (N,); the last ones are for testing."""
    pixels, classes = load_images(kind)
    pixels = shuffle_pixels(pixels) if order == "shuffled" else pixels
    return torch.from_numpy(pixels).float()[:, None], torch.from_numpy(classes)


def train(model: nn.Module, pixels: Tensor, classes: Tensor, test_images: int, seed: int) -> Iterator[float]:
    """Train ``model`` without end, and yield after each epoch the accuracy on the last ``test_images``, 0 to 1."""
    optimiser = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    generator = torch.Generator().manual_seed(seed)
    training = len(pixels) - test_images
    while True:
        for batch in torch.randperm(training, generator=generator).split(BATCH):
            optimiser.zero_grad()
            F.cross_entropy(model(pixels[batch]), classes[batch]).backward()
            optimiser.step()
        with torch.inference_mode():
            correct = model(pixels[training:]).argmax(dim=1) == classes[training:]
        yield correct.float().mean().item()


def accuracy_curve(kind: Dataset, network: NetworkName, order: Order, seed: int, epochs: int = EPOCHS) -> list[float]:
    """Return the accuracy on the test images, 0 to 1, after each epoch."""
    pixels, classes = load_tensors(kind, order)
    torch.manual_seed(seed)
    model = build(network, pixels.shape[-1], int(classes.max()) + 1)
    accuracies = train(model, pixels, classes, TEST_IMAGES[kind], seed)
    return [round(accuracy, 4) for accuracy in islice(accuracies, epochs)]


def sample_images(kind: Dataset) -> list[list[list[int]]]:
    """Return one test image of each class, in hundredths of full ink."""
    pixels, classes = (values[-TEST_IMAGES[kind] :] for values in load_images(kind))
    _, first = np.unique(classes, return_index=True)
    return [(100 * pixels[index]).round().astype(int).tolist() for index in first]


def accuracy_of_greys(kind: Dataset) -> float:
    """Return the accuracy on the test images, 0 to 1, of logistic regression on the sorted greys of each image."""
    pixels, classes = load_images(kind)
    greys = np.sort(pixels.reshape(len(pixels), -1), axis=1)
    training = len(greys) - TEST_IMAGES[kind]
    regression = LogisticRegression(max_iter=5000).fit(greys[:training], classes[:training])
    return round(float(regression.score(greys[training:], classes[training:])), 4)


def measure(kind: Dataset) -> dict[str, object]:
    """Return everything that the page shows of one kind of image."""
    pixels, classes = load_images(kind)
    names = list(SHAPES) if kind == "shapes" else [str(name) for name in np.unique(classes)]
    return {
        "names": names,
        "samples": sample_images(kind),
        "training": len(pixels) - TEST_IMAGES[kind],
        "kept out": TEST_IMAGES[kind],
        "greys alone": accuracy_of_greys(kind),
        "parameters": {
            network: sum(p.numel() for p in build(network, pixels.shape[-1], len(names)).parameters())
            for network in NETWORKS
        },
        "accuracy": {
            network: {order: [accuracy_curve(kind, network, order, seed) for seed in SEEDS] for order in ORDERS}
            for network in NETWORKS
        },
    }


def main() -> None:
    """Measure everything and write it."""
    head = {"made by": "python -m cnn.training.pixel_shuffle", "torch": torch.__version__, "seeds": list(SEEDS)}
    results = head | {kind: measure(kind) for kind in DATASETS}
    RESULTS.write_text(json.dumps(results, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
