"""Predict first, on every page that asks: while a question is open, nothing that is rendered tells its answer."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cnn.lecture.questions.question import Question
from tests.support.app import all_text, open_page, press, snippets
from ui.shell.frame import chapters
from ui.shell.page_state import State
from ui.shell.stage import PREDICT
from ui.widgets import quiz

pytestmark = pytest.mark.usefixtures("few_draws")
LINKS: dict[str, tuple[dict[str, str], ...]] = {
    "review": ({"part": "The chain of layers"},),
    "stride_padding": ({"N": "64", "F": "7", "S": "3"}, {"N": "63", "F": "3", "S": "2", "P": "4"}),
}
"""Settings to open a page with instead of its defaults."""
DISTINCT = {"stride_padding"}
"""Pages whose links ask for numbers that the page does not show for another reason."""
NUMBERS = ("1", "2", "3")


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> list[Question]:
    """The questions that pages ask, as they are asked."""
    asked: list[Question] = []
    ask = quiz.ask

    def record(question: Question, *args: Any, **options: Any) -> bool:
        asked.append(question)
        return ask(question, *args, **options)

    monkeypatch.setattr(quiz, "ask", record)
    return asked


def numbers(app: AppTest) -> list[float]:
    """All numbers that the page renders: its prose, tables and code, and what its components are given."""
    text = " ".join([all_text(app), *(block.value for block in app.code)])
    text = re.sub(r"<[^>]*>", " ", text).replace("−", "-").replace(",", "")
    return [float(word) for word in re.findall(r"-?\d+(?:\.\d+)?", text)] + [*_flatten(_payloads(app))]


def _payloads(app: AppTest) -> list[Any]:
    return [json.loads(element.proto.json) for element in app.get("bidi_component")]


def _flatten(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _flatten(item)
    elif isinstance(value, int | float):
        yield float(value)


@pytest.mark.parametrize("chapter", chapters(), ids=lambda chapter: chapter.file)
def test_nothing_on_the_page_tells_the_answer(chapter: Any, states: list[State], questions: list[Question]) -> None:
    for link in LINKS.get(chapter.file, ({},)):
        for number in NUMBERS:
            questions.clear()
            app = open_page(chapter.file, predict="true", question=number, **link)
            if not any(PREDICT in state.fields for state in states):
                pytest.skip("a page without a question")
            if not questions:
                continue  # a question with options, which its page's own test holds
            question = questions[-1]
            assert question.why not in all_text(app)
            assert not snippets(app), "code gives the answer away"
            before = count(numbers(app), question)
            assert chapter.file not in DISTINCT or before == 0
            press(app, "Show the answer")
            assert count(numbers(app), question) > before + 1, "the answer is shown on the page once it is known"
            if not any(quiz.QUESTION in state.fields for state in states):
                break


def count(values: list[float], question: Question) -> int:
    """How often the answer, or another right number, is among ``values``."""
    right = {round(float(value), 2) for value in (question.answer, *question.accepted)}
    return sum(round(value, 2) in right for value in values)
