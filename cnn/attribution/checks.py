"""Sanity checks of a map: comparisons with controls, and a verdict by fixed rules.

The controls are the same method on an untrained network and on other films, an edge filter, random orders of deletion,
other methods, and the position of the lungs. A map that passes is not proved right; a map that fails is not to be
believed.
"""

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from cachetools import LRUCache
from torch import Tensor, nn
from torch.utils.weak import WeakTensorKeyDictionary

from cnn.attribution import deletion_insertion
from cnn.attribution.attribute import attribute
from cnn.attribution.attribution import CHANGES, Attribution, depends_on_weights
from cnn.attribution.baseline_maps import edges as edge_filter
from cnn.attribution.localisation import as_heatmap, energy_inside
from cnn.attribution.methods import METHODS, count_passes
from cnn.attribution.randomization import untrained_twin
from cnn.attribution.similarity import Similarity, compare, compare_squares
from cnn.errors import MethodFails
from cnn.imaging.preprocess import to_tensor
from cnn.imaging.radiograph import read_radiograph
from cnn.imaging.samples.real_films import REAL_FILMS
from cnn.models import lung_segmenter
from cnn.models.loading import LoadedModel
from cnn.progress import Progress, ignore_progress
from cnn.text import percent, two_decimals

QUICK = 2
"""A map is compared with every other method of at most this many passes."""
SIMILAR = 0.5
"""Two maps from this rank correlation on are called much the same. Two maps of 7 x 7 independent values, the coarsest
here, reach it by chance once in some thousands of pairs."""
DIFFERENT = 0.3
"""Two maps below this rank correlation are said to differ: about two standard errors of the same 7 x 7."""

MAX_KEPT = 10
"""Maps and scores that are kept of a film for each network."""
OTHERS = 3
"""Other films, whose maps say how similar two maps of the same method are."""

MAP, RANDOM, EDGES = "this map", "random weights", "edges"
"""Names of curves and comparisons besides the methods'."""


@dataclass(frozen=True)
class Check:
    """One rule, applied to a map.

    Attributes:
        name: of the rule.
        value: the number that decides.
        measured: it in words.
        rule: the condition to pass.
        passed: whether it holds; None if that cannot be told.
        failure: what it means that it does not; empty where it does.
        words: for a reader, what it is to pass, to fail, and to be left open.
    """

    name: str
    value: float
    measured: str
    rule: str
    passed: bool | None
    failure: str
    words: tuple[str, str, str] = ("passed", "failed", "cannot tell")

    @property
    def result(self) -> str:
        """Whether it passed, in words."""
        return self.words[(True, False, None).index(self.passed)]


@dataclass(frozen=True)
class CheckedMap:
    """A map with its controls and all measurements.

    Attributes:
        attribution: the map.
        untrained: map of the same method on :func:`cnn.attribution.randomization.untrained_twin`; blank, and not
            compared, where the method is not known.
        edges: (S, S), strength of the edge at each pixel.
        similarities: of the map to ``RANDOM``, ``EDGES`` and every quick method by its key, in squares.
        to_random: similarity of the map to that of random weights, pixel by pixel.
        to_others: its similarity to the same network's maps of other films; both are empty where they were not made.
        curves: deletion and insertion for ``MAP`` and ``EDGES``.
        lungs: (S, S) bool, or None where none were found.
        lung_share: share of the film that is lung, 0..1; None where the inputs are no chest radiographs.
        in_lungs: share of the map's absolute values in the lungs, 0..1.
        passes: films that went through a network for all this.
    """

    attribution: Attribution = field(repr=False)
    untrained: Attribution = field(repr=False)
    edges: np.ndarray = field(repr=False, compare=False)
    similarities: dict[str, Similarity]
    to_random: Similarity | None
    to_others: tuple[Similarity, ...]
    curves: deletion_insertion.Curves
    lungs: np.ndarray | None = field(repr=False, compare=False)
    lung_share: float | None
    in_lungs: float
    passes: int

    @property
    def checks(self) -> list[Check]:
        """Every rule that applies to this map, the gravest first."""
        return [
            *self._check_weights(),
            self._check_edges(),
            self._check_faithfulness(),
            *self._check_lungs(),
            self._check_agreement(),
        ]

    @property
    def verdict(self) -> str:
        """The sentence of the gravest failure, and the number of others."""
        if self.attribution.blank:
            return "The map is blank: there is nothing in it to believe."
        failures = [check.failure for check in self.checks if check.passed is False]
        if not failures and any(check.passed is None for check in self.checks):
            return "The map fails no check, but these films cannot tell whether it changes with the weights."
        if not failures:
            return (
                "The map passes every check: it shows something of how this network arrived at its prediction. "
                "That does not mean that it shows where a disease is."
            )
        more = len(failures) - 1
        return failures[0] + (f" It fails {more} more of {len(self.checks)} checks." if more else "")

    def _check_weights(self) -> list[Check]:
        """Apply the rule of the method bench, where the range over other films takes the place of an interval."""
        if self.to_random is None:
            return []
        others = list(zip(*self.to_others, strict=True))
        pairs = list(zip(self.to_random, others, strict=False))
        passed = depends_on_weights((value - max(films), value - min(films)) for value, films in pairs)
        measured = "; ".join(
            f"{measure} {two_decimals(value)} with the map of random weights, {two_decimals(min(films))} to "
            f"{two_decimals(max(films))} with maps of other films"
            for measure, value, films in zip(("SSIM", "rank correlation"), self.to_random, others, strict=False)
        )
        failure = (
            "With random weights the map is more like this one than the maps of other films are: it shows the film and "
            "how the network is built, not what it has learnt."
        )
        rule = "less similar to the map of random weights than to maps of other films"
        value = (self.to_random.rank, measured or "not compared with maps of other films")
        check = _check("Changes with the weights", value, rule, passed, failure)
        return [replace(check, words=(CHANGES[True], CHANGES[False], CHANGES[None]))]

    def _check_edges(self) -> Check:
        rank = self.similarities[EDGES].rank
        failure = "An edge detector gives much the same map: do not read anatomy into it."
        measured = f"rank correlation {two_decimals(rank)} with an edge filter"
        return _check("More than edges", (rank, measured), f"below {SIMILAR}", rank < SIMILAR, failure)

    def _check_faithfulness(self) -> Check:
        deleted, inserted = self.curves.beaten(MAP)
        orders = len(self.curves.random_deletion)
        return _check(
            "Matters to the answer",
            (
                min(deleted, inserted),
                f"better than {deleted} of {orders} random orders in deletion, {inserted} in insertion",
            ),
            "better than all of them in both",
            min(deleted, inserted) == orders,
            "Hiding what the map marks moves the answer no more surely than hiding squares at random: do not take the "
            "map for the reason of the answer.",
        )

    def _check_lungs(self) -> list[Check]:
        if self.lung_share is None:
            return []
        name = "In the lungs"
        if self.lungs is None:
            failure = "No lungs were found in this film, so no map of it can speak of pneumonia."
            return [
                _check(name, (self.lung_share, "no lungs were found in this film"), "lungs are found", False, failure)
            ]
        measured = (
            f"{percent(self.in_lungs)} of the map is in the lungs, which are {percent(self.lung_share)} of the film"
        )
        failure = (
            "Less of the map lies in the lungs than their area alone would get: most of what moved the score is not "
            "lung."
        )
        passed = self.in_lungs >= self.lung_share
        return [_check(name, (self.in_lungs, measured), "at least the lungs' share of the film", passed, failure)]

    def _check_agreement(self) -> Check:
        ranks = [similarity.rank for name, similarity in self.similarities.items() if name in METHODS]
        median = float(np.median(ranks)) if ranks else 0.0
        return _check(
            "Other methods agree",
            (median, f"rank correlation {two_decimals(median)} with {len(ranks)} other methods (median)"),
            f"at least {DIFFERENT}",
            median >= DIFFERENT,
            "Other methods point elsewhere in the same film: what moved the score depends on how one asks.",
        )


def _check(name: str, measured: tuple[float, str], rule: str, passed: bool | None, failure: str) -> Check:
    value, words = measured
    return Check(name, float(value), words, rule, passed, failure if passed is False else "")


def check_map(
    model: LoadedModel,
    pixels: Tensor,
    attribution: Attribution,
    fill: deletion_insertion.Fill = "grey",
    progress: Progress = ignore_progress,
    others: Sequence[Tensor] | None = None,
) -> CheckedMap:
    """Compare a map with its controls.

    Args:
        model: network that the map explains.
        pixels: (1, C, H, W), the film that it explains, on any device.
        attribution: the map.
        fill: what hidden squares show.
        progress: called with passes done and passes in all between chunks.
        others: other films, (1, C, H, W) each, whose maps this one is compared with; built-in ones if None.

    Raises:
        Busy: see :func:`cnn.attribution.attribute.attribute`.
    """
    this, pixels = pixels, pixels.detach().cpu()
    films = _other_films(model.input_size, pixels) if others is None else others
    total, done = count_check_passes(model, attribution.method, len(films)), 0

    def report(passes: int, _: int) -> None:
        progress(done + passes, total)

    def explain(network: LoadedModel, method: str, film: Tensor = this) -> Attribution:
        nonlocal done
        compute = partial(attribute, network, film, method, attribution.target, report)
        other: Attribution = _compute_once(network, film, (method, attribution.target), compute)
        done += other.passes
        return other

    controls: dict[str, np.ndarray] = {}
    untrained, neighbours = replace(attribution, map=np.zeros_like(attribution.map)), []
    if attribution.method in METHODS:
        untrained = explain(untrained_twin(model, tuple(pixels.shape[1:])), attribution.method)
        controls[RANDOM] = untrained.map
        neighbours = [explain(model, attribution.method, film) for film in films]
    controls[EDGES] = edges = edge_filter(pixels[0].float().mean(0).numpy())
    for method in quick_methods(model, attribution.method):
        try:
            controls[method] = explain(model, method).map
        except MethodFails:
            total -= count_passes(model, method)
    heat = as_heatmap(attribution.map, attribution.meaning)
    hidden = deletion_insertion.HiddenFilm(
        lambda films: model.probabilities(films)[:, attribution.target].numpy(),
        pixels,
        deletion_insertion.make_fill(pixels, fill),
        _compute_once(model, this, (fill, attribution.target), dict),
    )
    orders = {MAP: deletion_insertion.rank_squares(heat), EDGES: deletion_insertion.rank_squares(edges)}
    curves = deletion_insertion.compute_curves(hidden, orders, report)
    lungs = lung_segmenter.lung_mask(pixels)[0, 0].numpy() if model.reads_films else None
    progress(total, total)
    lung_share = None if lungs is None else float(lungs.mean())
    return CheckedMap(
        attribution,
        untrained,
        edges,
        {name: compare_squares(attribution.map, values) for name, values in controls.items()},
        compare(_strength(attribution), _strength(untrained)) if RANDOM in controls else None,
        tuple(compare(_strength(attribution), _strength(each)) for each in neighbours),
        curves,
        lungs if lung_share and lung_share >= lung_segmenter.MIN_LUNG_AREA else None,
        lung_share,
        0.0 if lungs is None else energy_inside(np.abs(attribution.map), lungs),
        total,
    )


def _strength(attribution: Attribution) -> np.ndarray:
    """Return the absolute values of a map as it is displayed, 0..1."""
    return np.asarray(np.abs(attribution.scaled()))


def _other_films(size: int, pixels: Tensor) -> list[Tensor]:
    """Return ``OTHERS`` built-in films other than ``pixels``, children's and an adult's."""
    return [film for film in _built_in_films(size) if not torch.equal(film, pixels)][:OTHERS]


@lru_cache(maxsize=4)
def _built_in_films(size: int) -> tuple[Tensor, ...]:
    step = len(REAL_FILMS) // (OTHERS + 1)
    return tuple(to_tensor(read_radiograph(*film.read()), size) for film in REAL_FILMS[::-step])


_KEPT: WeakKeyDictionary[nn.Module, WeakTensorKeyDictionary] = WeakKeyDictionary()
_KEEPING = threading.Lock()


def _compute_once(model: LoadedModel, film: Tensor, key: Hashable, compute: Callable[[], Any]) -> Any:
    """Return what checks of several maps share, until the film is dropped or a weight of the network changes.

    Those are maps by method and target, also of the built-in films, and scores of the hidden film by fill and target.
    """
    with _KEEPING:
        films = _KEPT.setdefault(model.folded, WeakTensorKeyDictionary())
        kept = films.setdefault(film, LRUCache(MAX_KEPT))
        if key in kept:
            return kept[key]
    result = compute()
    with _KEEPING:
        kept[key] = result
    return result


def quick_methods(model: LoadedModel, method: str) -> list[str]:
    """Return the methods that a map of ``method`` is compared with."""
    return [other for other in METHODS if other != method and count_passes(model, other) <= QUICK]


def count_check_passes(model: LoadedModel, method: str, others: int = OTHERS) -> int:
    """Return the passes of :func:`check_map`: for the maps, the curves, and the segmenter once."""
    methods = [each for each in (*[method] * (1 + others), *quick_methods(model, method)) if each in METHODS]
    curves = deletion_insertion.count_passes(orders=2)
    return sum(count_passes(model, each) for each in methods) + curves + model.reads_films
