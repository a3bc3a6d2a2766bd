"""The review page: the slide's volumes and links, ten questions one at a time, the score."""

import pytest
from streamlit.testing.v1 import AppTest

from cnn.layers.network_text import parse
from cnn.layers.presets import PRESETS
from cnn.lecture.questions.networks import ask_chain
from cnn.lecture.questions.quiz import draw_quiz
from tests.support.app import all_text, html, open_page, predict, press, shown_text
from ui.shell.frame import chapters
from ui.shell.text import typeset

PAGE, CHAIN = "review", "The chain of layers"
NETWORK = parse(PRESETS["Review (slides 43-44)"])


def links(app: AppTest) -> list[tuple[str, str]]:
    """Label and query of every link of the page."""
    return [(link.proto.label, link.proto.query_string) for link in app.get("page_link")]


def answer_all(app: AppTest, quiz: int, values: dict[int, float | None]) -> AppTest:
    """Answer the ten questions in order, each with its value, or have the answer shown where that is None."""
    for place in range(1, 11):
        key, value = f"quiz {quiz} question {place}", values.get(place)
        if value is None:
            app.button(key=f"{key} show").click().run()
        else:
            app.text_input(key=f"{key} answer").set_value(str(value))
            app.button(key=f"{key} check").click().run()
        assert not app.exception
        app.button(key="following").click().run()
    return app


def test_the_slide_s_volumes_in_order() -> None:
    drawn = html(open_page(PAGE, part=CHAIN))
    volumes = [
        "32 × 32 × 3",
        "32 × 32 × 16",
        "32 × 32 × 16",
        "16 × 16 × 16",
        "16 × 16 × 16",
        "16 × 16 × 16",
        "8 × 8 × 16",
        "1 × 1 × 3",
        "1 × 1 × 3",
    ]
    places = [drawn.index(f"<strong>{volumes[0]}</strong>")]
    for volume in volumes[1:]:
        places.append(drawn.index(f"<strong>{volume}</strong>", places[-1] + 1))
    for parameters in ("448<br>parameters", "2,320<br>parameters", "3,075<br>parameters"):
        assert parameters in drawn


def test_every_part_links_to_its_page_with_its_numbers() -> None:
    found = links(open_page(PAGE))
    names = [label.strip("→ *") for label, _ in found[:9]]
    assert names == ["Input", "CONV", "ReLU", "POOL", "CONV", "ReLU", "POOL", "FC", "Softmax"]
    assert "F=2&S=2" in found[3][1]
    assert "W1=16&H1=16&D1=16&K=16" in found[4][1]


@pytest.mark.parametrize("number", range(1, 5))
def test_the_chain_s_numbers_are_hidden_until_one_is_predicted(number: int) -> None:
    app = open_page(PAGE, part=CHAIN, predict="true", question=str(number))
    for golden in ("16 × 16 × 16", "448", "References"):
        assert golden not in all_text(app)
    predict(app, ask_chain(NETWORK, number).answer)
    assert app.success
    assert "16 × 16 × 16" in html(app)


@pytest.mark.parametrize("quiz", [1, 7])
def test_a_link_gives_the_same_ten_one_at_a_time_and_all_right_scores_ten(quiz: int) -> None:
    app = open_page(PAGE, quiz=str(quiz))
    asked = [one.question for one in draw_quiz(quiz)]
    shown = shown_text(app)
    assert [typeset(question.prompt) in shown for question in asked] == [True] + [False] * 9
    answer_all(app, quiz, {place: question.answer for place, question in enumerate(asked, start=1)})
    assert "Score: 10 of 10" in shown_text(app)
    assert "All right" in shown_text(app)


def test_the_lecture_s_answer_to_what_does_not_divide_is_right_in_the_quiz() -> None:
    quiz, place = next(
        (quiz, place)
        for quiz in range(1, 99)
        for place, one in enumerate(draw_quiz(quiz), start=1)
        if one.question.misfit and one.question.misfit.right
    )
    app = open_page(PAGE, quiz=str(quiz))
    for _ in range(place - 1):
        app.button(key="following").click().run()
    press(app, "It does not fit")
    assert "ceil_mode" in app.success[0].value
    assert "Score: 1 of 10" in shown_text(app)
    for _ in range(11 - place):
        app.button(key="following").click().run()
    assert "1 of 10 right at the first try, 9 not answered" in shown_text(app)
    assert "Read these pages again" not in shown_text(app), "what was not answered was not missed"


def test_the_first_answer_counts_a_slip_is_named_and_the_end_says_what_to_read_again() -> None:
    asked = draw_quiz(3)
    app = open_page(PAGE, quiz="3")
    wrong, slip = next(iter(asked[0].question.mistakes.items()))
    for value in (wrong, asked[0].question.answer):
        app.text_input(key="quiz 3 question 1 answer").set_value(str(value))
        app.button(key="quiz 3 question 1 check").click().run()
        if value == wrong:
            assert typeset(slip) in app.error[0].value
    assert "Score: 0 of 10** at the first try, 1 answered" in shown_text(app)
    answer_all(app, 3, {place: one.question.answer for place, one in enumerate(asked[:5], start=1)})
    assert "Score: 4 of 10** at the first try, 10 answered" in shown_text(app)
    titles = {chapter.file: chapter.title for chapter in chapters()}
    again = {titles[one.page] for one in (asked[0], *asked[5:])}
    assert again <= {label for label, _ in links(app)}
    press(app, "Start again")
    assert "Score: 0 of 10** at the first try, 0 answered" in shown_text(app)
