"""``python -m cnn.training.saliency_bench FILMS --adults ADULTS --runs RUNS --seeds 0 1 2``: tests every saliency
method that is offered.

Writes ``weights/saliency_bench.json``, which the page "Method bench" shows. Nothing is chosen here: methods,
controls, cuts and rules stand in the code before a film is read, and every film is explained by a network that never
saw its patient.

A run that is stopped goes on: what each method has shown is kept in ``RUNS/bench`` until weights, films or the code
that measures change.
"""

import argparse
import base64
import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from cnn import cards
from cnn.attribution import (
    attribute,
    baseline_maps,
    deletion_insertion,
    localisation,
    methods,
    randomization,
    similarity,
)
from cnn.attribution.attribution import Attribution
from cnn.evaluation import bootstrap
from cnn.models import loading, registry
from cnn.predict.prediction import classify
from cnn.training.classifier import Split
from cnn.training.saliency_bench import films, statistics
from cnn.training.saliency_bench.films import TARGET, Case

SUBSET, COSTLY_SUBSET = 12, 6
"""Films for random weights, repeatability, deletion, insertion; in the first two, fewer for methods that cost more than
COSTLY passes."""
COSTLY = 10
STAGES = 6
"""Stages of the cascade of random weights that are measured, spread evenly from the last block to the first."""
NEIGHBOURS = 3
"""Other films that a map is compared with, to learn how alike two maps are that share nothing but their method."""
TIMED = 3
"""Films on which a method is timed against a forward pass."""
RANDOM_DRAWS = 3
"""Random maps of a film, whose scores are averaged."""

FILLINGS: dict[str, deletion_insertion.Fill] = {"mean grey": "grey", "blurred": "blur"}
"""What a deleted square shows; the choice is known to change the curves, so both are measured."""

Raw = dict[str, Any]


@dataclass(frozen=True)
class Bench:
    """What all methods of one network are tested with.

    Attributes:
        networks: by seed; the first is the one that ships.
        boxed: films with boxes, by who drew them.
        subset: boxed films of the first seed, for random weights, deletion and insertion.
        children: films that no seed has seen, for repeatability.
        cascade: the first network with more and more random weights.
        bar: moves by the passes made.
    """

    networks: dict[int, loading.LoadedModel]
    boxed: dict[str, list[Case]]
    subset: list[Case]
    children: list[Case]
    planted: Case
    cascade: dict[str, loading.LoadedModel]
    bar: Any

    @property
    def first(self) -> loading.LoadedModel:
        """The network that ships."""
        return next(iter(self.networks.values()))

    def explain(self, model: loading.LoadedModel, case: Case, method: str) -> Attribution:
        """The map of ``method`` for PNEUMONIA."""
        found = attribute.attribute(model, case.pixels, method, TARGET)
        self.bar.update(found.passes)
        return found


def measure_method(bench: Bench, method: str) -> Raw:
    """All that is measured of one method."""
    heat_of = {case.name: bench.explain(bench.networks[case.seed], case, method)
               for case in {case.name: case for cases in bench.boxed.values() for case in cases}.values()}  # fmt: skip
    costly = methods.count_passes(bench.first, method) > COSTLY
    few = slice(COSTLY_SUBSET if costly else SUBSET)
    ordered = {name: localisation.as_heatmap(one.map, one.meaning) for name, one in heat_of.items()}
    return {
        "localisation": {
            source: [localisation.measure(ordered[case.name], case.truth) for case in cases if case.truth is not None]
            for source, cases in bench.boxed.items()
        },
        "nothing_for_it": sum(bool(one.max() <= 0) for one in ordered.values()),
        "randomisation": _randomisation(bench, method, bench.subset[few], heat_of),
        "repeatability": _repeatability(bench, method, bench.children[few]),
        "deletion": [_deletion(bench, case, ordered[case.name]) for case in bench.subset],
        "cost": _cost(bench, method),
        "planted": _planted(bench, method),
    }


def measure_control(bench: Bench, name: str) -> Raw:
    """What can be measured of a map without a network; scores of several random draws are averaged."""
    draws = range(RANDOM_DRAWS if name == "random" else 1)

    def mean_of(score: Callable[[np.ndarray, Case], dict[str, float]], case: Case) -> dict[str, float]:
        found = []
        for draw in draws:
            number = int(hashlib.sha256(f"{case.name} {draw}".encode()).hexdigest()[:8], 16)
            found.append(score(baseline_maps.baseline_map(name, case.film, number), case))
        return {key: float(np.mean([one[key] for one in found])) for key in found[0]}

    def located(heat: np.ndarray, case: Case) -> dict[str, float]:
        assert case.truth is not None
        return localisation.measure(heat, case.truth)

    return {
        "localisation": {
            source: [mean_of(located, case) for case in cases] for source, cases in bench.boxed.items()
        },
        "deletion": [mean_of(lambda heat, case: _deletion(bench, case, heat), case) for case in bench.subset],
        "planted": [mean_of(located, bench.planted)],
    }  # fmt: skip


def _randomisation(bench: Bench, method: str, cases: list[Case], trained: dict[str, Attribution]) -> Raw:
    """Likeness of each map to those with random weights, stage by stage, and to the maps of other films."""
    maps = [_size(trained[case.name]) for case in cases]
    stages = {
        stage: [similarity.compare(one, _size(bench.explain(model, case, method)))._asdict()
                for one, case in zip(maps, cases, strict=True)]
        for stage, model in bench.cascade.items()
    }  # fmt: skip
    return {"patients": [case.patient for case in cases], "stages": stages, "other_films": _other_films(maps)}


def _repeatability(bench: Bench, method: str, cases: list[Case]) -> Raw:
    """Likeness of one film's maps by networks of several seeds, and of several films' maps by one network."""
    maps = {
        seed: [_size(bench.explain(model, case, method)) for case in cases] for seed, model in bench.networks.items()
    }
    seeds = list(maps)
    pairs = [(one, other) for number, one in enumerate(seeds) for other in seeds[number + 1 :]]
    between = [
        _mean([similarity.compare(maps[one][number], maps[other][number])._asdict() for one, other in pairs])
        for number in range(len(cases))
    ]
    others = [_other_films(maps[seed]) for seed in seeds]
    return {
        "patients": [case.patient for case in cases],
        "between_seeds": between if pairs else [],
        "other_films": [_mean(list(each)) for each in zip(*others, strict=True)],
    }


def _other_films(maps: list[np.ndarray]) -> list[dict[str, float]]:
    """Mean likeness of each map to those of the films that follow it."""
    count = len(maps)
    return [
        _mean([similarity.compare(maps[number], maps[(number + step) % count])._asdict()
               for step in range(1, min(NEIGHBOURS, count - 1) + 1)])
        for number in range(count)
    ]  # fmt: skip


def _deletion(bench: Bench, case: Case, heat: np.ndarray) -> dict[str, float]:
    """Areas under the curves of deletion and insertion, for each filling."""
    order = deletion_insertion.rank_squares(heat)
    found: dict[str, float] = {}

    def score(pictures: Tensor) -> np.ndarray:
        return np.array([one.probabilities[TARGET] for one in classify(bench.first, pictures)])

    for name, baseline in FILLINGS.items():
        deleted, inserted = deletion_insertion.compute_areas(
            score, case.pixels, deletion_insertion.make_fill(case.pixels, baseline), order
        )
        found |= {f"deletion, {name}": deleted, f"insertion, {name}": inserted}
    return found


def _cost(bench: Bench, method: str) -> Raw:
    """Passes, and the time of a map over that of a forward pass, both measured now."""
    ratios = []
    for case in (bench.subset * TIMED)[:TIMED]:
        with torch.no_grad():
            forward = median(_seconds(partial(bench.first.module, case.pixels)) for _ in range(5))
        ratios.append(_seconds(partial(bench.explain, bench.first, case, method)) / forward)
    return {"passes": methods.count_passes(bench.first, method), "forward_passes_of_time": median(ratios)}


def _seconds(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def _planted(bench: Bench, method: str) -> Raw:
    """Scores on the planted lesion for each seed, and the map of the network that ships."""
    maps = [bench.explain(model, bench.planted, method) for model in bench.networks.values()]
    assert bench.planted.truth is not None
    return {
        "scores": [
            localisation.measure(localisation.as_heatmap(one.map, one.meaning), bench.planted.truth) for one in maps
        ],
        "map": packed(maps[0].scaled()),
    }


def packed(values: np.ndarray) -> str:
    """A map (S, S) in -1..1 as a grey PNG in base64: 128 is 0. Read by
    :func:`cnn.evaluation.saliency_report.unpack_map`."""
    buffer = io.BytesIO()
    Image.fromarray(np.round(128 + 127 * values).astype(np.uint8)).save(buffer, "PNG", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode()


def _size(attribution: Attribution) -> np.ndarray:
    """How strong the map is at each pixel as it is shown, 0..1."""
    return np.abs(attribution.scaled())


def _mean(found: list[dict[str, float]]) -> dict[str, float]:
    return {key: float(np.mean([one[key] for one in found])) for key in found[0]} if found else {}


def prepare(name: str, given: argparse.Namespace, splits: dict[int, Split], bar: Any) -> Bench:
    """Networks and films of one network's tests."""
    networks = {seed: loading.load_from(given.runs / f"seed-{seed}", name) for seed in given.seeds}
    size = registry.REGISTRY[name].input_size
    boxed = {source: films.boxed(given.adults, source, given.seeds, size, given.films) for source in
             films.SOURCES}  # fmt: skip
    films.check_unseen([case for cases in boxed.values() for case in cases], splits)
    own = {case.patient: case for case in boxed["rsna"] if case.seed == given.seeds[0]}
    subset = list(own.values())[:SUBSET]
    first = networks[given.seeds[0]]
    stages = list(randomization.randomise_cascade(first, torch.cat([case.pixels for case in subset])))
    measured = sorted({round(place) for place in np.linspace(0, len(stages) - 1, STAGES)})
    children = films.unseen_children(given.folder, min(SUBSET, given.films or SUBSET), size)
    return Bench(networks, boxed, subset, children, films.planted(size), dict(stages[place] for place in measured), bar)


def passes_of(bench: Bench, method: str) -> int:
    """Passes that the test of ``method`` makes, for the progress bar."""
    boxed = len({case.name for cases in bench.boxed.values() for case in cases})
    each = methods.count_passes(bench.first, method)
    few = COSTLY_SUBSET if each > COSTLY else SUBSET
    cascade = len(bench.subset[:few]) * len(bench.cascade)
    repeated = (len(bench.children[:few]) + 1) * len(bench.networks)
    return each * (boxed + cascade + repeated + TIMED)


def kept(path: Path, key: str, work: Callable[[], Raw]) -> Raw:
    """What ``path`` holds under ``key``, or the result of ``work``, which is then kept there."""
    if path.exists() and (found := json.loads(path.read_text(encoding="utf-8")))["key"] == key:
        return dict(found["raw"])
    raw = work()
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({"key": key, "raw": raw}), encoding="utf-8")
    fresh.replace(path)
    return raw


def fingerprint(bench: Bench) -> str:
    """Changes with the weights, the films and the code that measures."""
    parts = [model.weights_sha256 for model in bench.networks.values()]
    parts += [case.name for cases in (*bench.boxed.values(), bench.children) for case in cases]
    for module in (attribute, baseline_maps, deletion_insertion, methods, localisation, randomization):
        parts.append(hashlib.sha256(Path(str(module.__file__)).read_bytes()).hexdigest())
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()


def measure_network(name: str, given: argparse.Namespace, splits: dict[int, Split]) -> Raw:
    """All methods and controls of one network, as numbers with intervals."""
    with tqdm(unit="pass", unit_scale=True, desc=name, mininterval=5, smoothing=0.05) as bar:
        bench = prepare(name, given, splits, bar)
        bar.reset(sum(passes_of(bench, method) for method in methods.METHODS))
        key, folder = fingerprint(bench), given.runs / "bench"
        found = {
            control: kept(folder / f"{name}-{control}.json", key, partial(measure_control, bench, control))
            for control in baseline_maps.BASELINES
        }
        for method in methods.METHODS:
            bar.set_postfix_str(method)
            before = bar.n
            found[method] = kept(folder / f"{name}-{method}.json", key, partial(measure_method, bench, method))
            bar.update(max(0, passes_of(bench, method) - (bar.n - before)))
    numbers = statistics.summary(
        {method: found[method] for method in methods.METHODS},
        {control: found[control] for control in baseline_maps.BASELINES},
        {source: [case.patient for case in cases] for source, cases in bench.boxed.items()},
        [case.patient for case in bench.subset],
    )
    weights = {str(seed): model.weights_sha256 for seed, model in bench.networks.items()}
    return {"weights_sha256": weights} | numbers


def main() -> None:
    """Tests the networks asked for and writes the numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", metavar="FILMS", type=Path, help="folder with train, val and test")
    parser.add_argument("--adults", type=Path, required=True, help="folder with images/ and labels.csv")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="folder of `python -m cnn.training.classifier`")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="the first is the one that ships")
    parser.add_argument("--networks", nargs="+", choices=registry.MODELS, default=[registry.DEFAULT])
    parser.add_argument("--films", type=int, help="only so many films of each kind: quick, for trying out")
    parser.add_argument("--out", type=Path, default=cards.WEIGHTS_FOLDER / "saliency_bench.json")
    given = parser.parse_args()
    splits = {seed: Split.of(given.folder, given.adults, seed) for seed in given.seeds}
    written = {
        "how": {
            "seeds": given.seeds,
            "films_limited_to": given.films,
            "torch": torch.__version__,
            "top_share": localisation.TOP,
            "squares": deletion_insertion.GRID**2,
            "costly_passes": COSTLY,
            "random_draws": RANDOM_DRAWS,
            "bootstrap_draws": bootstrap.REPEATS,
        },
        "methods": {
            name: {"title": method.title, "meaning": method.meaning, "source": method.source}
            for name, method in methods.METHODS.items()
        },
        "networks": {name: measure_network(name, given, splits) for name in given.networks},
    }
    given.out.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
