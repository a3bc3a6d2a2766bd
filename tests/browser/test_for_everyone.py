"""For every reader: at 200 % zoom, without a network, with headings and words for every figure, by keys, on paper."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser.conftest import settle
from tests.browser.test_chest_xray import PANES

pytestmark = pytest.mark.browser
FOCUSED = "document.activeElement.textContent"


def tab_to(page: Page, what: str) -> None:
    """Presses Tab until ``what``, a CSS selector, has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("(what) => document.activeElement.matches(what)", what):
            return
    pytest.fail(f"Tab does not reach {what}")


def arrow_to(page: Page, name: str) -> None:
    """Presses the right arrow until the button of this text has the focus, which follows a press after a moment."""
    for _ in range(12):
        focused = page.evaluate(FOCUSED)
        if focused == name:
            return
        page.keyboard.press("ArrowRight")
        page.wait_for_function(f"(before) => {FOCUSED} !== before", arg=focused)
    pytest.fail(f"The arrow does not reach {name}")


def test_the_main_job_by_keys_alone(open_page: Callable[..., Page]) -> None:
    """Another film, another method, the record: chosen and taken home without a pointer."""
    page = open_page("chest_xray?network=lecture")
    expect(page.locator(PANES)).to_have_count(2)
    page.locator("button.film[aria-selected=true]").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url("**film=*")
    expect(page.locator(PANES)).to_have_count(2)
    settle(page)
    tab_to(page, "[data-variant=pills]")
    arrow_to(page, "Saliency")
    page.keyboard.press("Enter")
    expect(page.locator(PANES)).to_have_count(3)
    settle(page)
    page.get_by_role("tab").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Details and tables")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, "[data-testid=stDownloadButton] button")
    tab_to(page, "[data-testid=stDownloadButton] button")
    with page.expect_download() as coming:
        page.keyboard.press("Enter")
    record = json.loads(Path(coming.value.path()).read_bytes())
    assert {one["method"] for one in record["maps"]} == {"grad_cam", "saliency"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_result_on_paper_shows_the_result_and_no_controls(open_page: Callable[..., Page], scheme: str) -> None:
    page = open_page("chest_xray?network=lecture", color_scheme=scheme)
    expect(page.locator(PANES)).to_have_count(2)
    paper = PdfReader(io.BytesIO(page.pdf(format="A4", print_background=True)))
    text = " ".join("\n".join(sheet.extract_text() for sheet in paper.pages).split())
    for part in ("Read a chest X-ray", "The network says", "P(PNEUMONIA)", "Grad-CAM", "For teaching only"):
        assert part in text, part
    for control in ("Reset", "Next: ", "Record (JSON)", "Show labels"):
        assert control not in text, control
    pictures = [picture for sheet in paper.pages for picture in sheet.images]
    assert len(pictures) >= 2, "the film, and the map"
    page.emulate_media(media="print")
    colour = page.locator("h1").evaluate("(node) => getComputedStyle(node).color")
    assert colour == "rgb(0, 0, 0)", "dark on paper, whatever it was on the screen"
