"""Trains a small fully connected network and a small convolutional one, on pictures as they are and shuffled.

    python -m cnn.training.pixel_shuffle

writes ``cnn/lecture/pixel_shuffle/results.json``, which the page on why there are CNNs shows. It takes a few minutes on one core. Pictures:
outlines that :func:`cnn.training.drawn_shapes.draw_shapes` draws, and the 1,797 handwritten digits of scikit-learn's ``load_digits``
(8x8, UCI Optical Recognition of Handwritten Digits, Alpaydin and Kaynak 1998, CC BY 4.0).

Nothing is chosen by the accuracies: optimiser, sizes and epochs are the same for all, and fixed.
"""

import json
from collections.abc import Iterator

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
from cnn.training.drawn_shapes import SHAPES, draw_shapes

SEEDS = (0, 1, 2)
EPOCHS = 20
BATCH = 32
LEARNING_RATE = 3e-3
KEPT_OUT = {"shapes": 1000, "digits": 597}
DRAWN = 3000
HIDDEN = 32
FILTERS = (8, 16)
"""Nodes of the hidden layer; filters of the two convolution layers."""


def pictures_of(kind: Dataset) -> tuple[Array, NDArray[np.int64]]:
    """All pictures (N, H, W), values about 0 to 1, and their classes (N,), in a fixed random order."""
    if kind == "shapes":
        return draw_shapes(DRAWN, seed=0)
    found = load_digits()
    order = np.random.default_rng(0).permutation(len(found.target))
    return found.images[order] / 16, found.target[order]


def build(network: NetworkName, side: int, classes: int) -> nn.Sequential:
    """The network before training; torch's random state decides its weights."""
    if network == "fully connected":
        return nn.Sequential(nn.Flatten(), nn.Linear(side * side, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, classes))
    (first, second), (conv1, pool, conv2) = FILTERS, WINDOWS
    return nn.Sequential(
        nn.Conv2d(1, first, conv1.kernel_size, padding=conv1.padding), nn.ReLU(), nn.MaxPool2d(pool.kernel_size),
        nn.Conv2d(first, second, conv2.kernel_size, padding=conv2.padding), nn.ReLU(), nn.AdaptiveMaxPool2d(1),
        nn.Flatten(), nn.Linear(second, classes),
    )  # fmt: skip


def tensors(kind: Dataset, order: Order) -> tuple[Tensor, Tensor]:
    """Pictures (N, 1, H, W) in one order of their pixels, and classes (N,); training leaves out the last ones."""
    pixels, classes = pictures_of(kind)
    pixels = shuffle_pixels(pixels) if order == "shuffled" else pixels
    return torch.from_numpy(pixels).float()[:, None], torch.from_numpy(classes)


def train(model: nn.Module, pixels: Tensor, classes: Tensor, kept_out: int, seed: int) -> Iterator[float]:
    """Trains ``model`` without end; after each epoch, the share of the last ``kept_out`` pictures named rightly."""
    optimiser = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    generator = torch.Generator().manual_seed(seed)
    training = len(pixels) - kept_out
    while True:
        for chosen in torch.randperm(training, generator=generator).split(BATCH):
            optimiser.zero_grad()
            F.cross_entropy(model(pixels[chosen]), classes[chosen]).backward()
            optimiser.step()
        with torch.inference_mode():
            right = model(pixels[training:]).argmax(dim=1) == classes[training:]
        yield right.float().mean().item()


def curve(kind: Dataset, network: NetworkName, order: Order, seed: int, epochs: int = EPOCHS) -> list[float]:
    """Accuracy on the pictures kept out, 0 to 1, after each of ``epochs`` epochs."""
    pixels, classes = tensors(kind, order)
    torch.manual_seed(seed)
    model = build(network, pixels.shape[-1], int(classes.max()) + 1)
    after = train(model, pixels, classes, KEPT_OUT[kind], seed)
    return [round(next(after), 4) for _ in range(epochs)]


def samples(kind: Dataset) -> list[list[list[int]]]:
    """One picture of each class that was not trained on, in hundredths of full ink."""
    pixels, classes = (values[-KEPT_OUT[kind] :] for values in pictures_of(kind))
    first = [int(np.flatnonzero(classes == name)[0]) for name in np.unique(classes)]
    return [(100 * pixels[place]).round().astype(int).tolist() for place in first]


def greys_alone(kind: Dataset) -> float:
    """Accuracy on the pictures kept out, 0 to 1, of logistic regression on the sorted greys of each picture."""
    pixels, classes = pictures_of(kind)
    greys = np.sort(pixels.reshape(len(pixels), -1), axis=1)
    training = len(greys) - KEPT_OUT[kind]
    fitted = LogisticRegression(max_iter=5000).fit(greys[:training], classes[:training])
    return round(float(fitted.score(greys[training:], classes[training:])), 4)


def measure(kind: Dataset) -> dict[str, object]:
    """Everything that the page shows of one kind of pictures."""
    pixels, classes = pictures_of(kind)
    names = list(SHAPES) if kind == "shapes" else [str(name) for name in np.unique(classes)]
    return {
        "names": names,
        "samples": samples(kind),
        "training": len(pixels) - KEPT_OUT[kind],
        "kept out": KEPT_OUT[kind],
        "greys alone": greys_alone(kind),
        "parameters": {
            network: sum(p.numel() for p in build(network, pixels.shape[-1], len(names)).parameters())
            for network in NETWORKS
        },
        "accuracy": {
            network: {order: [curve(kind, network, order, seed) for seed in SEEDS] for order in ORDERS}
            for network in NETWORKS
        },
    }


def main() -> None:
    """Measures all and writes it."""
    head = {"made by": "python -m cnn.training.pixel_shuffle", "torch": torch.__version__, "seeds": list(SEEDS)}
    found = head | {kind: measure(kind) for kind in DATASETS}
    RESULTS.write_text(json.dumps(found, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
