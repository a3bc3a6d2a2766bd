"""The review page: the slide's volumes and links, the ten questions, the score, the references."""

import pytest
from streamlit.testing.v1 import AppTest

from cnn.lecture.questions.quiz import draw_quiz
from tests.support.app import html, open_page, predict, press, shown_text

PAGE = "review"


def links(app: AppTest) -> list[tuple[str, str]]:
    """Label and query of every link of the page."""
    return [(link.proto.label, link.proto.query_string) for link in app.get("page_link")]


def answer(app: AppTest, quiz: int, values: dict[int, float]) -> AppTest:
    """Types ``values`` into the questions of these numbers and checks each."""
    for place, value in values.items():
        key = f"quiz {quiz} question {place}"
        app.number_input(key=f"{key} answer").set_value(value)
        app.button(key=f"{key} check").click()
        app.run()
        assert not app.exception
    return app


def test_the_slide_s_volumes_in_order() -> None:
    drawn = html(open_page(PAGE))
    volumes = ["32x32x3", "32x32x16", "32x32x16", "16x16x16", "16x16x16", "16x16x16", "8x8x16", "1x1x3", "1x1x3"]
    places = [drawn.index(f"<strong>{volumes[0]}</strong>")]
    for volume in volumes[1:]:
        places.append(drawn.index(f"<strong>{volume}</strong>", places[-1] + 1))
    for learnt in ("448 learnt", "2,320 learnt", "3,075 learnt"):
        assert learnt in drawn


def test_every_part_links_to_its_page_with_its_numbers() -> None:
    found = links(open_page(PAGE))
    names = [label.strip("*") for label, _ in found[:9]]
    assert names == ["Input", "CONV", "ReLU", "POOL", "CONV", "ReLU", "POOL", "FC", "Softmax"]
    assert "F=2&S=2" in found[3][1]
    assert "W1=16&H1=16&D1=16&K=16" in found[4][1]
    pool = open_page("layer_calculator", **dict(pair.split("=") for pair in found[6][1].replace("+", " ").split("&")))
    assert "8x8x16" in shown_text(pool)
    assert not pool.warning


def test_the_volumes_can_be_hidden_until_one_is_predicted() -> None:
    app = open_page(PAGE, predict="true")
    assert "16x16x16" not in html(app)
    predict(app, 1024)
    assert "16x16x16" in html(app)


@pytest.mark.parametrize("quiz", [1, 7])
def test_a_link_gives_the_same_ten_and_all_right_scores_ten(quiz: int) -> None:
    app = open_page(PAGE, quiz=str(quiz))
    asked = draw_quiz(quiz)
    text = shown_text(app).replace("\\*", "*")
    assert len(asked) == 10
    for one in asked:
        assert one.question.prompt in text
    answer(app, quiz, {place: one.question.answer for place, one in enumerate(asked, start=1)})
    assert "Score: 10 of 10" in shown_text(app)
    assert "All right" in shown_text(app)


def test_the_first_answer_counts_and_a_slip_is_named() -> None:
    asked = draw_quiz(3)
    place, one = next((n, one) for n, one in enumerate(asked, start=1) if one.page == "layer_calculator")
    wrong, slip = next(iter(one.question.mistakes.items()))
    app = answer(open_page(PAGE, quiz="3"), 3, {place: wrong})
    assert any(slip.replace("*", "\\*") in error.value for error in app.error)
    answer(app, 3, {place: one.question.answer})
    assert "Score: 0 of 10** right at the first try; 1 answered" in shown_text(app)
    before = len(links(app))
    for other in range(1, 11):
        app.button(key=f"quiz 3 question {other} show").click().run()
    assert "Worth another look" in shown_text(app)
    assert len(links(app)) == before + len({one.page for one in asked})
    press(app, "Start again")
    assert "Score: 0 of 10** right at the first try; 0 answered" in shown_text(app)
