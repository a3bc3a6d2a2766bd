"""Stage and panel in Chromium: what is in sight before scrolling, and Present, where the stage fills the screen."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.test_every_page import PAGES, SERIOUS

pytestmark = pytest.mark.browser
PROSE = {"glossary", "notebooks", "teaching"}
"""Pages to be read, without a figure."""
FIRST_FIGURE = """() => {
    const deep = (root) => [...root.querySelectorAll('*')].flatMap(
        (node) => [node, ...(node.shadowRoot ? deep(node.shadowRoot) : [])]);
    const main = document.querySelector('[data-testid=stMain]');
    const figures = deep(main)
        .filter((node) => node.matches('svg, canvas, img, table, [role=grid], [role=figure], .js-plotly-plot'))
        .map((node) => node.getBoundingClientRect())
        .filter((box) => box.width > 90 && box.height > 60 && box.width * box.height > 12000)
        .sort((one, other) => one.top - other.top);
    const [box] = figures;
    return {top: box.top, seen: (Math.min(box.bottom, innerHeight) - box.top) / box.height,
            screens: main.scrollHeight / innerHeight};
}"""


@pytest.mark.parametrize("path", [path for path in PAGES if path not in PROSE])
def test_the_figure_is_in_sight_without_scrolling(open_page: Callable[..., Page], path: str) -> None:
    page = open_page(path, width=1280, height=800)
    page.wait_for_function(f"() => {{ try {{ return ({FIRST_FIGURE})(); }} catch {{ return null; }} }}")
    figure = page.evaluate(FIRST_FIGURE)
    assert figure["top"] <= 320
    assert figure["seen"] >= 0.75
    assert figure["screens"] <= 3.5


def test_present_fills_the_screen_with_the_stage_and_escape_leaves(open_page: Callable[..., Page]) -> None:
    page = open_page("stride_padding", width=1920, height=1080)
    stage = page.locator(".st-key-stage")
    before = stage.bounding_box()["width"]
    assert before >= 0.6 * 1920
    page.get_by_role("button", name="Present").click()
    expect(page.locator(".st-key-panel")).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_be_hidden()
    box = stage.bounding_box()
    assert (box["x"], box["y"]) == (0, 0)
    assert (box["width"], box["height"]) == (1920, 1080)
    sizes = stage.locator("td.data").evaluate_all("(cells) => cells.map((cell) => getComputedStyle(cell).fontSize)")
    assert min(float(size.removesuffix("px")) for size in sizes) >= 24, "to be read from the last row"
    page.keyboard.press("ArrowRight")
    expect(stage.locator(".scrub output")).to_have_text("2 of 25")
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert not [violation for violation in found if violation["impact"] in SERIOUS]
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert stage.bounding_box()["width"] == before
