"""The 1-D page: the slide's numbers, both conventions, the presets, the trace, the link, the snippets."""

import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.support.app import html, open_page, press, printed, shown_text, snippets

PAGE = "convolution_1d"


def told(**link: str) -> AppTest:
    """The page after the question's answer was shown."""
    app = open_page(PAGE, **link)
    press(app, "Show the answer")
    return app


def table(app: AppTest) -> dict[str, list[float]]:
    """The rows below the grids; nan where the page shows a question mark."""
    return {
        name: [float(number.replace("?", "nan")) for number in re.findall(r"<td>(.*?)</td>", cells)]
        for name, cells in re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', html(app))
        if cells.startswith("<td>")
    }


def test_the_slide_s_example_is_shown_with_and_without_the_flip() -> None:
    app = told()
    assert table(app) == {
        "convolution": [0, 1, 1, 3, 4, 3, 6],
        "cross-correlation": [0, 2, 3, 5, 5, 0, 3],
        "difference": [0, -1, -2, -2, -1, 3, 3],
    }
    assert "not symmetric" in shown_text(app)


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_a_link_sets_signal_kernel_and_output(mode: str) -> None:
    app = told(x="4 -1 0.5 2 7", w="2,1,3,1", mode=mode)
    x, w = [4, -1, 0.5, 2, 7], [2, 1, 3, 1]
    np.testing.assert_allclose(table(app)["convolution"], np.convolve(x, w, mode))
    assert not app.warning


def test_every_preset_says_what_it_is_there_for() -> None:
    said = {"Slide 7": "not symmetric", "Symmetric kernel": "kernel is symmetric",
            "A single 1 meets a ramp": "not symmetric", "Step meets edge finder": "opposite signs"}  # fmt: skip
    for preset, words in said.items():
        app = open_page(PAGE)
        press(app, preset)
        assert words in shown_text(app)


def test_a_single_1_copies_the_kernel_under_convolution_and_reverses_it_without_the_flip() -> None:
    rows = table(told(x="0 0 1 0 0", w="1 2 3"))
    assert rows["convolution"] == [0, 0, 1, 2, 3, 0, 0]
    assert rows["cross-correlation"] == [0, 0, 3, 2, 1, 0, 0]


def test_wrong_text_is_named_and_no_old_result_left_standing() -> None:
    app = open_page(PAGE)
    app.text_input(key="x").set_value("1 2 banana").run()
    assert "Signal x must be" in app.error[0].value
    assert not table(app)
    assert not snippets(app)


def test_a_kernel_longer_than_the_signal_is_refused_in_a_sentence() -> None:
    app = open_page(PAGE, x="1 2", w="1 2 3", mode="valid")
    assert "longer" in app.error[0].value
    assert not table(app)


def test_the_answer_is_hidden_until_told_and_an_unflipped_one_recognised() -> None:
    app = open_page(PAGE, question="1")
    place = int(re.search(r"number (\d+) of the output", shown_text(app))[1]) - 1
    rows = table(app)
    assert [np.isnan(value) for value in rows["convolution"]] == [n == place for n in range(7)]
    app.number_input[0].set_value(int(rows["cross-correlation"][place]))
    press(app, "Check")
    assert "did not flip" in app.error[0].value
    app.number_input[0].set_value([0, 1, 1, 3, 4, 3, 6][place])
    press(app, "Check")
    assert "Right" in app.success[0].value
    assert table(app)["convolution"] == [0, 1, 1, 3, 4, 3, 6]


def test_every_third_question_is_on_the_length() -> None:
    app = open_page(PAGE, question="3")
    assert "how many output positions" in shown_text(app)
    assert not np.isnan(table(app)["convolution"]).any()


@pytest.mark.parametrize("link", [{}, {"mode": "same", "w": "1 2"}, {"mode": "valid", "x": "-1 0.25 3"}])
def test_the_snippets_print_what_is_shown(link: dict[str, str]) -> None:
    app = told(**link)
    found = snippets(app)
    assert len(found) == 2
    for (code, output), name in zip(found, ("convolution", "cross-correlation"), strict=True):
        assert printed(code) == output
        assert eval(output) == table(app)[name]


def test_both_beats_are_found_and_told() -> None:
    for beat in ("normal beat", "ectopic beat"):
        app = open_page(PAGE, beat=beat, noise="0.05", heart="3")
        assert f"The {beat} is there." in shown_text(app)


def test_too_much_noise_is_admitted() -> None:
    told = [shown_text(open_page(PAGE, beat="ectopic beat", noise="1.0", heart=str(heart))) for heart in range(1, 9)]
    assert any("is not there" in text for text in told)
