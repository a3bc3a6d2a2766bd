"""Verdicts and sentences follow from the results of the benchmark."""

from pathlib import Path

import numpy as np
import pytest

from cnn.attribution import localisation
from cnn.evaluation import bootstrap, saliency_report, saliency_sentences
from cnn.evaluation.saliency_report import BASELINES, CURVES, TEST_COUNT, UNINFORMED_BASELINES, Report, Verdicts
from cnn.training.saliency_bench import measurements
from tests.support import fake_saliency_results
from tests.support.fake_saliency_results import BAD, GOOD


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "REPEATS", 100)


@pytest.fixture
def report(tmp_path: Path) -> Report:
    return saliency_report.read(fake_saliency_results.write(tmp_path / "results.json"))["transfer"]


def test_the_good_method_passes_every_test_and_the_bad_one_none(report: Report) -> None:
    assert report.verdicts(GOOD) == Verdicts(True, True, True, True, True, True)
    assert report.verdicts(GOOD).passed == TEST_COUNT
    assert report.verdicts(BAD) == Verdicts(False, False, False, False, False, False)
    assert report.verdicts(BAD).passed == 0


def test_localisation_counts_methods_above_baselines_and_beside_published_ones(report: Report) -> None:
    assert report.exceeds("rsna", GOOD, "auprc", tuple(BASELINES))
    assert not report.exceeds("rsna", BAD, "auprc", UNINFORMED_BASELINES)
    assert "Arun" in saliency_sentences.localisation(report, "rsna", "auprc")
    assert "Arun" not in saliency_sentences.localisation(report, "nih", "auprc"), "published for the other boxes"


@pytest.mark.parametrize("section", ["randomisation", "repeatability", "deletion", "lesion", "conclusion"])
def test_each_section_names_the_method_that_passes(report: Report, section: str) -> None:
    describe = getattr(saliency_sentences, section)
    with_pass = describe(report)
    del report.titles[GOOD]
    assert "Grad-CAM" in with_pass
    assert "Grad-CAM" not in describe(report)


@pytest.mark.parametrize(("high", "low", "verdict"), [(-0.01, -0.2, True), (0.05, -0.1, None), (0.2, 0.01, False)])
def test_a_map_changes_with_the_weights_only_if_the_interval_says_so(
    report: Report, high: float, low: float, verdict: bool | None
) -> None:
    report.results["randomisation"][GOOD]["excess"]["rank"] = [(low + high) / 2, low, high]
    assert report.verdicts(GOOD).depends_on_weights is verdict
    assert report.verdicts(GOOD).passed == TEST_COUNT - (verdict is not True), "cannot tell is not passed"


def test_one_seed_leaves_repeatability_untested(tmp_path: Path) -> None:
    report = saliency_report.read(fake_saliency_results.write(tmp_path / "results.json", seeds=1))["transfer"]
    assert report.verdicts(GOOD).repeatable is None
    assert report.verdicts(GOOD).passed == TEST_COUNT - 1
    assert BAD not in saliency_sentences.repeatability(report)


def test_a_trial_run_is_marked_as_such_and_costs_are_named(tmp_path: Path) -> None:
    report = saliency_report.read(fake_saliency_results.write(tmp_path / "results.json", limited=2))["transfer"]
    assert "not results" in saliency_sentences.provenance(report)
    assert "200" in saliency_sentences.cost(report)


def test_a_map_survives_being_packed() -> None:
    values = np.random.default_rng(0).uniform(-1, 1, (20, 20))
    np.testing.assert_allclose(
        saliency_report.decode_map(measurements.encode_map(values)), values, atol=0.5 / 127 + 1e-6
    )


@pytest.mark.parametrize("content", [None, "not json"])
def test_missing_or_damaged_results_are_reported(tmp_path: Path, content: str | None) -> None:
    if content:
        (tmp_path / "results.json").write_text(content)
    with pytest.raises(saliency_report.ResultsMissing):
        saliency_report.read(tmp_path / "results.json")


def test_the_report_names_what_the_benchmark_measures() -> None:
    assert list(CURVES) == [
        f"{kind}, {filling}" for kind in ("deletion", "insertion") for filling in measurements.FILLS
    ]
    assert set(saliency_report.MEASURES.values()) == set(localisation.MEASURES)
