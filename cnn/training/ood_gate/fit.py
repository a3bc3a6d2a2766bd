"""Fits the refusal of :mod:`cnn.models.ood_gate`, and compares it with others: ``python -m cnn.training.ood_gate.fit
FILMS --adults A``.

Who may see what: *fit* films and the pictures of the part "learn" fit every method. Other patients' films, *limit*,
set how far a film may go (a quantile, never a number typed in). Pictures of other kinds, *choose*, compare the methods.
*report* is looked at once: the official test films, adult films of patients not used before, kinds of picture that no
method has met, and chest films made unfit by the same changes as in *fit*, which are other patients' films.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors
from torch import Tensor
from tqdm import tqdm

from cnn import cards
from cnn.imaging.preprocess import resample, resize, standardise
from cnn.models import loading, lung_segmenter, ood_gate, registry
from cnn.models.loading import write_weights
from cnn.training import augment
from cnn.training.data import Film, adult_rows, load_pixels, paediatric_films, patient_fold
from cnn.training.ood_gate import film_corruptions
from cnn.training.ood_gate.negatives import pictures

KIND_OF: dict[Callable[[Tensor, torch.Generator], Tensor], str] = {
    film_corruptions.upside_down: "upside down", film_corruptions.quarter_turn: "lying",
    film_corruptions.quarter: "piece",
    film_corruptions.fragment: "piece", film_corruptions.negative: "negative", film_corruptions.collage: "several",
    film_corruptions.pair: "several", film_corruptions.shuffled: "other",
}  # fmt: skip
GATE = {
    "features, softmax regression (outlier exposure)": "kind",
    "features, Mahalanobis": "distance",
    "area of the lungs found": "lungs",
}
"""Methods that :class:`cnn.models.ood_gate.Gate` can use, with the names of their limits in its card."""
NEIGHBOURS, PIXEL_AXES, PENALTY = 5, 64, 1e-3
FIT_CHILDREN, LIMIT_CHILDREN, CHANGED, SHOWN_CHANGED = 900, 450, 150, 30
VALIDATION_FOLDS = 10
PASSED = 0.995
"""Share of the films of *limit* that a method has to let pass, of the children's and of the adults'."""


@dataclass(frozen=True, eq=False)
class Group:
    """Pictures of one kind: greys (N, 1, SIZE, SIZE) uint8, who may see them, and the kind they should be taken for."""

    name: str
    part: str
    kind: str
    pixels: Tensor = field(repr=False, compare=False)


@dataclass(frozen=True)
class Seen:
    """A group after the networks' passes: features (N, F), lungs (N, 1, S, S) bool, thumbnails (N, D), energy (N,)."""

    group: Group
    features: Tensor
    lungs: Tensor
    thumbnails: Tensor
    energy: Tensor


def groups(films_folder: Path, adults_folder: Path) -> list[Group]:
    """All pictures, each in its part; the same ones every time."""
    generator = torch.Generator().manual_seed(0)
    rows = adult_rows(adults_folder)
    adults = [Film(adults_folder / "images" / row["file"], 0, row["patient"], facts=row) for row in rows]
    children = paediatric_films(films_folder, ("train", "val"))

    def chosen(films: list[Film], count: int) -> list[Film]:
        order = torch.randperm(len(films), generator=generator)[:count].tolist()
        return [films[place] for place in order]

    def fold(films: list[Film], number: int, of: int, salt: str) -> list[Film]:
        return [film for film in films if patient_fold(film.patient, of, salt) == number]

    kept = fold(children, 0, VALIDATION_FOLDS, "validation")
    used = [film for film in children if patient_fold(film.patient, VALIDATION_FOLDS, "validation")]
    thirds = [fold(adults, number, 3, "refuse") for number in range(3)]
    fit = load_pixels(chosen(used, FIT_CHILDREN) + thirds[0], ood_gate.INPUT_SIZE)
    limit_children, limit_adults = (
        load_pixels(part, ood_gate.INPUT_SIZE) for part in (chosen(kept, LIMIT_CHILDREN), thirds[1])
    )
    test, adults_out = (
        load_pixels(part, ood_gate.INPUT_SIZE) for part in (paediatric_films(films_folder, ("test",)), thirds[2])
    )
    found = [
        Group("films", "fit", "film", fit),
        Group("films, varied", "fit", "film", torch.cat([_varied(part, generator) for part in fit.split(64)])),
        Group("children", "limit", "film", limit_children),
        Group("adults", "limit", "film", limit_adults),
        Group("official test films", "report", "film", test),
        Group("adults of patients not used before", "report", "film", adults_out),
        Group("adults of all patients", "all", "film", load_pixels(adults, ood_gate.INPUT_SIZE)),
    ]
    sources = {"fit": fit, "choose": torch.cat([limit_children, limit_adults]), "report": torch.cat([test, adults_out])}
    for name, change in film_corruptions.REFUSED.items():
        for part, source in sources.items():
            count = CHANGED if part == "fit" else SHOWN_CHANGED
            some = source[torch.randperm(len(source), generator=generator)[:count]]
            found.append(Group(name, part, KIND_OF[change], change(some, generator)))
    for name, change in film_corruptions.ACCEPTED.items():
        some = sources["report"][::8]
        found.append(Group(f"films {name}", "report", "film", change(some, generator)))
    found += _others(generator)
    return found


def _varied(films: Tensor, generator: torch.Generator) -> Tensor:
    """Films as other machines and hands would have made them."""
    greys, _ = augment.move(films.float() / 255, films.float() / 255, generator)
    return (augment.retake(greys, generator) * 255).round().to(torch.uint8)


def _others(generator: torch.Generator) -> Iterator[Group]:
    for part in ("learn", "choose", "report"):
        by_kind: dict[str, list[Tensor]] = {}
        for picture in pictures(part):
            by_kind.setdefault(picture.kind, []).append(resize(picture.pixels, ood_gate.INPUT_SIZE) * 255)
        for kind, found in by_kind.items():
            pixels = torch.cat(found).round().clamp(0, 255).to(torch.uint8)
            yield Group(kind, "fit" if part == "learn" else part, "other", pixels)
            if part == "learn":
                yield Group(f"{kind}, pieces", "fit", "other", film_corruptions.pieces(pixels, 0.3, 1, generator))


@torch.inference_mode()
def see(group: Group, network: lung_segmenter.LungNet, classifier: torch.nn.Module) -> Seen:
    """All passes for a group."""
    features, masks, thumbnails, energy = [], [], [], []
    for part in group.pixels.split(16):
        inputs = standardise(part.float()).contiguous(memory_format=torch.channels_last)
        pooled, lung = ood_gate.features_and_lungs(network, inputs)
        features.append(pooled)
        masks.append(lung > 0.5)
        thumbnails.append(standardise(resample(part.float(), 32)).flatten(1))
        energy.append(torch.zeros(len(part)) if group.part == "fit" else -classifier(inputs).logsumexp(dim=1))
    return Seen(group, *(torch.cat(each) for each in (features, masks, thumbnails, energy)))


# Methods: each is fitted on what is seen in *fit* and returns a score, the higher the stranger

Score = Callable[[Seen], np.ndarray]


def _films(seen: list[Seen], what: Callable[[Seen], Tensor]) -> Tensor:
    return torch.cat([what(each) for each in seen if each.group.part == "fit" and each.group.kind == "film"])


def axes_of(features: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Weight (count, F) and bias (count,) of a projection after which ``features`` (N, F) have unit covariance."""
    centre = features.mean(dim=0)
    _, spread, directions = torch.linalg.svd(features - centre, full_matrices=False)
    weight = directions[:count] / (spread[:count, None] / (len(features) - 1) ** 0.5)
    return weight, -weight @ centre


def shape_of(lungs_found: Tensor) -> Tensor:
    """Numbers (N, 11) that say where lungs (N, 1, S, S) lie: of each half its share, centre and spread; the rest."""
    mask = lungs_found[:, 0].float()
    side = mask.shape[-1]
    line = (torch.arange(side) + 0.5) / side
    numbers = []
    for half in (mask[:, :, : side // 2], mask[:, :, side // 2 :].flip(2)):
        area = half.mean(dim=(1, 2))
        down, across = half.mean(dim=2) + 1e-6, half.mean(dim=1) + 1e-6
        for density, places in ((down, line), (across, line[: side // 2])):
            centre = (density * places).sum(1) / density.sum(1)
            spread = ((density * places**2).sum(1) / density.sum(1) - centre**2).clamp(min=0).sqrt()
            numbers += [centre, spread]
        numbers.append(area)
    numbers.append((mask * mask.flip(2)).mean(dim=(1, 2)))
    return torch.stack(numbers, dim=1)


def fit_gate(seen: list[Seen]) -> ood_gate.Gate:
    """The gate: centre and spread of the films' features, their axes, and the classifier of kinds."""
    gate = ood_gate.Gate()
    films = _films(seen, lambda each: each.features)
    gate.mean, gate.spread = films.mean(dim=0), films.std(dim=0).clamp(min=1e-4)
    weight, bias = axes_of((films - gate.mean) / gate.spread, gate.axes.out_features)
    fitted = [each for each in seen if each.group.part == "fit"]
    features = (torch.cat([each.features for each in fitted]) - gate.mean) / gate.spread
    kinds = np.concatenate([np.full(len(each.features), ood_gate.KINDS.index(each.group.kind)) for each in fitted])
    clipped = features.clamp(-ood_gate.CLIP, ood_gate.CLIP).numpy()
    classifier = LogisticRegression(C=PENALTY, max_iter=2000, tol=1e-3).fit(clipped, kinds)
    with torch.no_grad():
        gate.axes.weight.copy_(weight)
        gate.axes.bias.copy_(bias)
        gate.classify.weight.copy_(torch.from_numpy(classifier.coef_))
        gate.classify.bias.copy_(torch.from_numpy(classifier.intercept_))
    return gate.eval()


def methods(seen: list[Seen], gate: ood_gate.Gate) -> dict[str, Score]:
    """The methods compared, by name."""
    plain = _films(seen, lambda each: each.features)[:, : sum(ood_gate.CHANNELS)]
    centre, spread = plain.mean(dim=0), plain.std(dim=0).clamp(min=1e-4)

    def unit(each: Seen) -> Tensor:
        return torch.nn.functional.normalize((each.features[:, : len(centre)] - centre) / spread)

    neighbours = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(_films(seen, unit).numpy())
    thumbnails = _films(seen, lambda each: each.thumbnails)
    middle = thumbnails.mean(dim=0)
    faces = torch.linalg.svd(thumbnails - middle, full_matrices=False).Vh[:PIXEL_AXES]
    shapes = _films(seen, lambda each: shape_of(each.lungs))
    weight, bias = axes_of(shapes, shapes.shape[1])

    def rest(each: Seen) -> np.ndarray:
        away = each.thumbnails - middle
        return (away - away @ faces.T @ faces).square().mean(dim=1).numpy()

    return {
        "area of the lungs found": lambda each: -each.lungs.float().mean(dim=(1, 2, 3)).numpy(),
        "shape of the lungs found, Mahalanobis": lambda each: (
            (shape_of(each.lungs) @ weight.T + bias).norm(dim=1).numpy()
        ),
        "features, Mahalanobis": lambda each: opinions(gate, each)[1],
        "features, nearest neighbours": lambda each: neighbours.kneighbors(unit(each).numpy())[0][:, -1],
        "pixels, PCA reconstruction": rest,
        "energy of the classifier": lambda each: each.energy.numpy(),
        "features, softmax regression (outlier exposure)": lambda each: opinions(gate, each)[0],
    }


@torch.inference_mode()
def opinions(gate: ood_gate.Gate, each: Seen) -> tuple[np.ndarray, np.ndarray]:
    """Log odds of being no film (N,), so that ties at 1 are told apart, and distances (N,)."""
    logits, distances = gate(each.features)
    return (logits[:, 1:].logsumexp(dim=1) - logits[:, 0]).numpy(), distances.numpy()


def limit_of(score: Score, seen: list[Seen]) -> float:
    """What PASSED of the children's films and of the adults' films of *limit* stay under."""
    return max(float(np.quantile(score(each), PASSED)) for each in seen if each.group.part == "limit")


@dataclass(frozen=True)
class Measured:
    """What a way of refusing does: shares refused of what is none, in *choose* and *report*, and of films."""

    name: str
    caught: dict[str, float]
    by_kind: dict[str, float]
    films: dict[str, float]


def measure(name: str, rules: list[tuple[Score, float]], seen: list[Seen]) -> Measured:
    """A picture is refused where any of the scores is above its limit."""
    marks = {each.group: np.any([score(each) > limit for score, limit in rules], axis=0) for each in seen
             if each.group.part not in ("fit", "limit")}  # fmt: skip
    strange = {group: mark for group, mark in marks.items() if group.kind != "film"}
    caught = {
        part: float(np.concatenate([mark for group, mark in strange.items() if group.part == part]).mean())
        for part in ("choose", "report")
    }
    return Measured(
        name, caught, {group.name: float(mark.mean()) for group, mark in strange.items() if group.part == "report"},
        {group.name: float(mark.mean()) for group, mark in marks.items() if group.kind == "film"},
    )  # fmt: skip


def compare(seen: list[Seen], gate: ood_gate.Gate) -> tuple[list[Measured], tuple[str, ...], dict[str, float]]:
    """Every method by itself and the gate's own together; the best of the gate's on *choose*; every limit."""
    scores = methods(seen, gate)
    limits = {name: limit_of(score, seen) for name, score in scores.items()}
    tried: list[tuple[str, ...]] = [(name,) for name in scores]
    tried += [names for count in (2, 3) for names in combinations(GATE, count)]
    measured = {
        names: measure(" or ".join(names), [(scores[name], limits[name]) for name in names], seen)
        for names in tqdm(tried, desc="comparing", unit="method")
    }
    own = [names for names in measured if set(names) <= set(GATE)]
    # of equals, the one with more opinions: kinds of picture that nobody thought of may escape one and not the other
    best = max(own, key=lambda names: (measured[names].caught["choose"], len(names)))
    return list(measured.values()), best, limits


def table(measured: list[Measured]) -> str:
    """The comparison as Markdown."""
    films = list(measured[0].films)
    lines = [
        "| refused by | caught, choose | caught, report | " + " | ".join(films) + " |",
        "|---" * (3 + len(films)) + "|",
    ]
    for each in measured:
        cells = [*each.caught.values(), *each.films.values()]
        lines.append(f"| {each.name} | " + " | ".join(f"{cell:.3f}" for cell in cells) + " |")
    return "\n".join(lines)


def card_of(
    seen: list[Seen], measured: list[Measured], best: tuple[str, ...], limits: dict[str, float]
) -> dict[str, Any]:
    """What is known of the gate. A score that the best choice does without has no limit."""
    counts = {part: sum(len(each.features) for each in seen if each.group.part == part) for part in ("fit", "choose")}
    strange = [each for each in seen if each.group.part == "report" and each.group.kind != "film"]
    return {
        "classes": list(ood_gate.KINDS),
        "input_size": ood_gate.INPUT_SIZE,
        "energy_of": cards.read_card(cards.WEIGHTS_FOLDER, registry.DEFAULT)["sha256"],
        "lungs_sha256": cards.read_card(cards.WEIGHTS_FOLDER, "lung_segmenter")["sha256"],
        "limits": {key: _limit(key, limits[name]) if name in best else None for name, key in GATE.items()},
        "limits_rule": f"{PASSED:.1%} of the children's films of validation, and of a third of the adults', pass each",
        "chosen_by": "the share caught of the pictures to choose by; those to report were looked at after that",
        "pictures": counts | {"report, no chest films": sum(len(each.features) for each in strange)},
        "chosen": " or ".join(best),
        "compared": [asdict(each) for each in measured],
    }


def _limit(key: str, limit: float) -> float:
    """Limits as :func:`cnn.models.ood_gate.combine_scores` takes them: a probability for log odds, an area for its
    negative."""
    if key == "kind":
        return float(1 / (1 + np.exp(-limit)))
    return -limit if key == "lungs" else limit


def main() -> None:
    """Compares, fits, and writes weights and card."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("films", type=Path, help="folder with train, val and test")
    parser.add_argument("--adults", type=Path, required=True, help="folder with images/ and labels.csv")
    parser.add_argument("--out", type=Path, default=cards.WEIGHTS_FOLDER)
    given = parser.parse_args()
    network, classifier = lung_segmenter.load(), loading.load().module
    seen = [
        see(group, network, classifier)
        for group in tqdm(groups(given.films, given.adults), desc="looking", unit="kind")
    ]
    gate = fit_gate(seen)
    measured, best, limits = compare(seen, gate)
    write_weights(given.out, "ood_gate", gate, card_of(seen, measured, best, limits))
    print(table(measured))
    print(f"Chosen: {' or '.join(best)}")


if __name__ == "__main__":
    main()
