"""Test every saliency method that the app offers.

    python -m cnn.training.saliency_bench FILMS --adults ADULTS --runs RUNS --seeds 0 1 2

Writes ``weights/saliency_bench.json``, which the page "Method bench" shows. Nothing is chosen here: methods, baselines,
cuts and rules are in the code before a film is read, and every film is explained by a network that never saw its
patient.

An interrupted run resumes: the measurements of each method are stored in ``RUNS/bench`` until weights, films or the
code that measures change.
"""

import argparse
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from cnn import cards
from cnn.attribution import attribute, baseline_maps, deletion_insertion, localisation, methods, randomization
from cnn.evaluation import bootstrap
from cnn.models import loading, registry
from cnn.training.classifier.experiment import Split
from cnn.training.saliency_bench import films, measurements, statistics
from cnn.training.saliency_bench.measurements import Bench, Raw

STAGES = 6
"""Stages of the cascade of random weights that are measured, spread evenly from the last block to the first."""


@dataclass(frozen=True)
class Sources:
    """Folders of films and of trained networks, the seeds, and the most films of each kind (None: all)."""

    films: Path
    adults: Path
    runs: Path
    seeds: list[int]
    limit: int | None = None

    def bench(self, name: str) -> Bench:
        """Load networks and films for the tests of the network ``name``."""
        size = registry.REGISTRY[name].input_size
        networks = {seed: loading.load_from(self.runs / f"seed-{seed}", name) for seed in self.seeds}
        boxed = {source: films.boxed(self.adults, source, self.seeds, size, self.limit) for source in films.SOURCES}
        splits = {seed: Split.of(self.films, self.adults, seed) for seed in self.seeds}
        films.check_unseen([film for group in boxed.values() for film in group], splits)
        first = self.seeds[0]
        one_each = {film.patient: film for film in boxed["rsna"] if film.seed == first}
        subset = list(one_each.values())[: measurements.SUBSET]
        stages = list(randomization.randomise_cascade(networks[first], torch.cat([film.pixels for film in subset])))
        measured = sorted({round(index) for index in np.linspace(0, len(stages) - 1, STAGES)})
        return Bench(
            networks=networks,
            boxed=boxed,
            subset=subset,
            children=films.unseen_children(
                self.films, min(measurements.SUBSET, self.limit or measurements.SUBSET), size
            ),
            simulated=films.simulated(size),
            cascade=dict(stages[index] for index in measured),
        )


def load_or_measure(path: Path, key: str, measure: Callable[[], Raw]) -> Raw:
    """Return what ``path`` stores under ``key``, or else the result of ``measure``, which is then stored."""
    if path.exists() and (stored := json.loads(path.read_text(encoding="utf-8")))["key"] == key:
        return dict(stored["raw"])
    raw = measure()
    path.parent.mkdir(parents=True, exist_ok=True)
    partial_file = path.with_suffix(".new")
    partial_file.write_text(json.dumps({"key": key, "raw": raw}), encoding="utf-8")
    partial_file.replace(path)
    return raw


def fingerprint(bench: Bench) -> str:
    """Return a hash that changes with the weights, the films and the code that measures."""
    parts = [model.weights_sha256 for model in bench.networks.values()]
    parts += [film.name for group in (*bench.boxed.values(), bench.children) for film in group]
    for module in (attribute, baseline_maps, deletion_insertion, methods, localisation, measurements, randomization):
        parts.append(hashlib.sha256(Path(str(module.__file__)).read_bytes()).hexdigest())
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()


def measure_network(name: str, sources: Sources) -> Raw:
    """Return all tests of one network, as numbers with intervals."""
    bench = sources.bench(name)
    key = fingerprint(bench)
    works = {each: partial(measurements.measure_baseline, bench, each) for each in baseline_maps.BASELINES}
    works |= {each: partial(measurements.measure_method, bench, each) for each in methods.METHODS}
    raw = {
        each: load_or_measure(sources.runs / "bench" / f"{name}-{each}.json", key, work)
        for each, work in tqdm(works.items(), desc=name, unit="method")
    }
    numbers = statistics.summarise(
        {each: raw[each] for each in methods.METHODS},
        {each: raw[each] for each in baseline_maps.BASELINES},
        {source: [film.patient for film in group] for source, group in bench.boxed.items()},
        [film.patient for film in bench.subset],
    )
    return {"weights_sha256": {str(seed): model.weights_sha256 for seed, model in bench.networks.items()}} | numbers


def main() -> None:
    """Test the chosen networks and write the numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("films", type=Path, help="folder with train, val and test")
    parser.add_argument("--adults", type=Path, required=True, help="folder with images/ and labels.csv")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="folder of `python -m cnn.training.classifier`")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="the first is the one that ships")
    parser.add_argument("--networks", nargs="+", choices=registry.MODELS, default=[cards.DEFAULT_NETWORK])
    parser.add_argument("--limit", type=int, help="only so many films of each kind: quick, for trying out")
    parser.add_argument("--out", type=Path, default=cards.WEIGHTS_FOLDER / "saliency_bench.json")
    arguments = parser.parse_args()
    sources = Sources(arguments.films, arguments.adults, arguments.runs, arguments.seeds, arguments.limit)
    results = {
        "how": {
            "seeds": sources.seeds,
            "films_limited_to": sources.limit,
            "torch": torch.__version__,
            "top_share": localisation.TOP,
            "squares": deletion_insertion.GRID**2,
            "costly_passes": measurements.COSTLY,
            "random_draws": measurements.RANDOM_DRAWS,
            "bootstrap_draws": bootstrap.REPEATS,
        },
        "methods": {
            name: {"title": method.title, "about": method.about, "meaning": method.meaning, "source": method.source}
            for name, method in methods.METHODS.items()
        },
        "networks": {name: measure_network(name, sources) for name in arguments.networks},
    }
    arguments.out.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
