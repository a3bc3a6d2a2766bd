"""Verdicts and sentences follow from the numbers; the numbers from what was measured on each film."""

from pathlib import Path

import numpy as np
import pytest

from cnn.evaluation import bootstrap, saliency_report, saliency_sentences
from cnn.evaluation.saliency_report import BASELINES, CURVES, UNINFORMED_BASELINES, Estimate, Report, Verdicts
from cnn.training.saliency_bench import __main__, statistics
from tests.support import fake_saliency_results
from tests.support.fake_saliency_results import BAD, GOOD


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "REPEATS", 100)


@pytest.fixture
def report(tmp_path: Path) -> Report:
    return saliency_report.read(fake_saliency_results.write(tmp_path / "saliency_bench.json"))["transfer"]


def test_estimates_are_means_inside_their_intervals() -> None:
    rows = [{"a": float(number), "b": 1.0} for number in range(10)]
    found = statistics.estimates(rows, [str(number) for number in range(10)])
    assert found["a"][0] == 4.5
    assert found["a"][1] < 4.5 < found["a"][2]
    assert found["b"] == [1, 1, 1]


def test_intervals_draw_patients_not_films() -> None:
    rows = [{"a": float(number % 2)} for number in range(40)]
    own = statistics.estimates(rows, [str(number) for number in range(40)])["a"]
    two = statistics.estimates(rows, [str(number % 2) for number in range(40)])["a"]
    assert two[2] - two[1] == 1 > own[2] - own[1]


def test_deletion_is_better_where_it_is_smaller() -> None:
    rows, random = [{"deletion, x": 0.2, "insertion, x": 0.9}] * 3, [{"deletion, x": 0.5, "insertion, x": 0.5}] * 3
    found = statistics.deletion(rows, random, ["a", "b", "c"])["better_than_random"]
    assert {name: value[0] for name, value in found.items()} == {"deletion, x": 0.3, "insertion, x": 0.4}


def test_sides_and_text_of_an_estimate() -> None:
    assert [Estimate(0, *ends).side for ends in ((0.1, 1), (-1, -0.1), (-1, 1))] == ["above", "below", "level"]
    assert str(Estimate(-0.001, -0.5, 0.25)) == "0.00 (−0.50 to 0.25)"


def test_the_good_method_passes_everything_and_the_bad_one_nothing(report: Report) -> None:
    assert report.verdicts(GOOD) == Verdicts(True, True, True, True, True, True)
    assert report.verdicts(GOOD).failed() == 0
    assert report.verdicts(BAD) == Verdicts(False, False, False, False, False, False)
    assert report.verdicts(BAD).failed() == 6


def test_being_apart_is_stricter_than_being_above(report: Report) -> None:
    for name in report.titles:
        for source in ("rsna", "nih"):
            if report.apart(source, name, "auprc", UNINFORMED_BASELINES):
                assert report.beats(source, name, "auprc", UNINFORMED_BASELINES)
    assert report.apart("rsna", GOOD, "auprc", tuple(BASELINES))


def test_sentences_name_who_passes_and_who_fails(report: Report) -> None:
    assert "Above the lung blobs too: Grad-CAM." in saliency_sentences.localisation(report, "rsna", "auprc")
    assert "0 of these 2 lie in that range, 1 above it and 1 below" in saliency_sentences.localisation(
        report, "rsna", "auprc"
    )
    assert "Guided Backprop on 3 films" in saliency_sentences.localisation(report, "nih", "auprc")
    assert "Arun" not in saliency_sentences.localisation(report, "nih", "auprc")
    for words in (saliency_sentences.randomisation(report), saliency_sentences.repeatability(report)):
        assert "Pass: Grad-CAM. Fail: Guided Backprop." in words
    assert "four curves: Grad-CAM." in saliency_sentences.deletion(report)
    assert "planted lesion for Grad-CAM." in saliency_sentences.planted(report)
    assert "170" not in saliency_sentences.cost(report)
    assert "as long as 200" in saliency_sentences.cost(report)
    said = saliency_sentences.conclusion(report)
    assert "Passing every test: Grad-CAM." in said
    assert "Failing the test of random weights: Guided Backprop." in said


def test_when_none_passes_the_conclusion_says_so(report: Report) -> None:
    del report.titles[GOOD]
    said = saliency_sentences.conclusion(report)
    assert "No method passes every test" in said
    assert "Guided Backprop fails the fewest, 6." in said
    assert "above all four controls on the same films: no method" in said


def test_one_seed_leaves_repeatability_untested(tmp_path: Path) -> None:
    report = saliency_report.read(fake_saliency_results.write(tmp_path / "saliency_bench.json", seeds=1))["transfer"]
    assert report.verdicts(GOOD).repeats is None
    assert "Only one seed" in saliency_sentences.repeatability(report)


def test_a_trial_run_is_called_one(tmp_path: Path) -> None:
    limited = saliency_report.read(fake_saliency_results.write(tmp_path / "saliency_bench.json", limited=2))["transfer"]
    assert "not results" in saliency_sentences.provenance(limited)


def test_a_map_survives_being_packed() -> None:
    values = np.random.default_rng(0).uniform(-1, 1, (20, 20))
    np.testing.assert_allclose(saliency_report.unpack_map(__main__.packed(values)), values, atol=0.5 / 127 + 1e-6)


@pytest.mark.parametrize("text", [None, "not json"])
def test_missing_or_damaged_results_are_one_sentence(tmp_path: Path, text: str | None) -> None:
    if text:
        (tmp_path / "saliency_bench.json").write_text(text)
    with pytest.raises(saliency_report.ResultsMissing, match=r"python -m cnn\.training\.saliency_bench"):
        saliency_report.read(tmp_path / "saliency_bench.json")


def test_names_of_curves_are_those_that_are_measured() -> None:
    from cnn.attribution import localisation
    from cnn.training.saliency_bench import __main__

    assert list(CURVES) == [f"{kind}, {filling}" for kind in ("deletion", "insertion") for filling in __main__.FILLINGS]
    assert set(saliency_report.MEASURES.values()) == set(localisation.MEASURES)
