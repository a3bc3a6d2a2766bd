"""The box on a picture: moved by keys, by clicks and by dragging, and the page follows."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import count_runs, settle

pytestmark = pytest.mark.browser
LAB = "shortcut_lab?network=lecture&change=Nothing&patch=a+white+square&size=20&x=50&y=50"


def test_a_patch_is_moved_by_keys_and_by_dragging(open_page: Callable[..., Page]) -> None:
    page = open_page(LAB)
    film = page.get_by_role("application")
    film.press("ArrowRight")
    film.press("Shift+ArrowDown")
    expect(page.get_by_text("51 % across, 63 % down.")).to_be_visible()
    expect(page.get_by_role("slider", name="Patch, percent across")).to_have_value("51")
    expect(page).to_have_url(re.compile("x=51"))
    expect(page.get_by_text("A white square, 20 % at 51, 63")).to_be_visible()
    box = film.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 2, box["y"] + 2, steps=4)
    page.mouse.up()
    expect(page.get_by_text("0 % across, 0 % down.", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile("[?&]x=0&y=0|y=0.*x=0"))


def test_a_slider_moves_the_box(open_page: Callable[..., Page]) -> None:
    page = open_page(LAB)
    page.get_by_role("slider", name="Patch, percent down").press("ArrowUp")
    expect(page.get_by_text("50 % across, 51 % down.")).to_be_visible()


def test_a_film_is_read_by_keyboard_alone(open_page: Callable[..., Page]) -> None:
    page = open_page("read_first?network=lecture")
    film = page.get_by_role("application")
    expect(page.get_by_text("Nothing is marked yet.")).to_be_visible()
    count_runs(page)
    film.press("Enter")
    film.press("ArrowUp")
    expect(page.get_by_text("Marked: row 4 of 8, column 5 of 8.")).to_be_visible()
    page.get_by_role("radio", name="PNEUMONIA").press(" ")
    page.wait_for_function("window.runs > 0")  # the mark travels a quarter of a second behind the key
    settle(page)
    page.get_by_role("button", name="Submit").press("Enter")
    expect(page.get_by_text("You said PNEUMONIA, 75 % sure")).to_be_visible()
