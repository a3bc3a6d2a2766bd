"""The page of filters and ReLU: the stack, the survivors, the slide's question, the link, the snippet."""

import re

import pytest

from cnn.ops.filters import KERNELS
from tests.support.app import html, open_page, predict, shown_text

PAGE = "filters_relu"


def test_the_question_mark_is_told_after_the_right_answer_and_its_slips_are_named() -> None:
    app = open_page(PAGE)
    for wrong, slip in ((3, "depth of the image"), (8, "how many filters the layer has")):
        predict(app, wrong)
        assert slip in app.error[0].value
        assert "8 filters of 5x5x?" in html(app)
    predict(app, 7)
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
