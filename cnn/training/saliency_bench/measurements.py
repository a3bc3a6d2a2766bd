"""Measure the maps of one method, or of one baseline without a network, film by film."""

import base64
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from cnn.attribution import baseline_maps, deletion_insertion, localisation, methods, similarity
from cnn.attribution.attribute import attribute
from cnn.attribution.attribution import Attribution
from cnn.models.loading import LoadedModel
from cnn.training.saliency_bench.films import TARGET, BenchFilm

SUBSET, COSTLY_SUBSET = 12, 6
"""Films for randomisation, repeatability, deletion and insertion; in the first two, fewer for methods that cost more
than COSTLY passes."""
COSTLY = 10
NEIGHBOURS = 3
"""Other films that a map is compared with: the similarity of maps that share nothing but their method."""
TIMED = 3
"""Films on which a method is timed against a forward pass."""
RANDOM_DRAWS = 3
"""Random maps of a film, whose scores are averaged."""
FILLS: dict[str, deletion_insertion.Fill] = {"mean grey": "grey", "blurred": "blur"}
"""What a deleted square shows; the choice is known to change the curves, so both are measured."""

Raw = dict[str, Any]
Scores = dict[str, float]
Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Bench:
    """What all methods of one network are tested with.

    Attributes:
        networks: By seed; the first is the shipped one.
        boxed: Films with boxes, by who drew them.
        subset: Boxed films of the first seed, for randomisation, deletion and insertion.
        children: Films that no seed has seen, for repeatability.
        simulated: The film with a simulated lesion.
        cascade: The first network with more and more random weights, by the block randomised last.
    """

    networks: dict[int, LoadedModel]
    boxed: dict[str, list[BenchFilm]]
    subset: list[BenchFilm]
    children: list[BenchFilm]
    simulated: BenchFilm
    cascade: dict[str, LoadedModel]

    @property
    def shipped(self) -> LoadedModel:
        """The network that ships."""
        return next(iter(self.networks.values()))


def measure_method(bench: Bench, method: str) -> Raw:
    """Return all measurements of one method."""
    films = {film.name: film for films in bench.boxed.values() for film in films}
    maps = {name: explain(bench.networks[film.seed], film, method) for name, film in films.items()}
    heatmaps = {name: localisation.as_heatmap(each.map, each.meaning) for name, each in maps.items()}
    few = slice(COSTLY_SUBSET if methods.count_passes(bench.shipped, method) > COSTLY else SUBSET)
    return {
        "localisation": {
            source: [locate(heatmaps[film.name], film) for film in films] for source, films in bench.boxed.items()
        },
        "nothing_for_it": sum(bool(heatmap.max() <= 0) for heatmap in heatmaps.values()),
        "randomisation": _randomise(bench, method, bench.subset[few], maps),
        "repeatability": _repeat(bench, method, bench.children[few]),
        "deletion": [delete_and_insert(bench.shipped, film, heatmaps[film.name]) for film in bench.subset],
        "cost": _time(bench, method),
        "planted": _locate_simulated(bench, method),
    }


def measure_baseline(bench: Bench, name: str) -> Raw:
    """Return what can be measured of a map without a network; scores of several random draws are averaged."""

    def score(measure: Callable[[Floats, BenchFilm], Scores], film: BenchFilm) -> Scores:
        scores = []
        for draw in range(RANDOM_DRAWS if name == "random" else 1):
            seed = int(hashlib.sha256(f"{film.name} {draw}".encode()).hexdigest()[:8], 16)
            scores.append(measure(baseline_maps.baseline_map(name, film.pixels[0, 0].numpy(), seed), film))
        return mean_scores(scores)

    def delete(heatmap: Floats, film: BenchFilm) -> Scores:
        return delete_and_insert(bench.shipped, film, heatmap)

    return {
        "localisation": {source: [score(locate, film) for film in films] for source, films in bench.boxed.items()},
        "deletion": [score(delete, film) for film in bench.subset],
        "planted": [score(locate, bench.simulated)],
    }


def explain(model: LoadedModel, film: BenchFilm, method: str) -> Attribution:
    """Return the map of ``method`` for PNEUMONIA."""
    return attribute(model, film.pixels, method, TARGET)


def locate(heatmap: Floats, film: BenchFilm) -> Scores:
    """Return the measures of localisation against the film's lesion."""
    if film.truth is None:
        raise ValueError(f"The lesion of {film.name} is not known.")
    return localisation.measure(heatmap, film.truth)


def delete_and_insert(model: LoadedModel, film: BenchFilm, heatmap: Floats) -> Scores:
    """Return the areas under the curves of deletion and insertion, for each of FILLS."""

    def score(images: Tensor) -> Floats:
        return model.probabilities(images)[:, TARGET].numpy()

    order = deletion_insertion.rank_squares(heatmap)
    areas: Scores = {}
    for name, fill in FILLS.items():
        hidden = deletion_insertion.HiddenFilm(score, film.pixels, deletion_insertion.make_fill(film.pixels, fill))
        areas[f"deletion, {name}"], areas[f"insertion, {name}"] = deletion_insertion.compute_areas(hidden, order)
    return areas


def mean_scores(scores: list[Scores]) -> Scores:
    """Return the mean of each score."""
    return {key: float(np.mean([each[key] for each in scores])) for key in scores[0]} if scores else {}


def encode_map(values: Floats) -> str:
    """Return a map (S, S) in -1..1 as a grey PNG in base64, 128 being 0.

    Read by :func:`cnn.evaluation.saliency_report.decode_map`.
    """
    buffer = io.BytesIO()
    Image.fromarray(np.round(128 + 127 * values).astype(np.uint8)).save(buffer, "PNG", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode()


def _strength(attribution: Attribution) -> Floats:
    """Return the absolute values of a map as it is displayed, 0..1."""
    return np.asarray(np.abs(attribution.scaled()))


def _compare(first: Floats, second: Floats) -> Scores:
    return similarity.compare(first, second)._asdict()


def _compare_neighbours(maps: list[Floats]) -> list[Scores]:
    """Return the mean similarity of each map to those of the films that follow it."""
    count = len(maps)
    steps = range(1, min(NEIGHBOURS, count - 1) + 1)
    return [
        mean_scores([_compare(maps[index], maps[(index + step) % count]) for step in steps]) for index in range(count)
    ]


def _randomise(bench: Bench, method: str, films: list[BenchFilm], trained: dict[str, Attribution]) -> Raw:
    """Return the similarity of each map to those with random weights, stage by stage, and to those of other films."""
    maps = [_strength(trained[film.name]) for film in films]
    stages = {
        stage: [_compare(each, _strength(explain(model, film, method))) for each, film in zip(maps, films, strict=True)]
        for stage, model in bench.cascade.items()
    }
    patients = [film.patient for film in films]
    return {"patients": patients, "stages": stages, "other_films": _compare_neighbours(maps)}


def _repeat(bench: Bench, method: str, films: list[BenchFilm]) -> Raw:
    """Return the similarity of maps of one film by several seeds, and of several films by one network."""
    maps = [[_strength(explain(model, film, method)) for film in films] for model in bench.networks.values()]
    between = [
        mean_scores([_compare(first, second) for first, second in combinations(maps_of_film, 2)])
        for maps_of_film in zip(*maps, strict=True)
    ]
    others = [_compare_neighbours(maps_of_network) for maps_of_network in maps]
    return {
        "patients": [film.patient for film in films],
        "between_seeds": between if len(maps) > 1 else [],
        "other_films": [mean_scores(list(each)) for each in zip(*others, strict=True)],
    }


def _time(bench: Bench, method: str) -> Raw:
    """Return the passes, and the time of a map over that of a forward pass, both measured now."""
    ratios = []
    for film in (bench.subset * TIMED)[:TIMED]:
        with torch.no_grad():
            forward = median(_seconds(bench.shipped.module, film.pixels) for _ in range(5))
        ratios.append(_seconds(explain, bench.shipped, film, method) / forward)
    return {"passes": methods.count_passes(bench.shipped, method), "forward_passes_of_time": median(ratios)}


def _seconds(function: Callable[..., object], *arguments: object) -> float:
    start = perf_counter()
    function(*arguments)
    return perf_counter() - start


def _locate_simulated(bench: Bench, method: str) -> Raw:
    """Return the scores on the simulated lesion for each seed, and the map of the shipped network."""
    maps = [explain(model, bench.simulated, method) for model in bench.networks.values()]
    heatmaps = [localisation.as_heatmap(each.map, each.meaning) for each in maps]
    return {
        "scores": [locate(heatmap, bench.simulated) for heatmap in heatmaps],
        "map": encode_map(maps[0].scaled()),
    }
