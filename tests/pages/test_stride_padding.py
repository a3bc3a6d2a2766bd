"""Stride and padding: every value offered leaves the page without an error."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.app import all_text, open_page

SETTINGS = [
    {"N": "7", "F": "3", "S": "3"},
    {"N": "3", "F": "9", "S": "2", "D": "2"},
    {"N": "4", "F": "12", "P": "3", "mode": "reflect"},
    {"N": "9", "F": "3", "S": "2", "tall": "true", "Nh": "2", "Fh": "5"},
]

MODE = {"zeros": 1, "replicate": 4, "circular": 4}
"""Cells that an input of 6 x 6 has read by a window of 1 with stride 4 and padding 1."""


def offered(app: AppTest) -> list[str]:
    return [button.label for button in app.button if " = " in button.label]


@pytest.mark.parametrize("settings", SETTINGS)
def test_every_value_offered_fits(settings: dict[str, str]) -> None:
    app = open_page("stride_padding", **settings)
    labels = offered(app)
    assert labels
    for label in labels:
        trial = open_page("stride_padding", **settings)
        next(button for button in trial.button if button.label == label).click().run()
        assert not trial.error, label


def test_cells_that_are_read_as_copies_in_the_padding_are_not_counted_as_skipped() -> None:
    shown = {mode: all_text(open_page("stride_padding", N="6", F="1", S="4", P="1", mode=mode)) for mode in MODE}
    assert [f"{36 - read} of 36 cells" in shown[mode] for mode, read in MODE.items()] == [True] * 3


def test_same_padding_with_a_stride_is_refused_once() -> None:
    app = open_page("stride_padding", S="2", same="true")
    assert all_text(app).count("keeps the size only with stride 1") == 1
