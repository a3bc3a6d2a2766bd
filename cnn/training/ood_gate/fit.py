"""Fit the gate of :mod:`cnn.models.ood_gate`: ``python -m cnn.training.ood_gate.fit FILMS --adults ADULTS``.

A picture is rejected where any of three scores is above its limit: the log odds of being no film, by softmax regression
on the segmenter's features (outlier exposure: Hendrycks et al., ICLR 2019); the Mahalanobis distance of these features
from those of films; the negative area of the lungs.

Films and images of the part *fit* fit the scores. Films of other patients, *limit*, set the limits (a quantile, never a
number typed in). *report* is measured once: the official test films, adult films of patients not used before, kinds of
image that were not in *fit*, and corrupted chest films of other patients than in *fit*.

The published gate was fitted by version 0.1.0 of this code, which also held four scores and a third part, *choose*, by
which these three were chosen. What it measured is in the card; fitting again draws other corruptions.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from torch import Generator, Tensor
from tqdm import tqdm

from cnn import cards
from cnn.evaluation.scores import sigmoid
from cnn.imaging.preprocess import resize, standardise
from cnn.models import lung_segmenter, ood_gate
from cnn.models.architectures import LungNet
from cnn.models.loading import write_weights
from cnn.training import augment
from cnn.training.data import Film, adult_rows, load_pixels, paediatric_films, patient_fold, split_by_patient
from cnn.training.ood_gate import film_corruptions, negatives

SCORES = {
    "kind": "features, softmax regression (outlier exposure)",
    "distance": "features, Mahalanobis",
    "lungs": "area of the lungs found",
}
"""Names of the scores, by the key of their limit in the card."""
PENALTY = 1e-3
FIT_CHILDREN, LIMIT_CHILDREN, FIT_CORRUPTED, REPORT_CORRUPTED = 900, 450, 150, 30
VALIDATION_FOLDS = 10
PASSED = 0.995
"""Share of the films of *limit* that each score has to let pass, of the children's and of the adults'."""


@dataclass(frozen=True, eq=False)
class Group:
    """Images (N, 1, S, S) uint8 of one name, their part, and the kind that the gate should name."""

    name: str
    part: str
    kind: str
    pixels: Tensor


@dataclass(frozen=True)
class Measured:
    """A group's features (N, F) and areas of the lungs (N,), as shares of the image."""

    group: Group
    features: Tensor
    areas: Tensor


def groups(films_folder: Path, adults_folder: Path) -> list[Group]:
    """Return all images, the same ones every time."""
    generator = Generator().manual_seed(0)
    films = {
        name: load_pixels(part, ood_gate.INPUT_SIZE) for name, part in _films(films_folder, adults_folder, generator)
    }
    fit = films["fit"]
    report = torch.cat([films["official test films"], films["adults of patients not used before"]])
    varied = torch.cat([_vary(batch, generator) for batch in fit.split(64)])
    all_groups = [Group("films, varied", "fit", "film", varied)]
    parts = {"fit": "fit", "children": "limit", "adults": "limit"}
    all_groups += [Group(name, parts.get(name, "report"), "film", pixels) for name, pixels in films.items()]
    for name, (kind, corrupt) in film_corruptions.REJECTED.items():
        for part, source, count in (("fit", fit, FIT_CORRUPTED), ("report", report, REPORT_CORRUPTED)):
            drawn = source[torch.randperm(len(source), generator=generator)[:count]]
            all_groups.append(Group(name, part, kind, corrupt(drawn, generator)))
    for name, change in film_corruptions.ACCEPTED.items():
        all_groups.append(Group(f"films {name}", "report", "film", change(report[::8], generator)))
    return all_groups + list(_negatives(generator))


def _films(films_folder: Path, adults_folder: Path, generator: Generator) -> Iterator[tuple[str, list[Film]]]:
    """Yield chest films by the name of their group."""
    adults = [Film(adults_folder / "images" / row["file"], 0, row["patient"]) for row in adult_rows(adults_folder)]
    thirds: list[list[Film]] = [[], [], []]
    for film in adults:
        thirds[patient_fold(film.patient, 3, "refuse")].append(film)
    children = paediatric_films(films_folder, ("train", "val"))
    training, validation = split_by_patient(children, 0, VALIDATION_FOLDS, salt="validation")

    def draw(films: list[Film], count: int) -> list[Film]:
        return [films[index] for index in torch.randperm(len(films), generator=generator)[:count].tolist()]

    yield "fit", draw(training, FIT_CHILDREN) + thirds[0]
    yield "children", draw(validation, LIMIT_CHILDREN)
    yield "adults", thirds[1]
    yield "official test films", paediatric_films(films_folder, ("test",))
    yield "adults of patients not used before", thirds[2]
    yield "adults of all patients", adults


def _vary(films: Tensor, generator: Generator) -> Tensor:
    """Return films as other machines and hands would have made them."""
    greys, _ = augment.move(films.float() / 255, films.float() / 255, generator)
    return (augment.retake(greys, generator) * 255).round().to(torch.uint8)


def _negatives(generator: Generator) -> Iterator[Group]:
    for part in ("fit", "report"):
        by_kind: dict[str, list[Tensor]] = {}
        for kind, greys in negatives.images(part):
            by_kind.setdefault(kind, []).append(resize(greys, ood_gate.INPUT_SIZE) * 255)
        for kind, images in by_kind.items():
            pixels = torch.cat(images).round().clamp(0, 255).to(torch.uint8)
            yield Group(kind, part, "other", pixels)
            if part == "fit":
                yield Group(f"{kind}, pieces", part, "other", film_corruptions.crop(pixels, generator, 0.3, 1))


Scored = tuple[Group, dict[str, NDArray[np.float32]]]


@torch.inference_mode()
def measure(group: Group, network: LungNet) -> Measured:
    """Pass a group through the segmenter."""
    features, areas = [], []
    for batch in group.pixels.split(16):
        inputs = standardise(batch.float()).contiguous(memory_format=torch.channels_last)
        pooled, lungs = ood_gate.features_and_lungs(network, inputs)
        features.append(pooled)
        areas.append((lungs > 0.5).float().mean(dim=(1, 2, 3)))
    return Measured(group, torch.cat(features), torch.cat(areas))


def whitening(features: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return weight (count, F) and bias (count,) of a projection that gives ``features`` (N, F) unit covariance."""
    centre = features.mean(dim=0)
    _, spread, directions = torch.linalg.svd(features - centre, full_matrices=False)
    weight = directions[:count] / (spread[:count, None] / (len(features) - 1) ** 0.5)
    return weight, -weight @ centre


def fit_gate(measured: list[Measured]) -> ood_gate.Gate:
    """Fit the gate on the part *fit*: centre, spread and axes of the films' features, and the classifier of kinds."""
    gate = ood_gate.Gate()
    fitted = [each for each in measured if each.group.part == "fit"]
    films = torch.cat([each.features for each in fitted if each.group.kind == "film"])
    gate.mean, gate.spread = films.mean(dim=0), films.std(dim=0).clamp(min=1e-4)
    weight, bias = whitening((films - gate.mean) / gate.spread, gate.axes.out_features)
    features = (torch.cat([each.features for each in fitted]) - gate.mean) / gate.spread
    kinds = np.concatenate([np.full(len(each.areas), ood_gate.KINDS.index(each.group.kind)) for each in fitted])
    regression = LogisticRegression(C=PENALTY, max_iter=2000, tol=1e-3)
    regression.fit(features.clamp(-ood_gate.CLIP, ood_gate.CLIP).numpy(), kinds)
    with torch.no_grad():
        gate.axes.weight.copy_(weight)
        gate.axes.bias.copy_(bias)
        gate.classify.weight.copy_(torch.from_numpy(regression.coef_))
        gate.classify.bias.copy_(torch.from_numpy(regression.intercept_))
    return gate.eval()


@torch.inference_mode()
def scores_of(gate: ood_gate.Gate, measured: Measured) -> dict[str, NDArray[np.float32]]:
    """Return each of SCORES, (N,), higher for what is less like a film; log odds tell probabilities near 1 apart."""
    logits, distances = gate(measured.features)
    odds = logits[:, 1:].logsumexp(dim=1) - logits[:, 0]
    return {"kind": odds.numpy(), "distance": distances.numpy(), "lungs": -measured.areas.numpy()}


def limits_of(scored: list[Scored]) -> dict[str, float]:
    """Return the limit that PASSED of the children's and of the adults' films of *limit* stay under, for each score."""
    films = [scores for group, scores in scored if group.part == "limit"]
    return {key: max(float(np.quantile(scores[key], PASSED)) for scores in films) for key in SCORES}


def evaluate(keys: tuple[str, ...], limits: dict[str, float], scored: list[Scored]) -> dict[str, Any]:
    """Return the shares of *report* that are rejected by any of the scores ``keys``, for the card."""
    rejected = {
        group: np.any([scores[key] > limits[key] for key in keys], axis=0)
        for group, scores in scored
        if group.part == "report"
    }
    others = {group.name: marks for group, marks in rejected.items() if group.kind != "film"}
    return {
        "name": " or ".join(SCORES[key] for key in keys),
        "caught": {"report": float(np.concatenate(list(others.values())).mean())},
        "by_kind": {name: float(marks.mean()) for name, marks in others.items()},
        "films": {group.name: float(marks.mean()) for group, marks in rejected.items() if group.kind == "film"},
    }


def card_of(scored: list[Scored]) -> dict[str, Any]:
    """Return the limits, as :func:`cnn.models.ood_gate.combine_scores` takes them, and what the scores reject."""
    limits = limits_of(scored)
    evaluations = [evaluate(keys, limits, scored) for keys in (*((key,) for key in SCORES), tuple(SCORES))]
    fitted = sum(len(group.pixels) for group, _ in scored if group.part == "fit")
    others = sum(len(group.pixels) for group, _ in scored if group.part == "report" and group.kind != "film")
    return {
        "classes": list(ood_gate.KINDS),
        "input_size": ood_gate.INPUT_SIZE,
        "lungs_sha256": cards.read_card(cards.WEIGHTS_FOLDER, "lung_segmenter")["sha256"],
        "limits": limits | {"kind": float(sigmoid(np.array(limits["kind"]))), "lungs": -limits["lungs"]},
        "limits_rule": f"{PASSED:.1%} of the children's films of validation, and of a third of the adults', pass each",
        "chosen_by": "the share rejected of the development images; the test images were looked at after that",
        "pictures": {"fit": fitted, "report, no chest films": others},
        "chosen": evaluations[-1]["name"],
        "compared": evaluations,
    }


def main() -> None:
    """Fit and measure the gate, and write weights and card."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("films", type=Path, help="folder with train, val and test")
    parser.add_argument("--adults", type=Path, required=True, help="folder with images/ and labels.csv")
    parser.add_argument("--out", type=Path, default=cards.WEIGHTS_FOLDER)
    arguments = parser.parse_args()
    network = lung_segmenter.load()
    measured = [measure(group, network) for group in tqdm(groups(arguments.films, arguments.adults), unit="kind")]
    gate = fit_gate(measured)
    card = card_of([(each.group, scores_of(gate, each)) for each in measured])
    write_weights(arguments.out, "ood_gate", gate, card)
    for evaluation in card["compared"]:
        print(f"{evaluation['name']}: rejects {evaluation['caught']['report']:.1%}; of films {evaluation['films']}")


if __name__ == "__main__":
    main()
