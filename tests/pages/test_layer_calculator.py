"""The layer calculator: the slides' configurations, every kind of layer, what does not fit, the links, the snippet."""

import pytest

from tests.support.app import all_text, html, open_page, predict, press, shown_text, snippets

PAGE = "layer_calculator"


@pytest.mark.parametrize(
    ("preset", "result"),
    [
        ("Depthwise", "(3 × 3 × 1) × 64 + 64 = 640"),
        ("Upsample × 2", "64 × 64 × 32"),
    ],
)
def test_layers_beyond_the_slides_are_one_click_away(preset: str, result: str) -> None:
    app = open_page(PAGE)
    press(app, preset)
    assert result in html(app)


def test_what_does_not_fit_is_said_and_the_nearest_offered() -> None:
    app = open_page(PAGE, W1="4", H1="4", F="7", P="0")
    assert "longer than the input" in app.error[0].value
    assert not snippets(app)
    press(app, "F = 4")
    assert not app.error
    assert "1 × 1 × 32" in html(app)


def test_nothing_is_told_before_the_answer_where_that_is_asked_for() -> None:
    app = open_page(PAGE, predict="true")
    assert "Output 32" not in html(app)
    predict(app, 34)
    assert "Output 32" not in html(app)
    press(app, "Show the answer")
    assert "Output 32 × 32 × 32" in html(app)


def test_a_wrong_number_keeps_the_last_figure_greyed() -> None:
    app = open_page(PAGE, W1="8", H1="8")
    assert "Output 8 × 8 × 32" in html(app)
    app.number_input(key="F").set_value(99).run()
    assert "longer than the input" in app.error[0].value
    assert "Output 8 × 8 × 32" in html(app)
    assert "stale" in html(app)


@pytest.mark.parametrize(
    "settings",
    [
        {"kind": "transposed convolution", "F": "2", "S": "400", "P": "0"},
        {"W1": "10000", "P": "2"},
        {"kind": "max pooling", "W1": "10000", "F": "10", "P": "5", "S": "1"},
    ],
)
def test_an_output_beyond_what_is_counted_is_refused_and_the_last_figure_stays(settings: dict[str, str]) -> None:
    app = open_page(PAGE)
    for name, value in settings.items():
        box = app.selectbox(key=name) if name == "kind" else app.number_input(key=name)
        box.set_value(value if name == "kind" else int(value)).run()
        assert not app.exception
    assert len(app.error) == 1
    assert "stale" in html(app)
    assert "Output " in html(app)


def test_what_ceil_mode_drops_is_not_called_rounded_down() -> None:
    app = open_page(PAGE, kind="max pooling", F="2", S="5", P="0", W1="505", H1="505", ceil="true")
    assert "PyTorch drops it: 3 columns and 3 rows" in shown_text(app)
    assert "Rounded down" not in all_text(app)
