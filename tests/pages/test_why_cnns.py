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
    for golden in ("1000*1000*3 = 3,000,000", "3,000,000*100 = 300,000,000", "(3*3*3)*100 = 2,700", "111,000 times"):
        assert golden in shown_text(app)
    drawn = html(app)
    assert "Weights to scale: fully connected 300,000,000, convolution 2,700" in drawn
    assert "width:260.00px" in drawn
    assert "0.78 of a pixel" in drawn
    for level in ("outline", "veins", "fine veins", "the leaf"):
        assert f'alt="{level}"' in drawn


def test_areas_are_to_scale() -> None:
    drawn = html(open_page(PAGE, W1="10", H1="10", D1="1", hidden="36", K="4", F="3"))
    assert "width:260.00px" in drawn  # 3,600 weights
    assert "width:26.00px" in drawn  # 36 weights: a hundredth of the area


def test_a_filter_as_large_as_the_picture_has_as_many_weights() -> None:
    app = open_page(PAGE)
    next(button for button in app.button if button.label.startswith("A filter as large")).click().run()
    assert "exactly as many" in shown_text(app)


def test_curves_are_shown_after_a_prediction_and_a_shuffle_changes_every_picture() -> None:
    app = open_page(PAGE)
    assert "nothing is lost" not in shown_text(app)
    assert not app.get("plotly_chart")
    before = html(app)
    guess(app, "the fully connected one")
    assert app.error
    assert "python -m cnn.training.pixel_shuffle" in shown_text(app)
    assert "edges and corners are gone" in shown_text(app)
    assert app.get("plotly_chart")
    app.toggle(key="shuffled").set_value(True).run()
    assert html(app) != before
    assert "edges and corners are gone" in shown_text(app)


def test_on_digits_neither_is_hurt_and_the_page_says_why() -> None:
    app = guess(open_page(PAGE, pictures="digits"), "neither")
    assert app.success
    assert "nothing worth mentioning is lost here" in shown_text(app)
    assert "sees 14x14 pixels, and these pictures are 8x8" in shown_text(app)


def test_what_does_not_fit_is_one_sentence() -> None:
    app = open_page(PAGE, W1="10000", H1="10000", D1="1000")
    assert len(app.error) == 1
    assert "must lie between" in app.error[0].value
    assert "longer than the input" in open_page(PAGE, W1="5", H1="5", F="6").error[0].value
