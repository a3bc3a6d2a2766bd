"""The page on why there are CNNs: the slide's numbers, the shuffle, the prediction before the curves, bad links."""

from streamlit.testing.v1 import AppTest

from tests.support.app import html, open_page, shown_text

PAGE = "why_cnns"


def guess(app: AppTest, answer: str) -> AppTest:
    """Answers the question that stands before the curves."""
    radio = next(radio for radio in app.radio if "Predict first" in radio.label)
    radio.set_value(answer)
    next(button for button in reversed(app.button) if button.label == "Check").click()
    return app.run()


def test_the_slide_s_counts_are_shown_with_their_products_and_to_scale() -> None:
    app = open_page(PAGE)
    for golden in ("3,000,000*100 = 300,000,000", "(3*3*3)*100 = 2,700", "111,000 times"):
        assert golden in shown_text(app)
    assert "width:260.00px" in html(app)
    assert "width:26.00px" in html(open_page(PAGE, W1="10", H1="10", D1="1", hidden="36", K="4", F="3")), (
        "0.1 of a side"
    )


def test_curves_are_shown_after_a_prediction_and_a_shuffle_changes_every_picture() -> None:
    app = open_page(PAGE)
    assert not app.get("plotly_chart")
    before = html(app)
    guess(app, "the fully connected one")
    assert app.error
    assert app.get("plotly_chart")
    app.toggle(key="shuffled").set_value(True).run()
    assert html(app) != before


def test_on_digits_neither_is_hurt_and_the_page_says_why() -> None:
    app = guess(open_page(PAGE, pictures="digits"), "neither")
    assert app.success
    assert "14x14 pixels" in shown_text(app)
