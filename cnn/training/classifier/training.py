"""Train one network by its recipe; an interrupted training resumes after its last epoch."""

import json
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from cnn import cards
from cnn.attribution.corruptions import CORRUPTIONS, SEVERITIES, corrupt
from cnn.evaluation import metrics
from cnn.imaging.hide_lungs import hide_lungs
from cnn.imaging.preprocess import standardise
from cnn.models import inference, registry
from cnn.models.efficientnet import EfficientNet
from cnn.models.inference import logit_margins
from cnn.training import augment, cam_supervision
from cnn.training.classifier.experiment import Experiment
from cnn.training.data import labels_of
from cnn.training.film_dataset import FilmDataset
from cnn.training.mixed_precision import bfloat16_autocast, keep_depthwise_in_float32
from cnn.training.pretrained import imagenet_lite0

log = logging.getLogger(__name__)
CALIBRATION_COPIES = 4
"""Augmented copies of the validation films that shift, temperature and the earlier threshold are fitted on."""


@dataclass(frozen=True)
class Recipe:
    """What is fixed before a training.

    Attributes:
        adults: Share of adult films in a batch.
        background_swapped: Share of films whose surroundings of the lungs are exchanged.
        lungs_hidden: Share of films whose lungs are hidden.
        average_decay: Of the exponential running average of the weights.
        views_balanced: Whether label and view of the adults are drawn equally often.
        corrupted: Share of films spoilt by one of the 13 corruptions at any severity.
        guidance: Weight of :func:`cnn.training.cam_supervision.loss` beside that of the labels.
    """

    epochs: int
    films_per_epoch: int
    batch: int
    learning_rate: float
    head_learning_rate: float
    weight_decay: float
    adults: float = 0.12
    background_swapped: float = 0.6
    lungs_hidden: float = 0.08
    label_smoothing: float = 0.05
    average_decay: float = 0.99
    views_balanced: bool = False
    corrupted: float = 0.0
    guidance: float = 0.0


RECIPES = {
    "transfer": Recipe(8, 4000, 32, 4e-4, 2e-3, 1e-2, adults=0.16, guidance=0.15),
    "lecture": Recipe(16, 5000, 50, 1e-3, 1e-3, 1e-3),
}
START: dict[str, Callable[[], nn.Module]] = {"transfer": imagenet_lite0}
"""How a network is initialised where not by its registered constructor."""


class Training:
    """One training: network, running average, optimiser, schedule and random states, all in one checkpoint."""

    def __init__(self, name: str, recipe: Recipe, seed: int, folder: Path) -> None:
        torch.manual_seed(seed)
        self.name, self.recipe, self.folder, self.epoch = name, recipe, folder, 0
        self.device = inference.device()
        self.generator = Generator(self.device).manual_seed(seed)
        network = START.get(name, registry.REGISTRY[name].build)()
        if recipe.guidance and isinstance(network, EfficientNet):
            cam_supervision.oppose_rows(network)
        self.network = network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        head = [value for key, value in network.named_parameters() if key.startswith(("classifier", "fc"))]
        body = [value for key, value in network.named_parameters() if not key.startswith(("classifier", "fc"))]
        self.optimiser = torch.optim.AdamW([{"params": body}, {"params": head}], weight_decay=recipe.weight_decay)
        steps = recipe.epochs * -(-recipe.films_per_epoch // recipe.batch)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, [recipe.learning_rate, recipe.head_learning_rate], total_steps=steps, pct_start=0.15
        )
        self.average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(recipe.average_decay), use_buffers=True)
        keep_depthwise_in_float32(network)

    @property
    def checkpoint(self) -> Path:
        """File that holds the training after each epoch."""
        return self.folder / f"{self.name}.checkpoint"

    def save(self) -> None:
        """Write the checkpoint; an interruption while writing leaves the last one whole."""
        states = {key: getattr(self, key).state_dict() for key in ("network", "average", "optimiser", "schedule")}
        random = {"training": self.generator.get_state(), "torch": torch.get_rng_state()}
        partial_file = self.checkpoint.with_suffix(".new")
        torch.save({"states": states, "random": random, "epoch": self.epoch}, partial_file)
        partial_file.replace(self.checkpoint)

    def resume(self) -> None:
        """Restore the checkpoint, if there is one."""
        if not self.checkpoint.exists():
            return
        checkpoint = torch.load(self.checkpoint, weights_only=True)
        for key, state in checkpoint["states"].items():
            getattr(self, key).load_state_dict(state)
        self.generator.set_state(checkpoint["random"]["training"])
        torch.set_rng_state(checkpoint["random"]["torch"])
        self.epoch = checkpoint["epoch"]
        log.info("%s resumes after epoch %d", self.name, self.epoch)

    def train_epoch(self, dataset: FilmDataset) -> float:
        """Train on the films drawn for one epoch and return the mean loss."""
        self.network.train()
        weights = self.sampling_weights(dataset)
        drawn = torch.multinomial(weights, self.recipe.films_per_epoch, replacement=True, generator=self.generator)
        title = f"{self.name} epoch {self.epoch + 1}/{self.recipe.epochs}"
        batches = tqdm(drawn.split(self.recipe.batch), desc=title, unit="batch", mininterval=20)
        losses = [self.step(*dataset[indices]) for indices in batches]
        self.epoch += 1
        return float(torch.stack(losses).mean())

    def sampling_weights(self, dataset: FilmDataset) -> Tensor:
        """Return how often each film is drawn, (N,), up to a factor."""
        if self.recipe.views_balanced:
            return weigh_views(dataset, self.recipe.adults)
        return dataset.sampling_weights(self.recipe.adults)

    def step(self, pixels: Tensor, masks: Tensor, labels: Tensor) -> Tensor:
        """Train on one batch of :class:`FilmDataset` and return its loss, a scalar on the device."""
        loss = self.loss_of(pixels, masks, labels)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.schedule.step()
        self.average.update_parameters(self.network)
        return loss.detach()

    def loss_of(self, pixels: Tensor, masks: Tensor, labels: Tensor) -> Tensor:
        """Return the loss of one batch after augmentation; nothing leaves the device."""
        pixels, masks = self.augment(pixels, masks)
        hidden = augment.bernoulli(len(pixels), self.recipe.lungs_hidden, self.generator)
        inputs = standardise(hide_lungs(pixels, masks[:, :1], hidden)).to(memory_format=torch.channels_last)
        hidden = hidden.flatten()
        with bfloat16_autocast(self.device):
            logits, cells = self._forward(inputs)
        loss = smoothed_cross_entropy(logits.float(), labels, hidden, self.recipe.label_smoothing)
        if cells is not None:
            loss = loss + self.recipe.guidance * cam_supervision.loss(cells.float(), masks, labels, counts=~hidden)
        return loss

    def augment(self, pixels: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
        """Return films (B, 1, S, S) and masks (B, 2, S, S) after the random changes of training."""
        pixels, masks = augment.augment(pixels, masks, self.generator, self.recipe.background_swapped)
        if self.recipe.corrupted:
            pixels = corrupt_some(pixels, self.recipe.corrupted, self.generator)
        return pixels, masks

    def _forward(self, inputs: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return logits (B, 2), and with guidance the margins of the last maps' cells (B, h, w)."""
        if self.recipe.guidance:
            return cam_supervision.cell_margins(self.network, inputs)
        return self.network(inputs), None


def weigh_views(dataset: FilmDataset, adults: float) -> Tensor:
    """Return weights (N,) by which label and view are drawn equally often in each source; ``adults`` is their share."""
    groups = [(film.adult, film.label, film.facts.get("view")) for film in dataset.films]
    sizes, groups_of = Counter(groups), Counter(adult for adult, *_ in set(groups))
    shares = {True: adults / groups_of[True], False: (1 - adults) / groups_of[False]}
    weights = [shares[group[0]] / sizes[group] for group in groups]
    return torch.tensor(weights, dtype=torch.float64, device=dataset.pixels.device)


def corrupt_some(films: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Return films (B, 1, SIDE, SIDE) in 0..1, about ``share`` of them spoilt by a corruption drawn for each.

    Corruptions run in NumPy, so these films alone leave a GPU and come back.
    """
    spoilt = films.clone()
    names = list(CORRUPTIONS)
    for index in torch.nonzero(augment.bernoulli(len(films), share, generator).flatten()).flatten().tolist():
        name, severity, seed = (
            int(torch.randint(high, (), generator=generator, device=films.device))
            for high in (len(names), SEVERITIES, 2**31)
        )
        greys = (films[index, 0] * 255).round().to(torch.uint8).cpu().numpy()
        spoilt[index, 0] = torch.tensor(corrupt(greys, names[name], severity + 1, seed)).to(films) / 255
    return spoilt


def smoothed_cross_entropy(logits: Tensor, labels: Tensor, hidden: Tensor, smoothing: float) -> Tensor:
    """Return the cross-entropy with smoothed labels; the target of a film with ``hidden`` lungs, (B,) bool, is 0.5."""
    one_hot = labels[:, None] == torch.arange(
        len(cards.CLASSES), device=labels.device
    )  # F.one_hot asks for its maximum
    targets = one_hot.float() * (1 - smoothing) + smoothing / 2
    return F.cross_entropy(logits, torch.where(hidden[:, None], 0.5, targets))


def augmented_validation(
    dataset: FilmDataset, recipe: Recipe, copies: int = CALIBRATION_COPIES
) -> tuple[Tensor, np.ndarray]:
    """Return ``copies`` of the validation films after the training's augmentation: uint8 (N, 1, S, S), labels (N,)."""
    device = dataset.pixels.device
    generator = Generator(device).manual_seed(1)
    films, labels = [], []
    for _ in range(copies):
        for indices in torch.randperm(len(dataset), generator=generator, device=device).split(64):
            pixels, masks, batch_labels = dataset[indices]
            pixels, _ = augment.augment(pixels, masks, generator, recipe.background_swapped)
            films.append((pixels * 255).round().to(torch.uint8))
            labels.append(batch_labels)
    return torch.cat(films), torch.cat(labels).cpu().numpy()


def train(name: str, experiment: Experiment, recipe: Recipe | None = None) -> nn.Module:
    """Train ``name`` and return the running average in evaluation mode; log and save every epoch."""
    recipe = recipe or RECIPES[name]
    training = Training(name, recipe, experiment.seed, experiment.folder)
    training.resume()
    if training.epoch < recipe.epochs:
        split = experiment.split
        films = experiment.dataset(split.train, name)
        validation = experiment.dataset(split.validation, name)
        adults_out = experiment.reader.pixels(split.adults_out, registry.REGISTRY[name].input_size)
        monitored = {
            "validation": (validation.pixels, validation.labels.cpu().numpy()),
            "augmented validation": augmented_validation(validation, recipe, copies=1),
            "adults left out": (adults_out, labels_of(split.adults_out).numpy()),
        }
    while training.epoch < recipe.epochs:
        entry: dict[str, Any] = {"epoch": training.epoch + 1, "loss": training.train_epoch(films)}
        network = training.average.module.eval()
        entry |= {f"auc {key}": auc(network, pixels, labels) for key, (pixels, labels) in monitored.items()}
        log.info("%s seed %d %s", name, experiment.seed, json.dumps(entry))
        with (experiment.folder / f"{name}.log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
        training.save()
    return training.average.module.eval()


def auc(network: nn.Module, pixels: Tensor, labels: np.ndarray) -> float:
    """Return the area under the ROC curve of ``network`` on films (N, 1, S, S) uint8."""
    return float(metrics.auc(logit_margins(network, pixels), labels, np.ones((1, len(labels))))[0])
