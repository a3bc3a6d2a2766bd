"""The 1-D page: the slide's numbers, both conventions in one player, own signals, the uses, the question."""

import json
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn.lecture.questions.output_cells import ask_conv1d
from cnn.ops import signals
from tests.support.app import figures, html, open_page, predict, press, shown_text, snippets

PAGE = "convolution_1d"


def player(app: AppTest) -> dict[str, Any]:
    """What the player was sent."""
    sent: dict[str, Any] = json.loads(app.get("bidi_component")[0].proto.json)
    return sent


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_a_link_sets_signal_kernel_and_output(mode: str) -> None:
    app = open_page(PAGE, x="4 -1 0.5 2 7", w="2,1,3,1", mode=mode)
    np.testing.assert_allclose(player(app)["convolution"], np.convolve([4, -1, 0.5, 2, 7], [2, 1, 3, 1], mode))
    assert not app.warning


def test_slide_7_is_slide_7_after_another_output_was_chosen() -> None:
    app = open_page(PAGE, mode="valid", x="1 2 3 4 5 6")
    press(app, "Slide 7")
    assert player(app)["convolution"] == [0, 1, 1, 3, 4, 3, 6]


def test_signal_and_kernel_may_have_256_values() -> None:
    x = np.random.default_rng(0).integers(-9, 10, 256)
    app = open_page(PAGE, x=" ".join(map(str, x)), w=" ".join(map(str, x[::-1])))
    np.testing.assert_allclose(player(app)["convolution"], np.convolve(x, x[::-1]))


def test_a_signal_from_a_csv_file() -> None:
    app = open_page(PAGE)
    app.get("file_uploader")[0].upload("beat.csv", b"time;mV\n0.1;1.5\n0.2;-2\n", "text/csv").run()
    assert player(app)["x"] == [1.5, -2]
    app.get("file_uploader")[0].upload("text.csv", b"no numbers", "text/csv").run()
    assert "No number" in app.error[0].value
    app.get("file_uploader")[0].upload("gaps.csv", b"1.23456789\nnan\n" * 300, "text/csv").run()
    assert player(app)["x"] == [1.23456789] * 256
    assert "300 of 600" in app.warning[0].value


def test_a_wrong_kernel_keeps_the_figure_and_says_what_is_wrong() -> None:
    app = open_page(PAGE)
    app.text_input(key="w").set_value("1 two").run()
    assert len(app.error) == 1
    assert "stale" in html(app)
    assert player(app)["w"] == [1, -1, 2]


@pytest.mark.parametrize("number", range(1, 7))
def test_while_a_question_is_open_no_output_is_on_the_page(number: int) -> None:
    app = open_page(PAGE, predict="true", question=str(number))
    assert not {"convolution", "correlation", "difference"} & player(app).keys()
    assert not snippets(app)
    assert not app.get("plotly_chart")
    question = ask_conv1d(signals.compare([0, 1, 2, 3, 3], [1, -1, 2], "full").convolution, number)
    slip, sentence = next(iter(question.mistakes.items()))
    predict(app, slip)
    assert sentence in app.error[0].value.replace("\\*", "*")
    predict(app, question.answer)
    assert player(app)["convolution"] == [0, 1, 1, 3, 4, 3, 6]


def test_a_second_signal_is_correlated_and_own_signals_are_smoothed_and_searched() -> None:
    app = open_page(PAGE, x="0 0 1 2 1 0 0 0", w="1 2 1", y="1 2 1", signal="signal x from above")
    assert "with y shifted right by 2 samples" in shown_text(app)
    assert "fits signal x best from sample 3 on, with score 1.00" in shown_text(app)
    assert "simulated ECG" not in figures(app)
