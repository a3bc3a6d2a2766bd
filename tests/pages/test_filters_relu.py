"""The page of filters and ReLU: the stack, the survivors, the slide's question, the link, the snippet."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from cnn.imaging.samples.built_in import SAMPLES
from cnn.ops.filters import KERNELS
from tests.support.app import html, open_page, shown_text, snippets

PAGE = "filters_relu"


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception


def test_the_slide_s_sizes_are_shown_and_the_question_mark_is_not_told() -> None:
    app = open_page(PAGE)
    drawn = html(app)
    for size in ("32x32x3", "7 filters of 5x5x3", "28x28x7", "8 filters of 5x5x?", "24x24x8"):
        assert size in drawn
    assert "28x28x6" in shown_text(app)
    assert "5x5x7" not in drawn


def test_the_question_mark_is_told_after_the_right_answer_and_its_slips_are_named() -> None:
    app = open_page(PAGE)
    for wrong, slip in ((3, "depth of the image"), (8, "how many filters the layer has")):
        next(box for box in app.number_input if box.label == "Your prediction").set_value(wrong)
        press(app, "Check")
        assert slip in app.error[0].value
        assert "8 filters of 5x5x?" in html(app)
    next(box for box in app.number_input if box.label == "Your prediction").set_value(7)
    press(app, "Check")
    assert "Right" in app.success[0].value
    assert "8 filters of 5x5x7" in html(app)


def test_the_stack_is_as_deep_as_there_are_filters() -> None:
    for count in (1, 4, len(KERNELS)):
        app = open_page(PAGE, K=str(count), map=str(len(KERNELS)))
        assert re.search(rf"\d+ x \d+ x {count}<", html(app))
        assert f"Map {count}," in shown_text(app)


@pytest.mark.parametrize(("bias", "more"), [("-0.5", True), ("0.5", False)])
def test_the_bias_decides_how_much_survives(bias: str, more: bool) -> None:
    cleared = [int(re.search(r"\((\d+)%\) are negative", shown_text(open_page(PAGE, b=b)))[1]) for b in ("0", bias)]
    assert (cleared[1] > cleared[0]) == more


def test_a_layer_that_does_not_fit_is_refused_and_no_old_result_left_standing() -> None:
    app = open_page(PAGE, N="8", F="5")
    assert "Two filters of F = 5 in a row" in app.error[0].value
    assert "filters of 5x5" not in html(app)
    assert not snippets(app)


def test_every_film_can_be_looked_at() -> None:
    for sample in SAMPLES:
        app = open_page(PAGE, film=sample.title)
        assert not app.error
        assert app.selectbox[0].value == sample.title
