"""Measure a candidate of one seed on films that no training of it has seen, none of them a test film."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from cnn import cards
from cnn.attribution import localisation
from cnn.attribution.corruptions import CORRUPTIONS, SIDE
from cnn.evaluation import metrics
from cnn.models import engine, registry
from cnn.models.inference import batched
from cnn.models.loading import LoadedModel
from cnn.training import calibration
from cnn.training.candidates.changes import NAME
from cnn.training.classifier.experiment import Experiment
from cnn.training.classifier.networks import shift_margins
from cnn.training.classifier.training import RECIPES, augmented_validation
from cnn.training.data import labels_of, load_pixels
from cnn.training.saliency_bench import films, measurements
from cnn.training.stress.corrupted_films import spoil

COPIES = 2
"""Augmented copies of the validation films."""
SEVERITY, PER_CLASS = 4, 40
"""Of the corrupted validation films."""
Measured = dict[str, float | list[float]]
"""``auc``: augmented validation. ``corrupted``: balanced error. ``logits``: of the adults left out, calibrated, in the
order of the split. ``pointing`` and ``auprc``: of each boxed film."""


@dataclass(frozen=True)
class Yardsticks:
    """The films of one seed, made once for all candidates."""

    experiment: Experiment
    adults: Path

    @cached_property
    def augmented(self) -> tuple[Tensor, np.ndarray]:
        """Augmented validation films and their labels."""
        validation = self.experiment.dataset(self.experiment.split.validation, NAME)
        return augmented_validation(validation, RECIPES[NAME], COPIES)

    @cached_property
    def corrupted(self) -> tuple[Tensor, np.ndarray]:
        """The first films of each class, under one corruption after the other, and their labels."""
        labelled = self.experiment.split.validation
        chosen = [film for label in (0, 1) for film in [each for each in labelled if each.label == label][:PER_CLASS]]
        pixels = load_pixels(chosen, SIDE)
        spoilt = [spoil(pixels, name, SEVERITY) for name in CORRUPTIONS]
        return torch.cat(spoilt), np.tile(labels_of(chosen).numpy(), len(spoilt))

    @cached_property
    def boxed(self) -> list[films.BenchFilm]:
        """Films of adults left out, with the boxes of the second reading."""
        return films.boxed(self.adults, "rsna", [self.experiment.seed], registry.REGISTRY[NAME].input_size)

    def measure(self, network: nn.Module) -> Measured:
        """Calibrate ``network`` as the shipped one is, which changes its last bias, and measure it."""
        pixels, labels = self.augmented
        raw = margins(network, pixels)
        shift = calibration.fit_shift(raw, labels)
        shift_margins(network, shift)
        temperature = calibration.fit_temperature(raw + shift, labels)
        spoilt, truth = self.corrupted
        positive = margins(network, spoilt) >= 0
        rates = [float((positive == truth)[truth == label].mean()) for label in (0, 1)]
        out = self.experiment.reader.pixels(self.experiment.split.adults_out, registry.REGISTRY[NAME].input_size)
        maps = [locate(network, film) for film in self.boxed]
        return {
            "auc": float(metrics.auc(raw, labels, np.ones((1, len(labels))))[0]),
            "corrupted": 1 - sum(rates) / 2,
            "logits": (margins(network, out) / temperature).tolist(),
            **{key: [each[key] for each in maps] for key in ("pointing", "auprc")},
        }


def margins(network: nn.Module, pixels: Tensor) -> np.ndarray:
    """Return the margins of PNEUMONIA (N,) of films (N, 1, S, S) uint8."""
    logits = batched(lambda inputs: engine.run(network, inputs)[0], network, pixels, 16)
    return (logits[:, 1] - logits[:, 0]).double().numpy()


def locate(network: nn.Module, film: films.BenchFilm) -> dict[str, float]:
    """Return how well the map of Grad-CAM finds the boxes of a film."""
    spec = registry.REGISTRY[NAME]
    model = LoadedModel(NAME, network, {"classes": cards.CLASSES}, spec.input_size, spec.cam_layers)
    explained = measurements.explain(model, film, "grad_cam")
    return measurements.locate(localisation.as_heatmap(explained.map, explained.meaning), film)
