"""The page of filters and ReLU: slide 15's stack, its numbers against torch, and slide 16's question."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from tests.support.app import html, open_page, predict
from tests.support.grids import example_of, numbers, payload

PAGE = "filters_relu"
QUESTION = {"part": "Two layers", "predict": "true"}


def test_the_question_mark_is_told_after_the_right_answer_and_its_slips_are_named() -> None:
    app = open_page(PAGE, **QUESTION)
    for wrong, slip in ((3, "depth of the image"), (8, "how many filters the layer has")):
        predict(app, wrong)
        assert slip in app.error[0].value
        assert "8 filters of 5 × 5 × ?" in html(app)
    predict(app, 7)
    assert "Right" in app.success[0].value
    assert "8 filters of 5 × 5 × 7" in html(app)
    assert "24 × 24 × 8" in html(app)


@pytest.mark.parametrize("count", [1, 4, 6])
def test_six_filters_of_5_5_3_leave_28_28_6(count: int) -> None:
    data = payload(open_page(PAGE, K=str(count), b="-20"))
    example = example_of(data)
    theirs = F.conv2d(*map(torch.from_numpy, (numbers(data["input"])[None], numbers(data["weight"])))) - 20
    np.testing.assert_array_equal(example.output, theirs[0].numpy())
    assert example.output.shape == (count, 28, 28)
    assert data["relu"]
    assert data["stack"]


def test_filters_run_on_a_chest_film_too() -> None:
    example = example_of(payload(open_page(PAGE, part="Chest film")))
    assert len(example.input) == 1
    assert max(example.input.shape) == 64
