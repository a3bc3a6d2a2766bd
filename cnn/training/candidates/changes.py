"""The candidates: each makes another network of a trained one, from the training films of the same seed."""

import copy
from collections import Counter
from collections.abc import Callable
from functools import partial

import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn
from typing_extensions import override

from cnn.attribution.corruptions import CORRUPTIONS, SEVERITIES, corrupt
from cnn.cards import CLASSES
from cnn.models import registry
from cnn.models.efficientnet import EfficientNet
from cnn.models.inference import batched
from cnn.training import augment
from cnn.training.classifier import RECIPES, Experiment, Recipe, Training
from cnn.training.film_dataset import FilmDataset

NAME = "transfer"
FINE_TUNING = Recipe(1, 2000, 32, 1e-4, 1e-4, 1e-2, average_decay=0.95, guidance=RECIPES[NAME].guidance)
"""Its share of adults is what ``balanced_views`` changes."""
ADULTS = 1 / 3
"""Share of adults where label and view are drawn equally often."""
CORRUPTED = 0.5
REFITTED_FILMS = 1200
"""Augmented films on which the last layer is fitted again."""
INVERSE_PENALTY = 0.1


def weigh_views(dataset: FilmDataset, adults: float) -> Tensor:
    """Return weights (N,) by which label and view are drawn equally often within each source; adults as told."""
    groups = [(film.adult, film.label, film.facts.get("view")) for film in dataset.films]
    sizes, groups_of = Counter(groups), Counter(adult for adult, *_ in set(groups))
    shares = {True: adults / groups_of[True], False: (1 - adults) / groups_of[False]}
    weights = [shares[group[0]] / sizes[group] for group in groups]
    return torch.tensor(weights, dtype=torch.float64, device=dataset.pixels.device)


def corrupt_some(films: Tensor, generator: torch.Generator) -> Tensor:
    """Return films (B, 1, SIDE, SIDE) in 0..1, a share CORRUPTED of them spoilt by a corruption drawn for each."""
    spoilt = films.clone()
    names = list(CORRUPTIONS)
    for index in torch.nonzero(augment.bernoulli(len(films), CORRUPTED, generator).flatten()).flatten().tolist():
        name, severity, seed = (
            int(torch.randint(high, (), generator=generator, device=films.device))
            for high in (len(names), SEVERITIES, 2**31)
        )
        greys = (films[index, 0] * 255).round().to(torch.uint8).cpu().numpy()
        spoilt[index, 0] = torch.tensor(corrupt(greys, names[name], severity + 1, seed)).to(films) / 255
    return spoilt


class FineTuning(Training):
    """A short training from the weights of a network."""

    def __init__(self, network: nn.Module, experiment: Experiment, views: bool, corruptions: bool) -> None:
        super().__init__(NAME, FINE_TUNING, experiment.seed, experiment.folder)
        self.views, self.corruptions = views, corruptions
        self.network.load_state_dict(network.state_dict())

    @override
    def sampling_weights(self, dataset: FilmDataset) -> Tensor:
        return weigh_views(dataset, ADULTS) if self.views else super().sampling_weights(dataset)

    @override
    def augment(self, pixels: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
        pixels, masks = super().augment(pixels, masks)
        return corrupt_some(pixels, self.generator) if self.corruptions else pixels, masks


def fine_tune(
    network: nn.Module, experiment: Experiment, *, views: bool = False, corruptions: bool = False
) -> nn.Module:
    """Return the running average of a short training of ``network``; the weights are kept in the seed's folder."""
    file = experiment.folder / f"{NAME}-tuned{'-views' * views}{'-corruptions' * corruptions}.pt"
    if not file.exists():
        training = FineTuning(network, experiment, views, corruptions)
        training.train_epoch(experiment.dataset(experiment.split.train, NAME))
        torch.save(training.average.module.state_dict(), file)
    tuned = copy.deepcopy(network)
    tuned.load_state_dict(torch.load(file, weights_only=True))
    return tuned.eval()


def average_of_both(network: nn.Module, experiment: Experiment) -> nn.Module:
    """Return a network halfway between the trained one and ``both``, in weights and in statistics of batch norms."""
    tuned = fine_tune(network, experiment, views=True, corruptions=True)
    mean, other = copy.deepcopy(network), tuned.state_dict()
    for key, value in mean.state_dict().items():
        if value.is_floating_point():
            value.lerp_(other[key], 0.5)
    return mean


def refit_last_layer(network: EfficientNet, experiment: Experiment) -> nn.Module:
    """Return ``network`` with its last layer fitted to films in which the adults' view says nothing of the label."""
    dataset, generator = (
        experiment.dataset(experiment.split.train, NAME),
        torch.Generator().manual_seed(experiment.seed),
    )
    drawn = torch.multinomial(weigh_views(dataset, ADULTS), REFITTED_FILMS, replacement=True, generator=generator)
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


CHANGES: dict[str, Callable[[EfficientNet, Experiment], nn.Module]] = {
    "shipped": lambda network, _: copy.deepcopy(network),
    "last_layer": refit_last_layer,
    "view_removed": remove_view,
    "balanced_views": partial(fine_tune, views=True),
    "corruptions": partial(fine_tune, corruptions=True),
    "both": partial(fine_tune, views=True, corruptions=True),
    "averages": average_of_both,
}
"""What makes each candidate, the unchanged network first."""
