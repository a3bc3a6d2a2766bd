"""The page on why there are CNNs: the shuffle experiment, the slide's numbers, the questions before their answers."""

import pytest
from streamlit.testing.v1 import AppTest

from cnn.lecture.leaf import LEVELS, draw_leaf
from cnn.lecture.pixel_shuffle.results import correlate_neighbours
from cnn.lecture.questions.dense_vs_conv import ask_dense_vs_conv
from tests.support.app import all_text, html, open_page, predict, shown_text, snippets, table_rows

PAGE = "why_cnns"


def guess(app: AppTest, answer: str) -> AppTest:
    """Answer the question on the shuffle."""
    radio = next(radio for radio in app.radio if "Predict first" in radio.label)
    radio.set_value(answer)
    next(button for button in app.button if button.label == "Check").click()
    return app.run()


def test_the_slide_s_counts_are_shown_with_their_products_and_to_scale() -> None:
    app = open_page(PAGE)
    for golden in ("3,000,000 × 100 = 300,000,000", "(3 × 3 × 3) × 100 = 2,700", "111,000 times"):
        assert golden in shown_text(app)
    assert "width:120.00px" in html(app)
    tenth = html(open_page(PAGE, W1="10", H1="10", D1="1", hidden="36", K="4", F="3"))
    assert "width:12.00px" in tenth, "0.1 of a side: 36 weights against 3,600"


def test_a_shuffle_changes_every_image() -> None:
    app = open_page(PAGE)
    assert app.get("plotly_chart")
    before = html(app)
    assert "After the shuffle" not in shown_text(app)
    app.toggle(key="shuffled").set_value(True).run()
    assert html(app) != before
    right, below = (f"{value:.2f}" for value in correlate_neighbours(draw_leaf(LEVELS[-1])))
    similar, after = shown_text(app).split("After the shuffle")
    assert f"**{right}**, with the one below it **{below}**" in similar, "what is called similar is the leaf itself"
    assert right not in after


@pytest.mark.parametrize(("images", "right"), [("shapes", "the convolution"), ("digits", "neither")])
def test_the_outcome_of_the_shuffle_is_hidden_until_one_is_chosen(images: str, right: str) -> None:
    losses = {row[-1] for row in table_rows(open_page(PAGE, pictures=images), "Accuracy after the last epoch")}
    app = open_page(PAGE, predict="true", pictures=images)
    assert not app.get("plotly_chart")
    assert not [loss for loss in losses if loss in all_text(app)]
    assert guess(app, "both").error
    app = open_page(PAGE, predict="true", pictures=images)
    assert guess(app, right).success
    assert app.get("plotly_chart")


@pytest.mark.parametrize("number", range(2, 10))
def test_while_a_question_on_weights_is_open_its_answer_is_not_on_the_page(number: int) -> None:
    app = open_page(PAGE, predict="true", question=str(number))
    question = ask_dense_vs_conv(number)
    if question.answer > 100:
        assert f"{question.answer:,.0f}" not in all_text(app)
    assert not snippets(app)
    assert "weights to scale" not in html(app).lower()
    predict(app, question.answer)
    assert app.success
    assert "weights to scale" in html(app).lower()


@pytest.mark.parametrize("images", ["shapes", "digits"])
def test_the_points_lost_are_the_difference_of_the_accuracies_shown(images: str) -> None:
    for _, *accuracies, points in table_rows(open_page(PAGE, pictures=images), "Accuracy after the last epoch"):
        before, after = (float(text.split()[0]) for text in accuracies)
        assert float(points.replace("−", "-")) == pytest.approx(after - before)


def test_on_digits_neither_is_hurt_and_the_page_says_why() -> None:
    assert "14 × 14 pixels" in shown_text(open_page(PAGE, pictures="digits"))
