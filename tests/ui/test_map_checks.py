"""A map put to the test on the chest X-ray page, on random weights."""

import html
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cnn import cards
from cnn.attribution import checks, deletion_insertion
from cnn.errors import Busy
from cnn.models import loading
from tests.support.app import ROOT
from ui.chest import map_checks


@pytest.fixture
def page(weights: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """The page as it opens, with the smaller network and short curves."""
    monkeypatch.setattr(loading, "WEIGHTS_FOLDER", weights)
    monkeypatch.setattr(cards, "DEFAULT_NETWORK", "lecture")
    monkeypatch.setattr("cnn.models.lung_segmenter.lung_probabilities", lambda films: (films > 0).float())
    monkeypatch.setattr(deletion_insertion, "STEPS", 4)
    monkeypatch.setattr(deletion_insertion, "RANDOM_ORDERS", 2)
    monkeypatch.setattr(checks, "quick_methods", lambda *anything: ["input_x_gradient"])
    loading.load.cache_clear()
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    app.switch_page("pages/chest_xray.py").run()
    yield app
    loading.load.cache_clear()


def words(page: AppTest) -> str:
    kinds = (page.markdown, page.caption, page.info, page.get("html"))
    return html.unescape("\n".join(str(element.proto.body) for elements in kinds for element in elements))


def test_nothing_is_tested_until_it_is_asked_for(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "check_map", lambda *anything: pytest.fail("computed without being asked"))
    page.run()
    assert not page.exception
    assert "evidence.kept" not in page.session_state


def test_a_map_is_tested_once_and_again_behind_another_filling(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    page.toggle(key="test").set_value(True).run()
    assert not page.exception
    said = words(page)
    (found,) = page.session_state["evidence.kept"].values()
    assert found.verdict in said
    assert f"took {found.passes} passes" in said
    for check in found.checks:
        assert check.name in said
        assert check.rule in said
    assert len(page.get("image")) == 6
    assert len(page.get("plotly_chart")) == 2
    page.selectbox(key="filling").select(list(map_checks.FILLINGS)[1]).run()
    assert len(page.session_state["evidence.kept"]) == 2
    monkeypatch.setattr(checks, "check_map", lambda *anything: pytest.fail("computed twice"))
    page.slider(key="opacity").set_value(30).run()
    assert not page.exception


def test_a_busy_network_is_a_sentence(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*anything: object) -> None:
        raise Busy("The network is busy with other pictures.")

    monkeypatch.setattr(checks, "check_map", busy)
    page.toggle(key="test").set_value(True).run()
    assert not page.exception
    assert "busy with other pictures" in words(page)


def test_one_of_several_maps_is_tested(page: AppTest) -> None:
    page.button_group(key="maps").set_value(["saliency", "grad_cam"]).run()
    page.toggle(key="test").set_value(True).run()
    page.selectbox(key="tested").select("grad_cam").run()
    assert not page.exception
    assert {key[2] for key in page.session_state["evidence.kept"]} == {"saliency", "grad_cam"}
