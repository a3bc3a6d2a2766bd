"""Every page of the course, opened once: sight, keyboard, axe in light and dark, phone, 200 % zoom, no other host."""

import contextlib
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, TimeoutError

from tests.browser.conftest import PATIENCE, settle
from ui.shell.frame import chapters

pytestmark = pytest.mark.browser

PAGES = ["" if chapter.file == "home" else chapter.file for chapter in chapters()]  # the default page has no name
PROSE = {"glossary", "notebooks", "teaching"}
"""Pages to be read, without a figure."""
SERIOUS = ("serious", "critical")
FRAMEWORK = [
    "[data-testid=stSidebarNavItems]",  # list, listitem: section headings stand between the entries of a list
]
"""Parts of Streamlit's own markup that break a rule, which is named; nothing of ours may be added here."""
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
TABBABLE = """() => {
    const deep = (root) => [...root.querySelectorAll('*')].flatMap(
        (node) => [node, ...(node.shadowRoot ? deep(node.shadowRoot) : [])]);
    const radios = new Set();
    return deep(document.querySelector('[data-testid=stMain]')).filter((node) => {
        if (!node.matches('button, input, select, textarea, summary, a[href], [tabindex="0"]')) return false;
        if (node.disabled || node.tabIndex < 0 || !node.checkVisibility({visibilityProperty: true})) return false;
        if (node.type === 'radio') return node.checked;
        return true;
    });
}"""
MISSED = """() => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    window.reached.add(at);
    // In a group of buttons one is reached by Tab, the others by the arrow keys.
    const group = (node) => node.closest('[data-testid=stButtonGroup]') ?? node;
    const groups = new Set([...window.reached].filter(Boolean).map(group));
    const there = (node) => node.isConnected && node.checkVisibility({visibilityProperty: true});
    return window.controls.filter((node) => there(node) && !groups.has(group(node))).map((node) => node.outerHTML);
}"""
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
TOO_WIDE = """() => {
    const main = document.querySelector('[data-testid=stMain]');
    const scrolls = (node) => node && node !== main &&
        (/auto|scroll/.test(getComputedStyle(node).overflowX) || scrolls(node.parentElement));
    return [...main.querySelectorAll('*')]
        .filter((node) => node.getBoundingClientRect().right > innerWidth + 1 && !scrolls(node.parentElement)
            && node.parentElement.getBoundingClientRect().width > 1  // made for screen readers only, 1 px wide
            && node.checkVisibility() && getComputedStyle(node).position !== 'absolute')
        .map((node) => `${node.tagName} ${node.dataset.testid ?? ''} ${node.textContent.slice(0, 40)}`);
}"""


def serious_violations(page: Page) -> list[str]:
    """What axe finds that is serious or critical, and ours."""
    context = {"exclude": [[part] for part in FRAMEWORK]}
    found = Axe().run(page, context=context, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{violation['id']}: {node['html'][:200]}"
        for violation in found
        if violation["impact"] in SERIOUS
        for node in violation["nodes"]
    ]


def out_of_sight(page: Page) -> list[str]:
    """The place of the first figure, its share in sight and the length in screens, where one misses its limit."""
    limits = "(figure) => figure.top <= 320 && figure.seen >= 0.75 && figure.screens <= 3.5"
    with contextlib.suppress(TimeoutError):
        page.wait_for_function(
            f"() => {{ try {{ return ({limits})(({FIRST_FIGURE})()); }} catch {{}} }}", timeout=20_000
        )
        return []
    return [str(page.evaluate(FIRST_FIGURE))]


def not_reached_by_tab(page: Page) -> list[str]:
    """The controls that no Tab reaches."""
    controls = page.evaluate(f"() => {{ window.controls = ({TABBABLE})(); return window.controls.length; }}")
    page.evaluate("() => { window.reached = new Set(); document.querySelector('[data-testid=stMain]').focus(); }")
    missed = [""]
    for _ in range(8 * controls + 80):  # a page that still redraws may swallow a step: go round until all are met
        page.keyboard.press("Tab")
        missed = page.evaluate(MISSED)
        if not missed:
            break
    return missed


def resize(page: Page, width: int, height: int) -> None:
    """Give the window another size, and wait until the figures have followed."""
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_timeout(400)
    settle(page)


@pytest.fixture
def open_cut_off(app_url: str, browser: Browser) -> Iterator[Callable[[str], tuple[Page, list[str]]]]:
    """Opens a page whose requests to other hosts are cut, and lists their addresses."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="light")
    context.set_default_timeout(PATIENCE)
    outside: list[str] = []

    def cut(route: Route) -> None:
        outside.append(route.request.url)
        route.abort()

    def open_(path: str) -> tuple[Page, list[str]]:
        context.route(lambda url: not url.startswith((app_url, "data:", "blob:")), cut)
        page = context.new_page()
        page.goto(f"{app_url}/{path}")
        settle(page)
        return page, outside

    yield open_
    context.close()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_for_everyone(open_cut_off: Callable[[str], tuple[Page, list[str]]], path: str) -> None:
    page, outside = open_cut_off(path)
    wrong = {"out of sight": [] if path in PROSE else out_of_sight(page)}
    wrong["axe, light"] = serious_violations(page)
    wrong["not reached by Tab"] = not_reached_by_tab(page)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("matchMedia('(prefers-color-scheme: dark)').matches")
    page.wait_for_timeout(300)
    wrong["axe, dark"] = serious_violations(page)
    resize(page, 640, 450)  # a window of 1280 x 900 at 200 %
    wrong["zoomed"] = page.evaluate(WRONG)
    resize(page, 390, 844)
    wrong["phone"] = page.evaluate(TOO_WIDE)
    wrong["other hosts"] = outside
    assert not {check: found for check, found in wrong.items() if found}
