"""The history page: the lecture's milestones, the question, the link, the snippet."""

import pytest

from cnn.lecture.timeline import TIMELINE, Milestone
from tests.support.app import html, open_page, shown_text


def test_every_milestone_of_the_slide_is_on_the_line() -> None:
    line = html(open_page("history"))
    for year, word in (
        (1980, "Fukushima"), (1993, "LeNet"), (1997, "RNN"), (2006, "Hinton, Osindero and Teh"), (2012, "AlexNet"),
        (2013, "ZFNet"), (2014, "VGG"), (2015, "ResNet"), (2015, "3.57 percent"), ("1997-2006", "Stagnation"),
    ):  # fmt: skip
        assert str(year) in line
        assert word in line
    for reason in ("data", "computing power", "hard to train", "support vector machines, naive Bayes"):
        assert reason in line


@pytest.mark.parametrize("milestone", TIMELINE, ids=lambda milestone: milestone.name)
def test_each_milestone_can_be_looked_at_by_link(milestone: Milestone) -> None:
    app = open_page("history", look=milestone.name)
    assert milestone.story in shown_text(app)
    assert not app.warning


def test_the_question_is_checked_and_a_wrong_year_named() -> None:
    app = open_page("history", question="1")
    app.number_input[0].set_value(1980)
    app.button[0].click().run()
    assert "That is the year of Neocognitron" in app.error[0].value
    app.number_input[0].set_value(1993)
    app.button[0].click().run()
    assert "Right" in app.success[0].value


def test_the_answer_can_be_shown() -> None:
    app = open_page("history", question="2")
    app.button[1].click().run()
    assert "1997" in app.info[0].value
