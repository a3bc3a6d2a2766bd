"""Present: the stage fills the screen."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_every_page import serious_violations

pytestmark = pytest.mark.browser


def test_present_fills_the_screen_with_the_stage_and_escape_leaves(open_page: Callable[..., Page]) -> None:
    page = open_page("stride_padding", width=1920, height=1080)
    stage = page.locator(".st-key-stage")
    before = stage.evaluate("(node) => node.clientWidth")
    assert before >= 0.6 * 1920
    page.get_by_role("button", name="Present").click()
    expect(page.locator(".st-key-panel")).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_be_hidden()
    box = stage.bounding_box()
    assert (box["x"], box["y"]) == (0, 0)
    assert (box["width"], box["height"]) == (1920, 1080)
    sizes = stage.locator("td.data").evaluate_all("(cells) => cells.map((cell) => getComputedStyle(cell).fontSize)")
    assert min(float(size.removesuffix("px")) for size in sizes) >= 24, "to be read from the last row"
    expect(stage.get_by_text("N = 7, F = 3, S = 1, P = 0")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(stage.locator(".scrub output")).to_have_text("2 of 25")
    assert not serious_violations(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_function("(before) => document.querySelector('.st-key-stage').clientWidth === before", arg=before)


def test_a_presented_chart_is_enlarged_as_a_whole_and_covers_nothing(open_page: Callable[..., Page]) -> None:
    page = open_page("model_card", width=1920, height=1080)
    page.get_by_role("button", name="Present").click()
    chart = page.locator(".st-key-stage .js-plotly-plot")
    expect(page.locator(".st-key-panel")).to_be_hidden()
    words = chart.evaluate(
        """(node) => [...node.querySelectorAll("text")].map((word) => [
            parseFloat(getComputedStyle(word).fontSize) * node.getBoundingClientRect().width / node.offsetWidth,
            word.getBoundingClientRect().left - node.getBoundingClientRect().left])"""
    )
    assert min(size for size, _ in words) >= 24, "to be read from the last row"
    assert min(left for _, left in words) >= -4, "no word is cut"
    box, caption = chart.bounding_box(), page.locator(".st-key-stage [data-testid=stCaptionContainer]").bounding_box()
    assert caption["y"] >= box["y"] + box["height"]
