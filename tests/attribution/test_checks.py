"""Checks of a map: what is measured, and the rules that lead to the verdict."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cnn.attribution import checks
from cnn.attribution.attribute import attribute
from cnn.attribution.attribution import Attribution
from cnn.attribution.checks import EDGES, MAP, RANDOM, CheckedMap, check_map
from cnn.attribution.deletion_insertion import RANDOM_ORDERS, STEPS, Curves
from cnn.attribution.similarity import Similarity
from cnn.imaging.preprocess import to_tensor
from cnn.imaging.radiograph import read_radiograph
from cnn.imaging.samples.real_films import REAL_FILMS
from cnn.models import loading, lung_segmenter
from cnn.models.loading import LoadedModel
from cnn.predict.prediction import classify
from tests.support.random_weights import film


def masks(share: float) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return a segmenter that finds the upper ``share`` of any film."""

    def segment(films: torch.Tensor) -> torch.Tensor:
        probabilities = torch.zeros_like(films)
        probabilities[:, :, : round(share * films.shape[2])] = 1
        return probabilities

    return segment


@pytest.fixture(scope="module")
def checked(weights: Path) -> CheckedMap:
    """A checked map of the lecture's network, of a film whose upper half is lung."""
    lecture = loading.load_from(weights, "lecture")
    pixels = to_tensor(film(), lecture.input_size)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lung_segmenter, "lung_probabilities", masks(0.5))
        return check_map(lecture, pixels, attribute(lecture, pixels, "saliency", 1))


def test_everything_is_measured_and_counted(
    lecture: LoadedModel, checked: CheckedMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lung_segmenter, "lung_probabilities", masks(0.5))
    pixels = to_tensor(film(), lecture.input_size)
    calls: list[tuple[int, int]] = []
    before = classify(lecture, pixels)
    again = check_map(lecture, pixels, checked.attribution, "grey", lambda *call: calls.append(call))
    assert again.similarities == checked.similarities, "the same film and map give the same measurements"
    np.testing.assert_array_equal(again.curves.random_insertion, checked.curves.random_insertion)
    assert classify(lecture, pixels) == before
    done = [done for done, _ in calls]
    assert done == sorted(done)
    assert calls[-1] == (again.passes, again.passes)
    others = checks.quick_methods(lecture, "saliency")
    assert set(again.similarities) == {RANDOM, EDGES, *others}
    assert "saliency" not in others
    assert {"grad_cam", "deep_lift"} <= set(others)
    assert again.curves.deletion[MAP][0] == pytest.approx(before[0].p_pneumonia, abs=1e-5)
    assert again.lung_share == pytest.approx(0.5)
    values = again.attribution.map
    assert again.in_lungs == pytest.approx(values[: len(values) // 2].sum() / values.sum(), rel=1e-4)


def test_the_fill_changes_only_the_curves_and_a_film_without_lungs_fails(
    lecture: LoadedModel, checked: CheckedMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lung_segmenter, "lung_probabilities", masks(0.05))
    blurred = check_map(lecture, to_tensor(film(), lecture.input_size), checked.attribution, "blur")
    assert not np.allclose(blurred.curves.deletion[MAP], checked.curves.deletion[MAP])
    assert blurred.similarities == checked.similarities
    assert blurred.lungs is None
    assert "In the lungs" in failed_checks(blurred)


def failed_checks(checked: CheckedMap) -> list[str]:
    return [check.name for check in checked.checks if check.passed is False]


def good(checked: CheckedMap) -> CheckedMap:
    """Return measurements that pass everything."""
    share = np.linspace(0, 1, STEPS + 1)
    random = np.tile(1 - share, (RANDOM_ORDERS, 1))
    curves = Curves(share, {MAP: (1 - share) ** 3}, {MAP: 1 - (1 - share) ** 3}, random, random[:, ::-1], 1)
    similar, different = Similarity(ssim=0.7, rank=0.8), Similarity(ssim=0.1, rank=0.1)
    similarities = {RANDOM: different, EDGES: different, "grad_cam": similar, "deep_lift": similar}
    return replace(
        checked,
        similarities=similarities,
        to_random=different,
        to_others=(similar, similar),
        curves=curves,
        in_lungs=0.7,
        lung_share=0.4,
    )


def test_a_map_that_passes_everything_is_still_no_proof(checked: CheckedMap) -> None:
    assert not failed_checks(good(checked))
    assert "disease" in good(checked).verdict


@pytest.mark.parametrize(
    ("changed", "failures"),
    [
        ({"random": Similarity(ssim=0.8, rank=0.1)}, ["Changes with the weights"]),
        ({"ranks": {EDGES: 0.6}}, ["More than edges"]),
        ({"ranks": {"grad_cam": 0.2, "deep_lift": 0.3}}, ["Other methods agree"]),
        ({"flat": True}, ["Matters to the answer"]),
        ({"in_lungs": 0.39}, ["In the lungs"]),
        ({"ranks": {EDGES: 0.9}, "in_lungs": 0.1}, ["More than edges", "In the lungs"]),
    ],
)
def test_the_verdict_is_the_gravest_failure_and_the_number_of_others(
    checked: CheckedMap, changed: dict[str, Any], failures: list[str]
) -> None:
    best = good(checked)
    ranks = {name: Similarity(ssim=0, rank=rank) for name, rank in changed.get("ranks", {}).items()}
    flat = replace(best.curves, insertion={MAP: best.curves.random_insertion[0]})
    spoilt = replace(
        best,
        similarities=best.similarities | ranks,
        to_random=changed.get("random", best.to_random),
        curves=flat if "flat" in changed else best.curves,
        in_lungs=changed.get("in_lungs", best.in_lungs),
    )
    assert failed_checks(spoilt) == failures
    gravest = next(check for check in spoilt.checks if check.name == failures[0])
    assert spoilt.verdict.startswith(gravest.failure)
    assert ("1 more of 5" in spoilt.verdict) == (len(failures) == 2)


@pytest.mark.parametrize(
    ("random", "others", "result"),
    [
        (Similarity(0.1, 0.1), [Similarity(0.2, 0.2), Similarity(0.3, 0.5)], "changes"),
        (Similarity(0.1, 0.3), [Similarity(0.2, 0.2), Similarity(0.3, 0.5)], "cannot tell"),
        (Similarity(0.1, 0.6), [Similarity(0.2, 0.2), Similarity(0.3, 0.5)], "does not change"),
        (Similarity(0.1, 0.1), [], "cannot tell"),
    ],
)
def test_other_films_tell_whether_a_map_changes_with_the_weights(
    checked: CheckedMap, random: Similarity, others: list[Similarity], result: str
) -> None:
    judged = replace(good(checked), to_random=random, to_others=tuple(others))
    assert judged.checks[0].result == result
    assert ("cannot tell" in judged.verdict) == (result == "cannot tell")


def test_maps_of_other_films_are_of_the_same_method_and_never_of_the_film_itself(
    lecture: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lung_segmenter, "lung_probabilities", masks(0.5))
    pixels = to_tensor(read_radiograph(*REAL_FILMS[-1].read()), lecture.input_size)
    attribution = attribute(lecture, pixels, "saliency", 1)
    found = check_map(lecture, pixels, attribution)
    assert len(found.to_others) == checks.OTHERS
    assert max(other.rank for other in found.to_others) < 0.999
    alone = check_map(lecture, pixels, attribution, others=[pixels])
    assert alone.to_others[0].rank == pytest.approx(1)


def test_without_another_quick_method_there_is_no_agreement(checked: CheckedMap) -> None:
    alone = {name: good(checked).similarities[name] for name in (RANDOM, EDGES)}
    assert failed_checks(replace(good(checked), similarities=alone)) == ["Other methods agree"]


def test_a_blank_map_is_not_judged(checked: CheckedMap) -> None:
    blank = Attribution(np.zeros((128, 128), np.float32), "saliency", "strength", 1, "PNEUMONIA", 1)
    assert "blank" in replace(good(checked), attribution=blank).verdict


def test_what_checks_of_several_maps_share_is_computed_once(
    lecture: LoadedModel, checked: CheckedMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lung_segmenter, "lung_probabilities", masks(0.5))
    films: list[torch.Tensor] = []

    def count(model: LoadedModel, pixels: torch.Tensor, *rest: Any) -> Attribution:
        films.append(pixels)
        return attribute(model, pixels, *rest)

    monkeypatch.setattr(checks, "attribute", count)
    pixels = to_tensor(film(), lecture.input_size)
    first = check_map(lecture, pixels, checked.attribution)
    assert sum(not torch.equal(each, pixels) for each in films) == checks.OTHERS
    films.clear()
    monkeypatch.setattr(LoadedModel, "probabilities", lambda *_: pytest.fail("a film was scored twice"))
    second = check_map(lecture, pixels, checked.attribution)
    assert not films
    assert second.checks == first.checks == checked.checks, "as without sharing"
