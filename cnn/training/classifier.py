"""``python -m cnn.training.classifier FILMS --adults ADULTS --seeds 0 1 2``: trains the networks of each seed and
calibrates them.

What is chosen where: the recipe and the number of epochs were fixed beforehand; weights are the running average over
the run; shift, temperature and threshold come from validation patients seen through the training's own random changes
("shifted validation"), because plain validation films come from the same series as the training films and are too
easy. The test films are not read here. Seed S also leaves out fold S of the adult patients, for
`cnn.training.evaluate`.

A killed run goes on from its last epoch; the same seed on the same machine gives the same weights.
"""

import argparse
import json
import logging
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from torch import Generator, Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from cnn import cards
from cnn.cards import write_card
from cnn.imaging import hide_lungs
from cnn.imaging.preprocess import resample, standardise
from cnn.models import architectures, inference, loading, lung_segmenter, registry
from cnn.models.allocator import keep_memory
from cnn.models.inference import logit_margins
from cnn.models.loading import write_weights
from cnn.training import augment, calibration, cam_supervision, pretrained
from cnn.training.data import Film, adult_films, labels_of, load_pixels, paediatric_films, split_by_patient
from cnn.training.pretrained import half_precision_is_quick, imagenet_file

log = logging.getLogger(__name__)
ADULT_FOLDS = 3
VALIDATION_FOLDS = 10
SHIFTED_COPIES = 4
ORDER = ("logistic_regression", "lecture", "transfer", "ensemble")
"""Networks of a seed, the ensemble after its parts."""
THRESHOLD_RULE = "where sensitivity and specificity are equal on shifted validation, both classes counting the same"


@dataclass(frozen=True)
class Recipe:
    """What is fixed before a training. Rates are shares of a batch."""

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
    """Weight of :func:`cnn.training.cam_supervision.loss`, beside that of the answers."""


RECIPES = {
    "transfer": Recipe(8, 4000, 32, 4e-4, 2e-3, 1e-2, adults=0.16, guidance=0.15),
    "lecture": Recipe(16, 5000, 50, 1e-3, 1e-3, 1e-3),
}
OTHER_RECIPES = {
    "logistic_regression": "logistic regression on 32 x 32 standardised pixels, scikit-learn's default penalty",
    "ensemble": "mean of the logits of transfer and lecture",
}


@dataclass(frozen=True)
class Films:
    """Films in memory: pixels and lung masks (N, 1, S, S) uint8, labels (N,), and what is known of each."""

    pixels: Tensor
    masks: Tensor
    labels: Tensor
    known: list[Film]

    @classmethod
    def read(cls, films: list[Film], size: int, what: str) -> "Films":
        """Reads ``films`` at ``size`` and finds their lungs."""
        parts = [_pixels_and_lungs(tuple(part), what) for _, part in groupby(films, key=lambda film: film.adult)]
        pixels, masks = (torch.cat(kind) for kind in zip(*parts, strict=True))
        return cls(_shrink(pixels, size), _shrink(masks, size), labels_of(films), films)

    def batch(self, chosen: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Greys (B, 1, S, S), masks (B, 2, S, S) of lungs and of radiologists' boxes, both in 0..1, and labels.

        What is in a box counts as lung: an opacity can hide a lung from the segmenter.
        """
        boxes = cam_supervision.box_masks([self.known[place] for place in chosen.tolist()], self.pixels.shape[-1])
        lung = torch.maximum(self.masks[chosen].float() / 255, boxes)
        return self.pixels[chosen].float() / 255, torch.cat([lung, boxes], dim=1), self.labels[chosen]


@lru_cache(maxsize=3)
def _pixels_and_lungs(films: tuple[Film, ...], what: str) -> tuple[Tensor, Tensor]:
    """Films and masks (N, 1, S, S) uint8 at the segmenter's size; kept, because every network and seed needs them."""
    pixels = load_pixels(films, lung_segmenter.INPUT_SIZE, what)
    masks = [
        (lung_segmenter.lung_probabilities(part) * 255).round().to(torch.uint8)
        for part in tqdm(pixels.split(64), desc=f"finding lungs in {what}", unit="batch", leave=False)
    ]
    return pixels, torch.cat(masks)


def _shrink(pixels: Tensor, size: int) -> Tensor:
    if pixels.shape[-1] == size:
        return pixels
    return torch.cat([resample(part.float(), size).round().to(torch.uint8) for part in pixels.split(256)])


def changed(films: Tensor, masks: Tensor, generator: Generator, recipe: Recipe) -> tuple[Tensor, Tensor]:
    """Films and masks, of which the first is that of the lungs, after all random changes but the hiding of lungs."""
    films, masks = augment.move(films, masks, generator)
    films = augment.swap_background(films, masks[:, :1], generator, recipe.background_swapped)
    films = augment.tone(films, generator)
    films = augment.paste_markers(augment.hide_frame(films, generator), generator)
    return augment.sharpness(films, generator), masks


def draw(labels: Tensor, adult: Tensor, recipe: Recipe, generator: Generator) -> Tensor:
    """Indices of one epoch's films: both classes equally often, adults as often as the recipe says."""
    weights = torch.zeros(len(labels), dtype=torch.float64)
    for grown, share in ((False, 1 - recipe.adults), (True, recipe.adults)):
        for label in range(len(cards.CLASSES)):
            group = (labels == label) & (adult == grown)
            weights[group] = share / max(1, int(group.sum()))
    return torch.multinomial(weights, recipe.films_per_epoch, replacement=True, generator=generator)


def loss_of(logits: Tensor, labels: Tensor, hidden: Tensor, smoothing: float) -> Tensor:
    """Cross-entropy with smoothed labels; a film whose lungs are hidden should be answered half and half."""
    targets = F.one_hot(labels, len(cards.CLASSES)).float() * (1 - smoothing) + smoothing / 2
    targets = torch.where(hidden.view(-1, 1), 0.5, targets)
    return F.cross_entropy(logits, targets)


class Run:
    """One training: network, running average, optimiser, schedule and random states, all in one checkpoint."""

    def __init__(self, name: str, recipe: Recipe, seed: int, folder: Path) -> None:
        torch.manual_seed(seed)
        self.name, self.recipe, self.folder = name, recipe, folder
        self.generator = torch.Generator().manual_seed(seed)
        network = pretrained.imagenet_lite0(imagenet_file()) if name == "transfer" else registry.REGISTRY[name].build()
        if recipe.guidance:
            cam_supervision.start_balanced(network)
        self.device = inference.device()
        self.network = network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        head = [p for key, p in network.named_parameters() if key.startswith(("classifier", "fc"))]
        body = [p for key, p in network.named_parameters() if not key.startswith(("classifier", "fc"))]
        groups = [{"params": body}, {"params": head}]
        self.optimiser = torch.optim.AdamW(groups, lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
        steps = recipe.epochs * -(-recipe.films_per_epoch // recipe.batch)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, [recipe.learning_rate, recipe.head_learning_rate], total_steps=steps, pct_start=0.15
        )
        self.average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(recipe.average_decay), use_buffers=True)
        _depthwise_in_float32(network)
        self.epoch = 0

    @property
    def checkpoint(self) -> Path:
        """Where this run is kept after each epoch."""
        return self.folder / f"{self.name}.checkpoint"

    def save(self) -> None:
        """Keeps the run; a kill while writing leaves the last one whole."""
        parts = {key: getattr(self, key).state_dict() for key in ("network", "average", "optimiser", "schedule")}
        random = {"own": self.generator.get_state(), "torch": torch.get_rng_state()}
        fresh = self.checkpoint.with_suffix(".new")
        torch.save({"parts": parts, "random": random, "epoch": self.epoch}, fresh)
        fresh.replace(self.checkpoint)

    def resume(self) -> None:
        """Goes on where a kept run stopped, if there is one."""
        if not self.checkpoint.exists():
            return
        kept = torch.load(self.checkpoint, weights_only=True)
        for key, state in kept["parts"].items():
            getattr(self, key).load_state_dict(state)
        self.generator.set_state(kept["random"]["own"])
        torch.set_rng_state(kept["random"]["torch"])
        self.epoch = kept["epoch"]
        log.info("%s goes on after epoch %d", self.name, self.epoch)

    def train_epoch(self, films: Films, adult: Tensor) -> float:
        """One pass over the films drawn for this epoch; the mean loss."""
        self.network.train()
        losses = []
        chosen = draw(films.labels, adult, self.recipe, self.generator).split(self.recipe.batch)
        for indices in tqdm(chosen, desc=f"{self.name} epoch {self.epoch + 1}/{self.recipe.epochs}", unit="batch",
                            mininterval=20):  # fmt: skip
            losses.append(self.step(*films.batch(indices)))
        self.epoch += 1
        return float(np.mean(losses))

    def answer(self, inputs: Tensor) -> tuple[Tensor, Tensor | None]:
        """Logits (B, 2), and with guidance the margins of the last maps' cells (B, h, w)."""
        return cam_supervision.margins(self.network, inputs) if self.recipe.guidance else (self.network(inputs), None)

    def step(self, pixels: Tensor, masks: Tensor, labels: Tensor) -> float:
        """One batch; its loss."""
        pixels, masks = changed(pixels, masks, self.generator, self.recipe)
        hidden = augment.chance(len(pixels), self.recipe.lungs_hidden, self.generator)
        inputs = standardise(hide_lungs.hide_lungs(pixels, masks[:, :1], hidden))
        with torch.autocast(self.device.type, torch.bfloat16, enabled=half_precision_is_quick(self.device)):
            logits, cells = self.answer(inputs.to(self.device, memory_format=torch.channels_last))
        loss = loss_of(logits.float().cpu(), labels, hidden, self.recipe.label_smoothing)
        if cells is not None:
            taught = cam_supervision.loss(cells.float().cpu(), masks, labels, counts=~hidden.flatten())
            loss = loss + self.recipe.guidance * taught
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.schedule.step()
        self.average.update_parameters(self.network)
        return loss.item()


def _depthwise_in_float32(network: nn.Module) -> None:
    """Keeps depthwise convolutions out of autocast: on a CPU their bfloat16 backward pass is five times slower.

    Called after the running average has taken its copy, which must not call these weights.
    """

    def forward(convolution: nn.Conv2d, pixels: Tensor) -> Tensor:
        with torch.autocast(pixels.device.type, enabled=False):
            return nn.Conv2d.forward(convolution, pixels.float())

    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.groups > 1:
            module.forward = partial(forward, module)  # type: ignore[method-assign]


def shifted(films: Films, recipe: Recipe, copies: int = SHIFTED_COPIES) -> tuple[Tensor, np.ndarray]:
    """Validation films, several times over, through the training's random changes; greys (N, 1, S, S) and labels."""
    generator = torch.Generator().manual_seed(1)
    found = []
    for _ in range(copies):
        for indices in torch.randperm(len(films.labels), generator=generator).split(64):
            pixels, masks, labels = films.batch(indices)
            found.append(((changed(pixels, masks, generator, recipe)[0] * 255).round().to(torch.uint8), labels))
    return torch.cat([pixels for pixels, _ in found]), torch.cat([labels for _, labels in found]).numpy()


@dataclass(frozen=True)
class Split:
    """Films of one seed: for training (children and adults), for validation (children), and the adults left out."""

    train: list[Film]
    validation: list[Film]
    adults_out: list[Film]

    @classmethod
    def of(cls, films_folder: Path, adults_folder: Path, seed: int) -> "Split":
        """Same validation patients for every seed; another third of the adult patients left out for each."""
        children = paediatric_films(films_folder, ("train", "val"))
        train, validation = split_by_patient(children, fold=0, folds=VALIDATION_FOLDS, salt="validation")
        adults, adults_out = split_by_patient(adult_films(adults_folder), fold=seed % ADULT_FOLDS, folds=ADULT_FOLDS)
        return cls(train + adults, validation, adults_out)


def train(name: str, split: Split, seed: int, folder: Path, recipe: Recipe | None = None) -> nn.Module:
    """Trains ``name`` and returns the running average, in evaluation mode; every epoch is logged and kept."""
    recipe = recipe or RECIPES[name]
    run = Run(name, recipe, seed, folder)
    run.resume()
    if run.epoch < recipe.epochs:
        size = registry.REGISTRY[name].input_size
        films = Films.read(split.train, size, "training films")
        adult = torch.tensor([film.adult for film in split.train])
        validation = Films.read(split.validation, size, "validation films")
        hard, hard_labels = shifted(validation, recipe, copies=1)
        outside = load_pixels(split.adults_out, size, "adults left out")
        while run.epoch < recipe.epochs:
            entry: dict[str, Any] = {"epoch": run.epoch + 1, "loss": run.train_epoch(films, adult)}
            network = run.average.module.eval()
            for key, pixels, labels in (
                ("validation", validation.pixels, validation.labels.numpy()),
                ("shifted validation", hard, hard_labels),
                ("adults left out", outside, labels_of(split.adults_out).numpy()),
            ):
                entry[f"auc {key}"] = float(roc_auc_score(labels, logit_margins(network, pixels)))
            log.info("%s seed %d %s", name, seed, json.dumps(entry))
            with (folder / f"{name}.log.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")
            run.save()
    trained: nn.Module = run.average.module
    return trained.eval()


def fit_floor(split: Split) -> nn.Module:
    """The logistic regression that the networks have to beat, on the same films."""
    size = registry.BASELINES["logistic_regression"].input_size
    pixels = standardise(Films.read(split.train, size, "training films").pixels.float() / 255)
    fitted = LogisticRegression(max_iter=2000).fit(pixels.flatten(1).numpy(), labels_of(split.train).numpy())
    network = architectures.logistic_regression()
    last = network[-1]
    assert isinstance(last, nn.Linear)
    with torch.no_grad():  # one set of weights for the margin: half of it for PNEUMONIA, half against NORMAL
        half = torch.from_numpy(fitted.coef_ / 2).float()
        last.weight.copy_(torch.cat([-half, half]))
        last.bias.copy_(torch.tensor([-0.5, 0.5]) * float(fitted.intercept_[0]))
    return network.eval()


def network_of(name: str, split: Split, seed: int, folder: Path) -> nn.Module:
    """The trained network ``name`` of this seed: trained now, or made of what the folder holds."""
    if name == "logistic_regression":
        return fit_floor(split)
    return ensemble_of(folder) if registry.REGISTRY[name].parts else train(name, split, seed, folder)


def centre(network: nn.Module, shift: float) -> None:
    """Moves the margin that ``network`` gives to every film by ``shift``, half in each bias of its last layer."""
    last = [module for module in network.modules() if isinstance(module, nn.Linear)][-1]
    with torch.no_grad():
        last.bias.add_(torch.tensor([-shift / 2, shift / 2], device=last.bias.device))


def calibrate(margins: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Temperature and threshold from logit differences on shifted validation."""
    temperature = calibration.fit_temperature(margins, labels)
    threshold = calibration.balanced_threshold(calibration.sigmoid(margins / temperature), labels)
    return {"temperature": temperature, "threshold": threshold}


def card_of(name: str, split: Split, seed: int) -> dict[str, Any]:
    """What the card says of a training before any measurement."""
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
        "seed": seed,
        "threshold_rule": THRESHOLD_RULE,
        "recipe": asdict(RECIPES[name]) if name in RECIPES else OTHER_RECIPES[name],
    }


def finish(name: str, network: nn.Module, split: Split, seed: int, folder: Path) -> None:
    """Calibrates ``network`` on shifted validation and writes its weights and card into ``folder``."""
    size = registry.REGISTRY[name].input_size
    hard, labels = shifted(Films.read(split.validation, size, "validation films"), RECIPES["transfer"])
    margins = logit_margins(network, hard)
    if registry.REGISTRY[name].parts:  # centred already
        card = card_of(name, split, seed) | calibrate(margins, labels)
        write_card(folder, name, {"name": name, "sha256": loading.read_state(folder, name)[1], **card})
    else:
        shift = calibration.fit_shift(margins, labels)
        centre(network, shift)
        card = card_of(name, split, seed) | calibrate(margins + shift, labels)
        write_weights(folder, name, network, card)
    log.info("%s seed %d: temperature %.3f, threshold %.3f", name, seed, card["temperature"], card["threshold"])


def ensemble_of(folder: Path) -> nn.Module:
    """The mean of the two networks that this folder holds."""
    both = architectures.Ensemble()
    loading.load_weights(both, loading.read_state(folder, "ensemble")[0], "ensemble")
    return both.eval()


def main() -> None:
    """Trains what is asked for into ``RUNS/seed-S``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("films", type=Path, help="folder with train, val and test")
    parser.add_argument("--adults", type=Path, required=True, help="folder with images/ and labels.csv")
    parser.add_argument("--models", nargs="+", choices=ORDER, default=ORDER)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    keep_memory()
    for seed in given.seeds:
        folder = given.runs / f"seed-{seed}"
        folder.mkdir(parents=True, exist_ok=True)
        split = Split.of(given.films, given.adults, seed)
        for name in given.models:
            finish(name, network_of(name, split, seed, folder), split, seed, folder)


if __name__ == "__main__":
    main()
