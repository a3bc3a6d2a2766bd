"""Evidence for a map: each control and metric where the answer is known, and the rules that make the sentence."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from cnn.attribution import checks, randomization
from cnn.attribution.attribute import attribute
from cnn.attribution.attribution import Attribution
from cnn.attribution.checks import EDGES, MAP, RANDOM, CheckedMap
from cnn.attribution.deletion_insertion import GRID, RANDOM_ORDERS, STEPS, Curves
from cnn.attribution.similarity import Similarity
from cnn.imaging.preprocess import to_tensor
from cnn.models import loading, lung_segmenter
from cnn.models.loading import LoadedModel
from cnn.predict.prediction import classify
from tests.support.random_weights import film

SIDE = 8 * GRID


def smooth(seed: int) -> np.ndarray:
    return film(seed, SIDE, SIDE).pixels - 0.5


def test_a_map_is_like_itself_at_any_scale_and_sign() -> None:
    one = smooth(1)
    for other in (one, -3 * one):
        found = checks.likeness(one, other)
        assert found.rank == pytest.approx(1)
        assert found.ssim == pytest.approx(1)
    cubed = checks.likeness(np.abs(one), np.repeat(np.repeat(_squares(one) ** 3, 8, 0), 8, 1))
    assert cubed.rank == pytest.approx(1), "only the order of the squares counts"
    assert cubed.ssim < 0.9


def _squares(values: np.ndarray) -> np.ndarray:
    return np.abs(values).reshape(GRID, 8, GRID, 8).mean(axis=(1, 3))


def test_a_map_is_unlike_its_opposite_noise_and_nothing() -> None:
    one = np.abs(smooth(1))
    assert checks.likeness(one, one.max() - one).rank == pytest.approx(-1)
    noise = np.random.default_rng(0).random((SIDE, SIDE))
    assert abs(checks.likeness(one, noise).rank) < 0.2
    assert checks.likeness(one, np.zeros_like(one)).rank == 0


def test_share_inside() -> None:
    values, mask = np.array([[1.0, -3], [0, 4]]), np.array([[True, True], [False, False]])
    assert checks.share_inside(values, mask) == 0.5
    assert checks.share_inside(np.zeros((2, 2)), mask) == 0


@pytest.mark.parametrize("name", ["lecture", "ensemble"])
def test_the_random_twin_is_alive_and_always_the_same(name: str) -> None:
    twin = randomization.untrained_twin(name)
    pixels = torch.cat([to_tensor(film(seed), twin.input_size) for seed in range(2)])
    with torch.inference_mode():
        logits = twin.module(pixels)
    randomization.untrained_twin.cache_clear()
    torch.manual_seed(99)
    again = randomization.untrained_twin(name).module.state_dict()
    assert all(torch.equal(again[key], value) for key, value in twin.module.state_dict().items())
    assert logits.isfinite().all()
    assert logits.std(dim=0).min() > 1e-3, "it answers to what it sees"


def masks(share: float) -> Callable[[torch.Tensor], torch.Tensor]:
    """A segmenter that finds the upper ``share`` of any film."""

    def found(films: torch.Tensor) -> torch.Tensor:
        result = torch.zeros_like(films)
        result[:, :, : round(share * films.shape[2])] = 1
        return result

    return found


@pytest.fixture(scope="module")
def examined(weights: Path) -> CheckedMap:
    """Evidence of a map of the lecture's network, on a film whose upper half is lung."""
    lecture = loading.load_from(weights, "lecture")
    pixels = to_tensor(film(), lecture.input_size)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lung_segmenter, "lung_probabilities", masks(0.5))
        return checks.check_map(lecture, pixels, attribute(lecture, pixels, "saliency", 1))


def test_everything_is_measured_and_counted(
    lecture: LoadedModel, examined: CheckedMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lung_segmenter, "lung_probabilities", masks(0.5))
    pixels = to_tensor(film(), lecture.input_size)
    told: list[tuple[int, int]] = []
    before = classify(lecture, pixels)
    found = checks.check_map(lecture, pixels, examined.attribution, "grey", lambda *passes: told.append(passes))
    assert found.likeness == examined.likeness, "the same film and map give the same evidence"
    np.testing.assert_array_equal(found.curves.random_insertion, examined.curves.random_insertion)
    assert classify(lecture, pixels) == before
    assert not any(module._forward_hooks or module._backward_hooks for module in lecture.module.modules())
    done = [done for done, _ in told]
    assert done == sorted(done)
    assert told[-1] == (found.passes, found.passes)
    others = checks.quick_methods(lecture, "saliency")
    assert set(found.likeness) == {RANDOM, EDGES, *others}
    assert "saliency" not in others
    assert {"grad_cam", "deep_lift"} <= set(others)
    assert found.curves.deletion[MAP][0] == pytest.approx(before[0].p_pneumonia, abs=1e-5)
    assert found.lung_share == pytest.approx(0.5)
    size = found.attribution.map
    assert found.in_lungs == pytest.approx(size[: len(size) // 2].sum() / size.sum(), rel=1e-4)


def test_the_baseline_changes_the_curves_alone_and_a_film_without_lungs_is_told_so(
    lecture: LoadedModel, examined: CheckedMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lung_segmenter, "lung_probabilities", masks(0.05))
    pixels = to_tensor(film(), lecture.input_size)
    found = checks.check_map(lecture, pixels, examined.attribution, "blur")
    assert not np.allclose(found.curves.deletion[MAP], examined.curves.deletion[MAP])
    assert found.likeness == examined.likeness
    assert found.lungs is None
    failed = {check.name: check.sentence for check in checks.checks(found) if not check.passed}
    assert "No lungs were found" in failed["In the lungs"]


def good(examined: CheckedMap) -> CheckedMap:
    """Evidence of a map that passes everything."""
    share = np.linspace(0, 1, STEPS + 1)
    worse = np.tile(1 - share, (RANDOM_ORDERS, 1))
    curves = Curves(share, {MAP: (1 - share) ** 3}, {MAP: 1 - (1 - share) ** 3}, worse, worse[:, ::-1], 1)
    alike, unlike = Similarity(0.8, 0.7), Similarity(0.1, 0.1)
    likeness = {RANDOM: unlike, EDGES: unlike, "grad_cam": alike, "deep_lift": alike}
    return replace(examined, likeness=likeness, curves=curves, in_lungs=0.7, lung_share=0.4)


def test_a_map_that_passes_everything_is_still_no_proof(examined: CheckedMap) -> None:
    best = good(examined)
    assert all(check.passed for check in checks.checks(best))
    assert "not yet where a disease is" in checks.verdict(best)


@pytest.mark.parametrize(
    ("spoilt", "sentence"),
    [
        ({RANDOM: Similarity(0.5, 0)}, "A network that has learnt nothing gives much the same map"),
        ({EDGES: Similarity(0.6, 0)}, "An edge detector gives much the same map: do not read anatomy into it."),
        ({"grad_cam": Similarity(0.2, 0), "deep_lift": Similarity(0.3, 0)}, "Other methods point elsewhere"),
    ],
)
def test_the_sentence_follows_from_likeness(examined: CheckedMap, spoilt: dict, sentence: str) -> None:
    best = good(examined)
    found = replace(best, likeness=best.likeness | spoilt)
    assert checks.verdict(found).startswith(sentence)
    assert "more of" not in checks.verdict(found)


def test_the_sentence_follows_from_the_curves_and_the_lungs(examined: CheckedMap) -> None:
    best = good(examined)
    flat = replace(best.curves, insertion={MAP: best.curves.random_insertion[0]})
    assert checks.verdict(replace(best, curves=flat)).startswith("Hiding what the map marks moves the answer no more")
    assert checks.verdict(replace(best, in_lungs=0.39)).startswith("Less of the map lies in the lungs")


def test_the_gravest_failure_is_said_and_the_others_are_counted(examined: CheckedMap) -> None:
    best = good(examined)
    found = replace(best, likeness=best.likeness | {EDGES: Similarity(0.9, 0)}, in_lungs=0.1)
    assert checks.verdict(found).startswith("An edge detector")
    assert checks.verdict(found).endswith("It fails 1 more of 5 checks.")


def test_a_blank_map_is_not_judged(examined: CheckedMap) -> None:
    blank = Attribution(np.zeros((SIDE, SIDE), np.float32), "saliency", "strength", 1, "PNEUMONIA", 1)
    assert "blank" in checks.verdict(replace(good(examined), attribution=blank))
