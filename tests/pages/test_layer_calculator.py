"""The layer calculator: the slides' configurations, every kind of layer, what does not fit, the links, the snippet."""

import pytest

from tests.support.app import open_page, predict, press, shown_text, snippets

PAGE = "layer_calculator"


@pytest.mark.parametrize(
    ("preset", "result"),
    [
        ("F5 S2 P2", "**16x16x32**"),
        ("Slide 15: 6 filters of 5x5x3", "(5*5*3)*6 + 6 = 456"),
        ("Slide 37: pool, F2 S2", "**50x50x128**"),
        ("Depthwise", "(3*3*1)*64 + 64 = 640"),
        ("Twice as large", "**64x64x32**"),
    ],
)
def test_the_slides_configurations_are_one_click_away(preset: str, result: str) -> None:
    app = open_page(PAGE)
    press(app, preset)
    assert result in shown_text(app)


def test_what_does_not_fit_is_said_and_the_nearest_offered() -> None:
    app = open_page(PAGE, W1="4", H1="4", F="7", P="0")
    assert "longer than the input" in app.error[0].value
    assert not snippets(app)
    press(app, "F = 4")
    assert not app.error
    assert "**1x1x32**" in shown_text(app)


def test_nothing_is_told_before_the_answer_where_that_is_asked_for() -> None:
    app = open_page(PAGE, predict="true")
    assert "Produces" not in shown_text(app)
    predict(app, 34)
    assert "Produces" not in shown_text(app)
    press(app, "Show the answer")
    assert "Produces" in shown_text(app)
