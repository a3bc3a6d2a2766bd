"""Fine-tune a trained network and meet halfway: the only change that passed the rule of cnn.training.candidates."""

import copy

from torch import nn

from cnn.training.classifier.experiment import Experiment
from cnn.training.classifier.training import RECIPES, Recipe, Training

FINE_TUNING = {
    "transfer": Recipe(
        epochs=1,
        films_per_epoch=2000,
        batch=32,
        learning_rate=1e-4,
        head_learning_rate=1e-4,
        weight_decay=1e-2,
        adults=1 / 3,
        average_decay=0.95,
        views_balanced=True,
        corrupted=0.5,
        guidance=RECIPES["transfer"].guidance,
    )
}
"""Networks that are fine-tuned after their training, and how."""


def fine_tune(name: str, network: nn.Module, experiment: Experiment, recipe: Recipe) -> nn.Module:
    """Return the running average of a short training from the weights of ``network``, in evaluation mode."""
    training = Training(name, recipe, experiment.seed, experiment.folder)
    training.network.load_state_dict(network.state_dict())
    films = experiment.dataset(experiment.split.train, name)
    for _ in range(recipe.epochs):
        training.train_epoch(films)
    return training.average.module.eval()


def average_with_fine_tuned(name: str, network: nn.Module, experiment: Experiment) -> nn.Module:
    """Return a network halfway between ``network`` and its fine-tuning, in weights and in statistics of batch norms.

    Wortsman et al., Robust fine-tuning of zero-shot models, CVPR 2022.
    """
    tuned = fine_tune(name, network, experiment, FINE_TUNING[name]).state_dict()
    mean = copy.deepcopy(network)
    for key, value in mean.state_dict().items():
        if value.is_floating_point():
            value.lerp_(tuned[key], 0.5)
    return mean
