"""The 1-D page: the slide's numbers, both conventions, the presets, the trace, the link, the snippets."""

import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.support.app import html, open_page, predict, press, shown_text

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


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_a_link_sets_signal_kernel_and_output(mode: str) -> None:
    app = told(x="4 -1 0.5 2 7", w="2,1,3,1", mode=mode)
    x, w = [4, -1, 0.5, 2, 7], [2, 1, 3, 1]
    np.testing.assert_allclose(table(app)["convolution"], np.convolve(x, w, mode))
    assert not app.warning


def test_the_answer_is_hidden_until_told_and_an_unflipped_one_recognised() -> None:
    app = open_page(PAGE, question="1")
    place = int(re.search(r"number (\d+) of the output", shown_text(app))[1]) - 1
    rows = table(app)
    assert [np.isnan(value) for value in rows["convolution"]] == [n == place for n in range(7)]
    predict(app, int(rows["cross-correlation"][place]))
    assert "did not flip" in app.error[0].value
    predict(app, [0, 1, 1, 3, 4, 3, 6][place])
    assert "Right" in app.success[0].value
    assert table(app)["convolution"] == [0, 1, 1, 3, 4, 3, 6]
