"""The history page: the lecture's milestones and the question."""

from cnn.lecture.timeline import TIMELINE
from tests.support.app import html, open_page, predict, shown_text


def test_every_milestone_is_on_the_line_and_a_link_opens_its_story() -> None:
    look = TIMELINE[-1]
    app = open_page("history", look=look.name)
    assert all(str(milestone.year) in html(app) and milestone.name in html(app) for milestone in TIMELINE)
    assert look.story in shown_text(app)


def test_the_question_is_checked_and_a_wrong_year_named() -> None:
    app = open_page("history", question="1")
    predict(app, 1980)
    assert "Neocognitron" in app.error[0].value
    predict(app, 1993)
    assert app.success
