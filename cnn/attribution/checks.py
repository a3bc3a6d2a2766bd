"""Is this map worth anything? A map beside its controls, the numbers that follow, and a sentence by stated rules.

The controls: the same method on a network that has learnt nothing (Adebayo et al., Sanity Checks for Saliency Maps,
NeurIPS 2018), a filter that finds edges and knows no network, random orders of deletion
(:mod:`cnn.attribution.deletion_insertion`), other methods, and where the lungs are (:mod:`cnn.models.lung_segmenter`).
To pass is no proof; to fail is a reason not to believe.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from cnn.attribution import deletion_insertion
from cnn.attribution.attribution import Attribution
from cnn.attribution.control_maps import edges as edge_filter
from cnn.attribution.methods import METHODS, attribute, passes
from cnn.attribution.randomization import reset
from cnn.attribution.similarity import rank_correlation, ssim
from cnn.models import lung_segmenter
from cnn.models.loading import LoadedModel
from cnn.models.registry import REGISTRY
from cnn.predict.prediction import classify

QUICK = 2
"""A map is compared with every other method that takes at most so many passes."""
ALIKE = 0.5
"""Rank correlation from which two maps are called much the same. A map of 7 x 7 independent values, as coarse as one
here gets, reaches it by chance once in some thousands of pairs."""
APART = 0.3
"""Rank correlation below which two maps are said to point elsewhere: about two standard errors of the same 7 x 7."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Likeness:
    """How alike two maps are: of the absolute values in squares, Spearman's ``rank`` correlation and ``ssim``."""

    rank: float
    ssim: float


@dataclass(frozen=True)
class Check:
    """One rule: what was measured, what passes, and the sentence for a map that does not."""

    name: str
    measured: str
    rule: str
    passed: bool
    sentence: str


@dataclass(frozen=True)
class Evidence:
    """What was measured of one map.

    Attributes:
        random: the map of the same method on :func:`random_twin`.
        edges: (S, S), how strong an edge runs through each pixel.
        likeness: of the map with ``RANDOM``, ``EDGES`` and every quick method by its key.
        lungs: (S, S) bool, or None where none were found.
        lung_share: of the film that is lung, 0..1, and ``in_lungs``: of the map's absolute values.
        passes: pictures that went through a network for all this.
    """

    attribution: Attribution = field(repr=False)
    random: Attribution = field(repr=False)
    edges: np.ndarray = field(repr=False, compare=False)
    likeness: dict[str, Likeness]
    curves: deletion_insertion.Curves
    lungs: np.ndarray | None = field(repr=False, compare=False)
    lung_share: float
    in_lungs: float
    passes: int


MAP, RANDOM, EDGES = "this map", "random weights", "edges"


def examine(
    model: LoadedModel, pixels: Tensor, attribution: Attribution, baseline: deletion_insertion.Baseline = "grey",
    progress: Progress = lambda done, total: None,
) -> Evidence:  # fmt: skip
    """Measures ``attribution``, which is of ``pixels`` (1, 1, S, S) and of ``model``.

    Args:
        baseline: what hidden squares are filled with: the film's mean grey, or the film blurred out of recognition.
        progress: told (passes done, passes in all); what it raises ends the work.

    Raises:
        Busy: see :func:`cnn.attribution.methods.attribute`.
    """
    total, done = count_passes(model, attribution.method), 0

    def tell(now: int, _: int) -> None:
        progress(done + now, total)

    def explain(network: LoadedModel, method: str) -> Attribution:
        nonlocal done
        found = attribute(network, pixels, method, attribution.target, tell)
        done += found.passes
        return found

    random = explain(random_twin(model.name), attribution.method)
    others = {method: explain(model, method) for method in quick_methods(model, attribution.method)}
    edges = edge_filter(pixels[0, 0].numpy(), 0)
    found = draw_curves(model, pixels, attribution, edges, baseline, tell)
    inside = lung_segmenter.lung_mask(pixels)[0, 0].numpy()
    progress(total, total)
    maps = {RANDOM: random.map, EDGES: edges} | {other: one.map for other, one in others.items()}
    share = float(inside.mean())
    return Evidence(
        attribution, random, edges, {name: likeness(attribution.map, one) for name, one in maps.items()}, found,
        inside if share >= lung_segmenter.MIN_LUNG_AREA else None, share, share_inside(attribution.map, inside), total,
    )  # fmt: skip


def quick_methods(model: LoadedModel, method: str) -> list[str]:
    """The methods that a map of ``method`` is compared with."""
    return [other for other in METHODS if other != method and passes(model, other) <= QUICK]


def count_passes(model: LoadedModel, method: str) -> int:
    """Pictures that :func:`examine` sends through a network: the maps, the curves, and the segmenter once."""
    maps = passes(model, method) + sum(passes(model, other) for other in quick_methods(model, method))
    return maps + deletion_insertion.count_passes(orders=2) + 1


def draw_curves(
    model: LoadedModel, pixels: Tensor, attribution: Attribution, edges: np.ndarray,
    baseline: deletion_insertion.Baseline, progress: Progress,
) -> deletion_insertion.Curves:  # fmt: skip
    """Deletion and insertion of the map and of the edges; a signed map is followed from most for to most against."""
    values = attribution.map if attribution.meaning == "evidence" else np.abs(attribution.map)
    orders = {MAP: deletion_insertion.order_of(values), EDGES: deletion_insertion.order_of(edges)}

    def score(pictures: Tensor) -> np.ndarray:
        return np.array([one.probabilities[attribution.target] for one in classify(model, pictures)])

    return deletion_insertion.draw(score, pixels, deletion_insertion.filling(pixels, baseline), orders, progress)


def likeness(one: np.ndarray, other: np.ndarray) -> Likeness:
    """Of two maps (S, S), by absolute value in squares, so that a fine map can be like a coarse one.

    Both are scaled to a maximum of 1 for SSIM. A map without any variation is like none: its rank correlation is 0.
    """
    first, second = (deletion_insertion.squares(np.abs(values).astype(np.float64)) for values in (one, other))
    first, second = (values / (values.max() or 1.0) for values in (first, second))
    return Likeness(rank_correlation(first, second), ssim(first, second))


def share_inside(values: np.ndarray, mask: np.ndarray) -> float:
    """How much of the absolute values (S, S) lies inside ``mask`` (S, S) bool, 0..1; 0 for a map of zeros."""
    size = np.abs(values).astype(np.float64)
    return float(size[mask].sum() / (size.sum() or 1.0))


@cache
def random_twin(name: str) -> LoadedModel:
    """The registered network ``name`` with random weights, always the same: it has learnt nothing.

    Its batch norms meet smooth noise: see :func:`cnn.attribution.randomization.reset`.
    """
    architecture = REGISTRY[name]
    generator = torch.Generator().manual_seed(0)
    module = architecture.build().eval().requires_grad_(False)
    noise = torch.randn(4, 1, 14, 14, generator=generator)
    smooth = F.interpolate(noise, size=(architecture.input_size,) * 2, mode="bilinear")
    reset(module, module, smooth, generator)
    card = {"temperature": 1.0, "threshold": 0.5, "sha256": f"random {name}"}
    return LoadedModel(name, module, card, architecture.input_size, module.get_submodule(architecture.cam_layer))


def checks(evidence: Evidence) -> list[Check]:
    """Every rule on this map, the gravest first."""
    likeness, found = evidence.likeness, evidence.curves
    deleted, inserted = found.beaten(MAP)
    others = [one.rank for name, one in likeness.items() if name in METHODS]
    middle = float(np.median(others)) if others else 0.0
    return [
        Check(
            "Learnt, not built in", f"{likeness[RANDOM].rank:.2f} rank correlation with random weights",
            f"below {ALIKE}", likeness[RANDOM].rank < ALIKE,
            "A network that has learnt nothing gives much the same map: it shows how the network is built, not what "
            "it knows.",
        ),
        Check(
            "More than edges", f"{likeness[EDGES].rank:.2f} rank correlation with an edge filter",
            f"below {ALIKE}", likeness[EDGES].rank < ALIKE,
            "An edge detector gives much the same map: do not read anatomy into it.",
        ),
        Check(
            "Matters to the answer",
            f"beats {deleted} and {inserted} of {len(found.random_deletion)} random orders",
            "all, in deletion and in insertion", min(deleted, inserted) == len(found.random_deletion),
            "Hiding what the map marks moves the answer no more surely than hiding squares at random: do not take the "
            "map for the reason of the answer.",
        ),
        _lung_check(evidence),
        Check(
            "Other methods agree", f"{middle:.2f} median rank correlation with {len(others)} others",
            f"at least {APART}", middle >= APART,
            "Other methods point elsewhere in the same film: where the network looked depends on how one asks.",
        ),
    ]  # fmt: skip


def _lung_check(evidence: Evidence) -> Check:
    if evidence.lungs is None:
        return Check(
            "In the lungs", "no lungs were found in this picture", "lungs are found", False,
            "No lungs were found in this picture, so no map of it can speak of pneumonia.",
        )  # fmt: skip
    measured = f"{evidence.in_lungs:.0%} of the map, on {evidence.lung_share:.0%} of the film".replace("%", " %")
    return Check(
        "In the lungs", measured,
        "at least the lungs' share of the film", evidence.in_lungs >= evidence.lung_share,
        "Less of the map lies in the lungs than their area alone would get: most of what moved the score is not lung.",
    )  # fmt: skip


def verdict(evidence: Evidence) -> str:
    """The sentence of the gravest check that fails, and how many more do."""
    if evidence.attribution.blank:
        return "The map is blank: there is nothing in it to believe."
    failed = [check for check in checks(evidence) if not check.passed]
    if not failed:
        return (
            "The map passes every check: it tells something of how this network came to this answer. "
            "That is not yet where a disease is."
        )
    more = len(failed) - 1
    rest = f" It fails {more} more of {len(checks(evidence))} checks." if more else ""
    return failed[0].sentence + rest
