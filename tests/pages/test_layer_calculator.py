"""The layer calculator: the slides' configurations, every kind of layer, what does not fit, the links, the snippet."""

import pytest

from tests.support.app import open_page, press, printed, shown_text, snippets

PAGE = "layer_calculator"
KINDS: tuple[dict[str, str], ...] = (
    {},
    {"kind": "convolution", "W1": "31", "H1": "20", "D1": "6", "K": "9", "F": "4", "S": "3", "P": "2", "D": "2",
     "groups": "3", "bias": "false"},
    {"kind": "transposed convolution", "W1": "7", "D1": "4", "K": "6", "F": "4", "S": "3", "P": "1", "out": "2",
     "groups": "2"},
    {"kind": "max pooling", "W1": "10", "F": "3", "S": "2", "P": "1", "D": "2", "ceil": "true"},
    {"kind": "average pooling", "W1": "11", "F": "3", "S": "2", "P": "0"},
    {"W1": "10000", "H1": "10000", "D1": "512", "K": "512"},
)  # fmt: skip


def test_the_slides_configurations_are_one_click_away() -> None:
    said = {
        "F3 S1 P1": "W2 x H2 x D2 = **32x32x32**",
        "F5 S1 P2": "(32 - 5 + 2*2)/1 + 1 = 32",
        "F5 S2 P2": "W2 x H2 x D2 = **16x16x32**",
        "Slide 15: 6 filters of 5x5x3": "(5*5*3)*6 + 6 = 456",
        "Slide 37: pool, F2 S2": "**50x50x128**",
        "Pool, F3 S2": "pooling has no weights",
        "Depthwise": "(3*3*1)*64 + 64 = 640",
        "Twice as large": "**64x64x32**",
    }
    for preset, words in said.items():
        app = open_page(PAGE)
        press(app, preset)
        assert words in shown_text(app), preset


def test_weights_products_memory_and_view_are_written_out() -> None:
    text = shown_text(open_page(PAGE, K="6", F="5", P="0"))
    for words in ("W1 x H1 x D1 = 32x32x3", "(32 - 5 + 2*0)/1 + 1 = 28", "5*5*3 = 75", "(5*5*3)*6 + 6 = 456",
                  "(5*5*3)*(28*28*6) = 352,800", "6*28*28*4 = 18,816", "18.4 KiB", "36.8 KiB",
                  "5x5 cells", "9x9, three 13x13"):  # fmt: skip
        assert words in text


@pytest.mark.parametrize("link", KINDS)
def test_the_snippet_prints_what_is_shown(link: dict[str, str]) -> None:
    app = open_page(PAGE, **link)
    ((code, output),) = snippets(app)
    assert printed(code) == output
    depth, height, width = eval(output.split("]")[0] + "]")
    assert f"**{width}x{height}x{depth}**" in shown_text(app)


def test_what_does_not_fit_is_said_and_the_nearest_offered() -> None:
    app = open_page(PAGE, W1="4", H1="4", F="7", P="0")
    assert "longer than the input" in app.error[0].value
    assert not snippets(app)
    press(app, "F = 4")
    assert not app.error
    assert "**1x1x32**" in shown_text(app)


def test_groups_that_cannot_be_shared_out_are_refused() -> None:
    assert "3 groups" in open_page(PAGE, D1="4", K="9", groups="3").error[0].value


def test_cells_that_are_not_read_are_named() -> None:
    text = shown_text(open_page(PAGE, W1="7", H1="8", S="3", F="3", P="0"))
    assert "1 column and 2 rows at the far edge are not read" in text


def test_nothing_is_told_before_the_answer_where_that_is_asked_for() -> None:
    app = open_page(PAGE, hide="true")
    assert "Produces" not in shown_text(app)
    app.number_input[-2].set_value(34)
    assert app.number_input[-2].label == "Your prediction"
    press(app, "Check")
    assert "Produces" not in shown_text(app)
    press(app, "Show the answer")
    assert "Produces" in shown_text(app)
