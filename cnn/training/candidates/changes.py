"""The candidates: each makes another network of a trained one, from the training films of the same seed."""

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from cnn.cards import CLASSES
from cnn.models import registry
from cnn.models.efficientnet import EfficientNet
from cnn.models.inference import batched
from cnn.training import augment
from cnn.training.candidates.rule import TRAINED
from cnn.training.classifier.experiment import Experiment
from cnn.training.classifier.fine_tuning import FINE_TUNING, average_with_fine_tuned, fine_tune
from cnn.training.classifier.training import RECIPES, Recipe, weigh_views

NAME = "transfer"
BOTH = FINE_TUNING[NAME]
VIEWS = replace(BOTH, corrupted=0.0)
CORRUPTED = replace(BOTH, views_balanced=False, adults=Recipe.adults)
REFITTED_FILMS = 1200
"""Augmented films on which the last layer is fitted again."""
INVERSE_PENALTY = 0.1


def refit_last_layer(network: EfficientNet, experiment: Experiment) -> nn.Module:
    """Return ``network`` with its last layer fitted to films in which the adults' view says nothing of the label."""
    dataset, generator = (
        experiment.dataset(experiment.split.train, NAME),
        torch.Generator().manual_seed(experiment.seed),
    )
    drawn = torch.multinomial(weigh_views(dataset, BOTH.adults), REFITTED_FILMS, replacement=True, generator=generator)
    augmented = [
        augment.augment(*dataset[part][:2], generator, RECIPES[NAME].background_swapped)[0] for part in drawn.split(64)
    ]
    features = pooled_features(network, torch.cat(augmented))
    scale = features.std()
    regression = LogisticRegression(C=INVERSE_PENALTY, max_iter=2000)
    regression.fit((features / scale).numpy(), dataset.labels[drawn].numpy())
    weight = torch.from_numpy(regression.coef_[0]).float() / scale
    return with_margin(network, weight, float(regression.intercept_[0]))


def remove_view(network: EfficientNet, experiment: Experiment) -> nn.Module:
    """Return ``network`` without the part of its last layer that tells AP from PA films of one label."""
    adults = [film for film in experiment.split.train if film.adult]
    features = pooled_features(network, experiment.reader.pixels(adults, registry.REGISTRY[NAME].input_size))
    means = {
        (label, view): features[[(film.label, film.facts["view"]) == (label, view) for film in adults]].mean(dim=0)
        for label in range(len(CLASSES))
        for view in ("PA", "AP")
    }
    direction = torch.stack([means[label, "AP"] - means[label, "PA"] for label in range(len(CLASSES))]).sum(dim=0)
    weight, bias = (
        rows[1] - rows[0] for rows in (network.last_layer.weight.detach(), network.last_layer.bias.detach())
    )
    share = (weight @ direction) / (direction @ direction)
    return with_margin(network, weight - share * direction, float(bias))


def pooled_features(network: EfficientNet, films: Tensor) -> Tensor:
    """Return the inputs (N, C) of the last layer for films (N, 1, S, S) of any brightness."""

    def call(pixels: Tensor) -> Tensor:
        with torch.inference_mode():
            maps: Tensor = network.avgpool(network.features(pixels))
        return maps.flatten(1)

    return batched(call, network, films, 16).clone()


def with_margin(network: EfficientNet, weight: Tensor, bias: float) -> nn.Module:
    """Return a copy whose margin of PNEUMONIA is ``weight`` (C,) times the features plus ``bias``, half in each row."""
    changed = copy.deepcopy(network)
    with torch.no_grad():
        changed.last_layer.weight.copy_(torch.stack([-weight / 2, weight / 2]))
        changed.last_layer.bias.copy_(torch.tensor([-bias / 2, bias / 2]))
    return changed


def tuned(recipe: Recipe) -> Callable[[EfficientNet, Experiment], nn.Module]:
    """Return the change that fine-tunes by ``recipe``."""
    return lambda network, experiment: fine_tune(NAME, network, experiment, recipe)


CHANGES: dict[str, Callable[[EfficientNet, Experiment], nn.Module]] = {
    TRAINED: lambda network, _: copy.deepcopy(network),
    "last_layer": refit_last_layer,
    "view_removed": remove_view,
    "balanced_views": tuned(VIEWS),
    "corruptions": tuned(CORRUPTED),
    "both": tuned(BOTH),
    "averages": partial(average_with_fine_tuned, NAME),
}
"""What makes each candidate, the unchanged network first."""
