"""The checks of a map on the chest X-ray page, on random weights."""

import html
import json

import pytest
from streamlit.testing.v1 import AppTest

from cnn.attribution import checks, deletion_insertion
from cnn.errors import Busy
from tests.support.app import all_text, open_page
from ui.chest import map_checks
from ui.chest.film_store import SHARED


@pytest.fixture
def page(random_app: None, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page as it opens, with short curves."""
    monkeypatch.setattr("cnn.models.lung_segmenter.lung_probabilities", lambda films: (films > 0).float())
    monkeypatch.setattr(deletion_insertion, "STEPS", 4)
    monkeypatch.setattr(deletion_insertion, "RANDOM_ORDERS", 2)
    monkeypatch.setattr(checks, "quick_methods", lambda *_: ["input_x_gradient"])
    return open_page("chest_xray")


def open_checks(page: AppTest) -> None:
    """Open the tab as a press on it does."""
    page.session_state[map_checks.TABS] = map_checks.TAB
    page.run()


def test_nothing_is_checked_until_it_is_asked_for(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "check_map", lambda *_: pytest.fail("computed without being asked"))
    page.run()
    assert not page.exception
    assert not SHARED.checked.values()


def test_a_map_is_checked_once_and_again_with_another_fill(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    open_checks(page)
    assert not page.exception
    text = html.unescape(all_text(page))
    (checked,) = SHARED.checked.values()
    assert checked.verdict in text
    assert f"took {checked.passes} passes" in text
    for check in checked.checks:
        assert check.name in text
        assert check.rule in text
    viewers = [json.loads(one.proto.json) for one in page.get("bidi_component") if "outlines" in one.proto.json]
    assert [len(viewer["maps"]) for viewer in viewers] == [1, 3]
    assert len(page.get("plotly_chart")) == 2
    page.selectbox(key="filling").select(list(map_checks.FILLS)[1]).run()
    assert len(SHARED.checked.values()) == 2
    monkeypatch.setattr(checks, "check_map", lambda *_: pytest.fail("computed twice"))
    page.run()
    assert not page.exception
    second = open_page("chest_xray")
    open_checks(second)
    assert not second.exception, "a built-in film's checks are every reader's"


def test_a_busy_network_is_a_sentence(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object) -> None:
        raise Busy("The network is busy with other pictures.")

    monkeypatch.setattr(checks, "check_map", busy)
    open_checks(page)
    assert not page.exception
    assert "busy with other pictures" in all_text(page)
