"""Pooling: which numbers count for which windows, and what does not fit."""

import pytest

from tests.support.app import open_page

PAGE = "pooling"


@pytest.mark.parametrize(("windows", "disabled"), [("sliding", False), ("global", True), ("adaptive", True)])
def test_boxes_that_the_windows_do_not_use_are_disabled(windows: str, disabled: bool) -> None:
    app = open_page(PAGE, windows=windows)
    assert [app.number_input(key=key).disabled for key in "FSP"] == [disabled] * 3


def test_a_window_larger_than_the_input_is_refused_where_sizes_are_told_too() -> None:
    app = open_page(PAGE)
    app.number_input(key="F").set_value(5).run()
    assert not app.exception
    assert "longer than the input" in app.error[0].value
