"""The history page: milestones with their figures, errors by year, and a question that hides the years."""

import json
import re

import pytest

from cnn.lecture.questions.timeline import ask_year
from cnn.lecture.timeline import IMAGENET, TIMELINE
from cnn.text import typeset_shape
from tests.support.app import all_text, figures, open_page, predict


def test_every_milestone_can_be_pressed_and_a_link_opens_its_story() -> None:
    look = TIMELINE[-1]
    app = open_page("history", look=look.name)
    timeline = json.loads(app.get("bidi_component")[0].proto.json)
    assert timeline["look"] == look.name
    for milestone in TIMELINE:
        assert timeline["html"].count(f'<button type="button" data-look="{milestone.name}">') == 1
        assert milestone.years in timeline["html"]
        assert milestone.story in figures(app)


@pytest.mark.parametrize("milestone", [each for each in TIMELINE if each.volumes()], ids=lambda each: each.name)
def test_layers_are_drawn_with_their_shapes(milestone) -> None:  # type: ignore[no-untyped-def]
    drawn = figures(open_page("history"))
    for _, shape in milestone.volumes():
        assert typeset_shape(str(shape).removeprefix("1x1x")).replace(",", "") in drawn.replace(",", "")


def test_the_errors_by_year_are_a_chart_with_their_source() -> None:
    drawn = figures(open_page("history"))
    for rate in IMAGENET:
        assert re.search(rf"{rate.percent:g} %\s+{rate.year}\s+{rate.name}", drawn)
    assert "Russakovsky" in drawn


@pytest.mark.parametrize("number", range(1, 9))
def test_while_a_question_is_open_its_year_is_nowhere_on_the_page(number: int) -> None:
    app = open_page("history", predict="true", question=str(number))
    question = ask_year(number)
    year = f"{question.answer:.0f}"
    assert question.prompt in all_text(app)
    named = re.sub('(id|popovertarget)="[^"]*"', "", all_text(app))  # an element's name has digits drawn at random
    assert year not in named + figures(app)
    predict(app, question.answer)
    assert app.success
    assert year in figures(app)


def test_a_wrong_year_is_named() -> None:
    app = open_page("history", predict="true", question="1")
    predict(app, 1980)
    assert "Neocognitron" in app.error[0].value
