"""Learn a filter: steps, learning rates, and the backward pass in the grid."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from cnn.ops.filter_task import FilterTask
from tests.support.app import all_text, html, open_page, press

PAGE = "learn_a_filter"


def number(app: AppTest, key: str) -> int:
    return int(app.number_input(key=key).value)


def test_steps_are_taken_one_ten_and_until_it_is_learned() -> None:
    app = open_page(PAGE)
    press(app, "1 update")
    press(app, "10 updates")
    assert number(app, "steps") == 11
    press(app, "Until it is learned")
    assert "**Learned**" in all_text(app)


@pytest.mark.parametrize(("chip", "diverges"), [("Diverges", True), ("Too slow", False), ("Barely stable", False)])
def test_a_learning_rate_that_is_too_large_diverges(chip: str, diverges: bool) -> None:
    app = open_page(PAGE)
    press(app, chip)
    app.number_input(key="steps").set_value(400).run()
    assert ("**Diverged**" in all_text(app)) == diverges


def test_a_hidden_filter_is_shown_once_it_is_learned() -> None:
    app = open_page(PAGE, target="hidden", rate=f"{FilterTask('hidden').largest_rate / 2:.3f}")
    assert "To be learned" not in html(app)
    press(app, "Until it is learned")
    assert "To be learned" in html(app)


@pytest.mark.parametrize("part", ["dL/dw", "dL/dx", "forward"])
def test_every_part_is_a_grid(part: str) -> None:
    assert len(open_page(PAGE, part=part).get("bidi_component")) == 1


def test_the_next_filter_is_shown_once_the_question_for_it_is_answered() -> None:
    app = open_page(PAGE, predict="true")
    assert "After the next update" not in html(app)
    press(app, "Show the answer")
    assert "After the next update" in html(app)


@pytest.mark.parametrize("part", ["dL/dx", "forward"])
def test_the_cell_asked_for_is_hidden_in_the_grid(part: str) -> None:
    app = open_page(PAGE, predict="true", part=part)
    assert grid(app)["hidden"]
    press(app, "Show the answer")
    assert grid(app)["hidden"] is None


def grid(app: AppTest) -> dict[str, object]:
    return json.loads(app.get("bidi_component")[0].proto.json)  # type: ignore[no-any-return]
