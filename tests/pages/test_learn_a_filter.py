"""Learn a filter: steps, learning rates, and the backward pass in the grid."""

import json
import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn.ops.filter_task import FilterTask, backward_pass
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
    app = open_page(PAGE, predict="true", part="dL/dw")
    assert "After the next update" not in html(app)
    press(app, "Show the answer")
    assert "After the next update" in html(app)


@pytest.mark.parametrize("part", ["dL/dx", "forward"])
def test_the_cell_asked_for_is_hidden_in_the_grid(part: str) -> None:
    app = open_page(PAGE, predict="true", part=part)
    assert grid(app)["hidden"]
    press(app, "Show the answer")
    assert grid(app)["hidden"] is None


def test_output_and_target_stand_side_by_side_and_give_the_loss() -> None:
    app = open_page(PAGE, target="blur", pair="2")
    task = FilterTask("blur")
    passed = backward_pass(task, task.start, 1)
    cells = [re.findall(r"<td>(.*?)</td>", table) for table in re.findall(r"<table.*?</table>", html(app))[:3]]
    output, target, difference = (np.array([float(cell.replace("−", "-")) for cell in each]) for each in cells)
    np.testing.assert_allclose(output, passed.forward.output.ravel(), atol=0.006)
    np.testing.assert_allclose(output - target, difference, atol=0.02)
    assert f"**{passed.loss:.4g}**" in all_text(app)


def test_the_difference_to_the_target_waits_while_an_output_is_asked_for() -> None:
    app = open_page(PAGE, predict="true")
    assert ("Target t" in html(app), "y − t" in html(app)) == (True, False)


def grid(app: AppTest) -> dict[str, object]:
    return json.loads(app.get("bidi_component")[0].proto.json)  # type: ignore[no-any-return]
