"""Measure how far complete maps add up: ``python -m tests.performance.completeness_gaps FILMS``.

The gap of a map is the difference of its sum from the change of the score, over that change, on every sixtieth test
film; docs/saliency.md cites these numbers. The last line is Captum's own DeepLift on ``lecture``, without the copy that
``cnn.attribution`` puts between a ReLU and the next pool.
"""

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import captum.attr
import numpy as np
import torch
from torch import Tensor, nn

from cnn import cards
from cnn.attribution.attribute import attribute
from cnn.imaging.preprocess import standardise
from cnn.models import loading
from cnn.training.data import load_pixels, paediatric_films

EVERY = 60
METHODS = ("integrated_gradients", "gradient_shap", "deep_lift")
TARGET = cards.CLASSES.index("PNEUMONIA")


def explain(model: loading.LoadedModel, method: str, pixels: Tensor) -> np.ndarray:
    """Return the map of ``method``."""
    return attribute(model, pixels, method, TARGET).map


def describe_gaps(network: nn.Module, inputs: Sequence[Tensor], method: Callable[[Tensor], Tensor | np.ndarray]) -> str:
    """Return median and largest gap of the maps of ``method`` over films (1, 1, S, S)."""
    gaps = []
    for pixels in inputs:
        with torch.inference_mode():
            scores = network(torch.cat([pixels, torch.zeros_like(pixels)]))[:, TARGET]
        change = float(scores[0] - scores[1])
        gaps.append(abs(float(method(pixels).sum()) - change) / abs(change))
    return f"median {np.median(gaps):.2%}, largest {max(gaps):.1%}, {len(gaps)} films"


def main() -> None:
    """Print a line for each network and method."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("films", type=Path, help="folder with train, val and test")
    films = paediatric_films(parser.parse_args().films, ("test",))[::EVERY]
    torch.set_num_threads(1)
    for name in ("transfer", "lecture"):
        model = loading.load_from(cards.WEIGHTS_FOLDER, name)
        inputs = [standardise(film.float() / 255) for film in load_pixels(films, model.input_size).split(1)]
        for method in METHODS:
            print(f"{name}, {method}: {describe_gaps(model.module, inputs, partial(explain, model, method))}")
    deep_lift = partial(captum.attr.DeepLift(model.module).attribute, target=TARGET)
    print(f"lecture, Captum's own DeepLift: {describe_gaps(model.module, inputs, deep_lift)}")


if __name__ == "__main__":
    main()
