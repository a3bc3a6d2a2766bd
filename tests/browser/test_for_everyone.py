"""For every reader: at 200 % zoom, without a network, with headings and words for every figure, by keys, on paper."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from pypdf import PdfReader

from tests.browser.conftest import PATIENCE, settle
from tests.browser.test_chest_xray import PANES
from tests.browser.test_every_page import PAGES

pytestmark = pytest.mark.browser

WRONG = """() => {
    const deep = (root) => [...root.querySelectorAll('*')].flatMap(
        (node) => [node, ...(node.shadowRoot ? deep(node.shadowRoot) : [])]);
    const main = document.querySelector('[data-testid=stMain]');
    const nodes = deep(main).filter((node) => node.checkVisibility());
    const scrolls = (node) => node && node !== main &&
        (/auto|scroll/.test(getComputedStyle(node).overflowX) || scrolls(node.parentElement));
    const headings = nodes.filter((node) => /^H[1-6]$/.test(node.tagName)).map((node) => Number(node.tagName[1]));
    const said = (node) => node.closest('[aria-hidden=true]') || node.closest('[role=img][aria-label]');
    const wrong = [];
    if (document.documentElement.lang !== 'en') wrong.push('the page does not say its language');
    if (headings[0] !== 1 || headings.filter((level) => level === 1).length !== 1) wrong.push(`h1: ${headings}`);
    if (headings.some((level, place) => place && level > headings[place - 1] + 1)) wrong.push(`skipped: ${headings}`);
    for (const node of nodes) {
        const name = `${node.tagName} ${node.dataset?.testid ?? ''} ${node.textContent.slice(0, 40)}`;
        if (node.tagName === 'IMG' && !node.hasAttribute('alt') && !said(node)) wrong.push(`no alt: ${name}`);
        if (node.tagName === 'svg' && node.getBoundingClientRect().width > 60 && !said(node) && !node.ariaLabel
            && !node.querySelector('title') && !node.closest('.js-plotly-plot')) wrong.push(`no words: ${name}`);
        if (node.dataset?.testid === 'stPlotlyChart') {
            const next = node.closest('[data-testid=stElementContainer]')?.nextElementSibling;
            if (!next?.querySelector('[data-testid=stCaptionContainer]')) wrong.push(`no words below: ${name}`);
        }
        if (node.getBoundingClientRect().right > innerWidth + 1 && !scrolls(node.parentElement)
            && main.contains(node) && node.parentElement.getBoundingClientRect().width > 1
            && getComputedStyle(node).position !== 'absolute') wrong.push(`cut off: ${name}`);
    }
    return wrong;
}"""


def test_every_page_zoomed_to_200_percent_with_the_cable_out(app_url: str, browser: Browser) -> None:
    """A window of 1280 x 900 at 200 % has 640 x 450 pixels of the page; requests to other hosts are cut and noted."""
    context = browser.new_context(viewport={"width": 640, "height": 450}, device_scale_factor=2)
    context.set_default_timeout(PATIENCE)
    outside: list[str] = []

    def cut(route: Route) -> None:
        outside.append(route.request.url)
        route.abort()

    context.route(lambda url: not url.startswith((app_url, "data:", "blob:")), cut)
    page = context.new_page()
    wrong: dict[str, list[str]] = {}
    for path in PAGES:
        page.goto(f"{app_url}/{path}")
        settle(page)
        if found := page.evaluate(WRONG):
            wrong[path] = found
    context.close()
    assert outside == []
    assert wrong == {}


def tab_to(page: Page, what: str) -> None:
    """Presses Tab until ``what``, a CSS selector, has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("(what) => document.activeElement.matches(what)", what):
            return
    pytest.fail(f"Tab does not reach {what}")


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
    tab_to(page, "[data-testid=stButtonGroup] button")
    for _ in range(12):
        if page.evaluate("document.activeElement.textContent") == "Saliency":
            break
        page.keyboard.press("ArrowRight")
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
