"""Train and calibrate the networks: ``python -m cnn.training.classifier FILMS --adults ADULTS --seeds 0 1 2``.

What is chosen where: the recipe and the number of epochs were fixed beforehand; weights are the running average over
the training; shift and temperature come from the validation set with the training's augmentation, because plain
validation films come from the same series as the training films and are too easy; the earlier threshold is kept beside
the one in use (:data:`THRESHOLD_CHOSEN`). The test films are not read here. Seed S also leaves out fold S of the adult
patients, for :mod:`cnn.training.evaluate`.

An interrupted training resumes after its last epoch; the same seed on the same machine gives the same weights. The
published weights were trained by version 0.1.0 of this code, with the same recipes and the same random draws.
"""

import argparse
import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.linear_model import LogisticRegression
from torch import Generator, Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from cnn import cards
from cnn.evaluation import metrics
from cnn.evaluation.scores import sigmoid
from cnn.imaging.hide_lungs import hide_lungs
from cnn.imaging.preprocess import standardise
from cnn.models import architectures, inference, loading, registry
from cnn.models.allocator import keep_memory
from cnn.models.efficientnet import EfficientNet
from cnn.models.inference import logit_margins
from cnn.models.loading import write_weights
from cnn.training import augment, calibration, cam_supervision
from cnn.training.data import Film, adult_films, labels_of, paediatric_films, split_by_patient
from cnn.training.film_dataset import FilmDataset, FilmReader
from cnn.training.mixed_precision import bfloat16_autocast, keep_depthwise_in_float32
from cnn.training.pretrained import imagenet_lite0

log = logging.getLogger(__name__)
ADULT_FOLDS = 3
VALIDATION_FOLDS = 10
CALIBRATION_COPIES = 4
"""Augmented copies of the validation films that shift, temperature and the earlier threshold are fitted on."""
ORDER = ("logistic_regression", "lecture", "transfer", "ensemble")
"""Networks of a seed, the ensemble after its parts."""
THRESHOLD = 0.5
THRESHOLD_RULE = (
    "the more probable class is predicted, which costs least if a false negative is as bad as a false positive"
)
THRESHOLD_CHOSEN = (
    "after the test results were known, so its results are slightly optimistic; the earlier threshold made sensitivity "
    "equal specificity on the validation set with augmentation"
)
"""When the rule was chosen. The card keeps the earlier threshold, and the figures under both."""


@dataclass(frozen=True)
class Recipe:
    """What is fixed before a training.

    Attributes:
        adults: Share of adult films in a batch.
        background_swapped: Share of films whose surroundings of the lungs are exchanged.
        lungs_hidden: Share of films whose lungs are hidden.
        average_decay: Of the exponential running average of the weights.
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
    guidance: float = 0.0


RECIPES = {
    "transfer": Recipe(8, 4000, 32, 4e-4, 2e-3, 1e-2, adults=0.16, guidance=0.15),
    "lecture": Recipe(16, 5000, 50, 1e-3, 1e-3, 1e-3),
}
OTHER_RECIPES = {
    "logistic_regression": "logistic regression on 32 x 32 standardised pixels, scikit-learn's default penalty",
    "ensemble": "mean of the logits of transfer and lecture",
}
START: dict[str, Callable[[], nn.Module]] = {"transfer": imagenet_lite0}
"""How a network is initialised where not by its registered constructor."""


@dataclass(frozen=True)
class Split:
    """Films of one seed: for training (children and adults), for validation (children), and the adults left out."""

    train: list[Film]
    validation: list[Film]
    adults_out: list[Film]

    @classmethod
    def of(cls, films_folder: Path, adults_folder: Path, seed: int) -> "Split":
        """Return the same validation patients for every seed, and another third of the adult patients left out."""
        children = paediatric_films(films_folder, ("train", "val"))
        train, validation = split_by_patient(children, fold=0, folds=VALIDATION_FOLDS, salt="validation")
        adults, adults_out = split_by_patient(adult_films(adults_folder), fold=seed % ADULT_FOLDS, folds=ADULT_FOLDS)
        return cls(train + adults, validation, adults_out)


@dataclass(frozen=True)
class Experiment:
    """What the networks of one seed share: the films, and the folder for weights, cards and logs."""

    seed: int
    split: Split
    folder: Path
    reader: FilmReader = field(default_factory=FilmReader)

    def dataset(self, films: list[Film], name: str) -> FilmDataset:
        """Return ``films`` at the input size of the network ``name``."""
        return FilmDataset(films, registry.REGISTRY[name].input_size, self.reader)


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
        return augment.augment(pixels, masks, self.generator, self.recipe.background_swapped)

    def _forward(self, inputs: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return logits (B, 2), and with guidance the margins of the last maps' cells (B, h, w)."""
        if self.recipe.guidance:
            return cam_supervision.cell_margins(self.network, inputs)
        return self.network(inputs), None


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


def fit_logistic_regression(experiment: Experiment) -> nn.Module:
    """Fit the baseline on the same films."""
    films = experiment.dataset(experiment.split.train, "logistic_regression")
    inputs = standardise(films.pixels.float() / 255).flatten(1)
    regression = LogisticRegression(max_iter=2000).fit(inputs.cpu().numpy(), films.labels.cpu().numpy())
    network = architectures.logistic_regression()
    linear = cast(nn.Linear, network[-1])
    with torch.no_grad():  # the regression's coefficients are those of the margin: half to PNEUMONIA, half from NORMAL
        half = torch.from_numpy(regression.coef_ / 2).float()
        linear.weight.copy_(torch.cat([-half, half]))
        linear.bias.copy_(torch.tensor([-0.5, 0.5]) * float(regression.intercept_[0]))
    return network.eval()


def load_ensemble(experiment: Experiment) -> nn.Module:
    """Return the mean of the two networks that the experiment's folder holds."""
    ensemble = architectures.Ensemble()
    for part in registry.REGISTRY["ensemble"].parts:
        state = loading.read_state(experiment.folder, part, cards.read_card(experiment.folder, part))
        loading.load_weights(ensemble.get_submodule(part), state, part)
    return ensemble.eval()


WITHOUT_TRAINING = {"logistic_regression": fit_logistic_regression, "ensemble": load_ensemble}


def shift_margins(network: nn.Module, shift: float) -> None:
    """Add ``shift`` to the margin that ``network`` gives to every film, half in each bias of its last layer."""
    linear = [module for module in network.modules() if isinstance(module, nn.Linear)][-1]
    with torch.no_grad():
        linear.bias.add_(torch.tensor([-shift / 2, shift / 2], device=linear.bias.device))


def calibrate(margins: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Return temperature, threshold and the earlier threshold from margins (N,) on the augmented validation set."""
    temperature = calibration.fit_temperature(margins, labels)
    balanced = calibration.balanced_threshold(sigmoid(margins / temperature), labels)
    return {"temperature": temperature, "threshold": THRESHOLD, "balanced_threshold": balanced}


def card_of(name: str, experiment: Experiment) -> dict[str, Any]:
    """Return what the card says of a training before any measurement."""
    split = experiment.split
    return {
        "classes": list(cards.CLASSES),
        "input_size": registry.REGISTRY[name].input_size,
        "data": "Kermany et al. 2018 (children, one hospital) and NIH ChestX-ray14, RSNA 2018 second reading (adults)",
        "split": {
            "rule": "by patient; validation is a tenth of the children, the same for every seed; "
            f"a third of the adults is left out, another one for each of {ADULT_FOLDS} seeds",
            "training films": len(split.train),
            "validation films": len(split.validation),
            "adults left out": len(split.adults_out),
        },
        "seed": experiment.seed,
        "threshold_rule": THRESHOLD_RULE,
        "threshold_chosen": THRESHOLD_CHOSEN,
        "recipe": asdict(RECIPES[name]) if name in RECIPES else OTHER_RECIPES[name],
    }


def calibrate_and_write(name: str, network: nn.Module, experiment: Experiment) -> None:
    """Calibrate ``network`` on the augmented validation set and write its weights and card."""
    validation = experiment.dataset(experiment.split.validation, name)
    pixels, labels = augmented_validation(validation, RECIPES["transfer"])
    margins = logit_margins(network, pixels)
    card = card_of(name, experiment)
    if registry.REGISTRY[name].parts:  # its parts are shifted already, and its weights are theirs
        digest = loading.weights_sha256(experiment.folder, name)
        card |= calibrate(margins, labels)
        cards.write_card(experiment.folder, name, {"name": name, "sha256": digest, **card})
    else:
        shift = calibration.fit_shift(margins, labels)
        shift_margins(network, shift)
        card |= calibrate(margins + shift, labels)
        write_weights(experiment.folder, name, network, card)
    log.info("%s seed %d: T %.3f, threshold %.3f", name, experiment.seed, card["temperature"], card["threshold"])


def main() -> None:
    """Train the chosen networks into ``RUNS/seed-S``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("films", type=Path, help="folder with train, val and test")
    parser.add_argument("--adults", type=Path, required=True, help="folder with images/ and labels.csv")
    parser.add_argument("--models", nargs="+", choices=ORDER, default=ORDER)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    keep_memory()
    reader = FilmReader()
    for seed in arguments.seeds:
        folder = arguments.runs / f"seed-{seed}"
        folder.mkdir(parents=True, exist_ok=True)
        experiment = Experiment(seed, Split.of(arguments.films, arguments.adults, seed), folder, reader)
        for name in arguments.models:
            obtain = WITHOUT_TRAINING.get(name, partial(train, name))
            calibrate_and_write(name, obtain(experiment), experiment)


if __name__ == "__main__":
    main()
