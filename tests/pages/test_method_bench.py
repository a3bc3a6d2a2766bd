"""The method bench: results of the benchmark in words, charts and tables; a link; no results."""

import json
from pathlib import Path

import pytest

from cnn.evaluation import bootstrap, saliency_report
from tests.support import fake_saliency_results
from tests.support.app import open_page, shown_text, table_rows

PAGE = "method_bench"


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "REPEATS", 100)
    monkeypatch.setattr(saliency_report, "FILE", fake_saliency_results.write(tmp_path / "saliency_bench.json"))


@pytest.mark.usefixtures("results")
def test_every_test_has_its_table_and_the_page_a_conclusion() -> None:
    app = open_page(PAGE)
    methods, baselines = 2, len(saliency_report.BASELINES)
    tables = {
        "Localisation: mean and 95 % interval": methods + baselines,
        "Method minus baseline on the same films: mean and 95 % interval": methods,
        "Similarity to the trained map, SSIM": methods,
        "Similarity between seeds, SSIM": methods,
        "Area gained over a random order": methods + baselines - 1,
        "The methods": methods,
        "The simulated lesion": methods + baselines,
    }
    assert {label: len(table_rows(app, label)) for label in tables} == tables
    verdicts = table_rows(app, "All tests")
    rows = (("Grad-CAM", "pass", "pass (changes)", "5"), ("Guided Backprop", "fail", "fail (does not change)", "0"))
    expected = [[title, *[word] * 2, weights, *[word] * 2, passed, word] for title, word, weights, passed in rows]
    assert verdicts == expected
    assert "Passing every test: Grad-CAM." in shown_text(app)
    assert len(app.get("plotly_chart")) == 4
    (viewer,) = (json.loads(one.proto.json) for one in app.get("bidi_component") if "outlines" in one.proto.json)
    assert [one["title"] for one in viewer["maps"]] == ["Grad-CAM", "Guided Backprop"]
    assert [one["name"] for one in viewer["outlines"]] == ["the simulated lesion"]


@pytest.mark.usefixtures("results")
def test_a_link_opens_other_boxes_and_another_measure() -> None:
    app = open_page(PAGE, boxes="NIH", measure="Pointing game", curve="insertion, blurred")
    boxes = {box.key: box.value for box in app.selectbox}
    assert boxes == {"boxes": "NIH", "measure": "Pointing game", "curve": "insertion, blurred"}
    assert "12 of our adult films (NIH)" in shown_text(app)


def test_results_of_one_seed_are_not_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = fake_saliency_results.write(tmp_path / "saliency_bench.json", seeds=1)
    monkeypatch.setattr(saliency_report, "FILE", results)
    app = open_page(PAGE)
    assert [row[4] for row in table_rows(app, "All tests")] == ["–", "–"]
    assert len(app.get("plotly_chart")) == 3


def test_without_results_the_page_says_how_to_get_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saliency_report, "FILE", tmp_path / "none.json")
    app = open_page(PAGE)
    assert "python -m cnn.training.saliency" in app.info[0].value
