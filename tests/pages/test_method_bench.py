"""The method bench page: results of any kind in words, figures and tables; a link; no results; no torch."""

from pathlib import Path

import pytest

from cnn.evaluation import bootstrap, saliency_report
from tests.support import fake_saliency_results
from tests.support.app import html, open_page, shown_text

PAGE = "method_bench"


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "REPEATS", 100)
    monkeypatch.setattr(saliency_report, "FILE", fake_saliency_results.write(tmp_path / "saliency_bench.json"))


@pytest.mark.usefixtures("results")
def test_every_test_has_its_table_and_the_end_its_conclusion() -> None:
    app = open_page(PAGE)
    tables = html(app)
    for label in (
        "Localisation: mean and 95 % interval", "Method minus control on the same films: mean and 95 % interval",
        "Likeness to the trained map", "Likeness between seeds", "Area gained over a random order", "Cost of one map",
        "The planted lesion", "All tests",
    ):  # fmt: skip
        assert f'aria-label="{label}"' in tables
    assert "Passing every test: Grad-CAM." in shown_text(app)
    assert len(app.get("plotly_chart")) == 4
    assert len(app.get("image")) == 3  # the film and two maps


@pytest.mark.usefixtures("results")
def test_a_link_opens_another_set_and_measure() -> None:
    app = open_page(PAGE, boxes="NIH", measure="Pointing game", alike="SSIM", curve="insertion, blurred")
    assert [radio.value for radio in app.radio] == ["NIH", "Pointing game", "SSIM", "insertion, blurred"]
    assert "Arun et al. (2021), eight methods on another" not in shown_text(app)
    assert "12 of our adult films (NIH)" in shown_text(app)


def test_without_results_the_page_says_how_to_get_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saliency_report, "FILE", tmp_path / "none.json")
    app = open_page(PAGE)
    assert "python -m cnn.training.saliency_bench" in app.info[0].value
    assert "What you now know" in shown_text(app)
