"""How far maps that should add up do: ``python -m tests.performance.completeness_gaps FILMS`` prints the figures of
docs/saliency.md.

The gap of a map is what it misses of the score's change, over that change, on every sixtieth test film. The last line
is Captum's own DeepLift on ``lecture``, without the copy that ``cnn.attribution.methods`` sets between a ReLU and
the next pool.
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


def gaps(network: nn.Module, inputs: Sequence[Tensor], total: Callable[[Tensor], float]) -> str:
    """Median and largest gap over films, in words."""
    found = []
    for pixels in inputs:
        with torch.inference_mode():
            scores = network(torch.cat([pixels, torch.zeros_like(pixels)]))[:, TARGET]
        change = float(scores[0] - scores[1])
        found.append(abs(total(pixels) - change) / abs(change))
    return f"median {np.median(found):.2%}, largest {max(found):.1%}, {len(found)} films"


def main() -> None:
    """Prints a line for each network and method."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("films", type=Path, help="folder with train, val and test")
    films = paediatric_films(parser.parse_args().films, ("test",))[::EVERY]
    torch.set_num_threads(1)
    for name in ("transfer", "lecture"):
        model = loading.load_from(cards.WEIGHTS_FOLDER, name)
        inputs = [standardise(film.float() / 255) for film in load_pixels(films, model.input_size).split(1)]
        for method in METHODS:
            total = partial(total_of, model, method)
            print(f"{name}, {method}: {gaps(model.module, inputs, total)}")
    plain = captum.attr.DeepLift(model.module)

    def captums(pixels: Tensor) -> float:
        return float(plain.attribute(pixels.clone().requires_grad_(), target=TARGET).sum().detach())

    print(f"lecture, Captum's own DeepLift: {gaps(model.module, inputs, captums)}")


def total_of(model: loading.LoadedModel, method: str, pixels: Tensor) -> float:
    """What the map of ``method`` adds up to."""
    return float(attribute(model, pixels, method, TARGET).map.sum())


if __name__ == "__main__":
    main()
