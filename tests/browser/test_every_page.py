"""Every page of the course, opened once: sight, keyboard, both schemes of colours, phone, 200 % zoom, no other host."""

import contextlib
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, Request, TimeoutError

from tests.browser.conftest import settle
from ui.shell.frame import Chapter, chapters

pytestmark = pytest.mark.browser

PROSE = {"glossary", "notebooks", "teaching"}
"""Pages to be read, without a figure."""
CHARTS = {"operating_point", "model_card", "convolution_1d"}
"""Pages with charts, which axe does not read: they have to be legible at once after a switch, and after one back."""
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
REACH = """() => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    window.reached.add(at);
}"""
MISSED = """() => {
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
FAINTEST = """() => {
    const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    const rgb = (colour) => {
        canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
        return canvas.getImageData(0, 0, 1, 1).data;
    };
    const light = (colour) => {
        const [r, g, b] = [...rgb(colour)].map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = light(getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor);
    const texts = [...document.querySelectorAll('.js-plotly-plot text, .tiles *, .figures td, .prediction p')]
        .filter((text) => text.textContent.trim() && text.checkVisibility());
    const contrasts = texts.map((text) => {
        const style = getComputedStyle(text);
        const ink = light(text instanceof SVGElement ? style.fill : style.color);
        return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
    });
    return [texts.length, Math.min(...contrasts), ground];
}"""


def switch(page: Page, scheme: str) -> None:
    """Give the system another scheme of colours, and wait until the page has followed."""
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.wait_for_function(f"matchMedia('(prefers-color-scheme: {scheme})').matches")
    page.wait_for_timeout(300)


def illegible(page: Page, scheme: str) -> list[str]:
    """How many texts of figures there are, their lowest contrast and the ground, where one is not as it should be."""
    count, faintest, ground = page.evaluate(FAINTEST)
    right = count > 5 and faintest >= 4.5 and (ground < 0.1) == (scheme == "dark")
    return [] if right else [f"{count} texts, contrast {faintest}, ground {ground}"]


def serious_violations(page: Page, *rules: str) -> list[str]:
    """What axe finds by all its rules, or by those named, that is serious or critical, and ours."""
    context = {"exclude": [[part] for part in FRAMEWORK]}
    options = {"resultTypes": ["violations"]} | ({"runOnly": [*rules]} if rules else {})
    found = Axe().run(page, context=context, options=options).response["violations"]
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
    for _ in range(controls + 10):  # a page that still redraws may swallow a step: go round until all are met
        for _ in range(8):
            page.keyboard.press("Tab")
            page.evaluate(REACH)
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
def outside(context: BrowserContext, app_url: str) -> Iterator[list[str]]:
    """Addresses at other hosts that pages ask for; none of them is reached."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((app_url, "data:", "blob:")):
            asked.append(request.url)

    context.on("request", note)
    yield asked
    context.remove_listener("request", note)


@pytest.mark.parametrize("chapter", chapters(), ids=lambda chapter: chapter.file)
def test_a_page_is_for_everyone(open_page: Callable[..., Page], outside: list[str], chapter: Chapter) -> None:
    page = open_page("" if chapter.file == "home" else chapter.file, height=800)  # the default page has no name
    wrong = {"out of sight": [] if chapter.file in PROSE else out_of_sight(page)}
    wrong["the tab's name"] = [] if page.title() == chapter.title else [page.title()]
    wrong["axe, light"] = serious_violations(page)
    wrong["not reached by Tab"] = not_reached_by_tab(page)
    if chapter.file in CHARTS:
        page.locator(".js-plotly-plot text").first.wait_for()
    switch(page, "dark")
    wrong["charts, dark"] = illegible(page, "dark") if chapter.file in CHARTS else []
    wrong["axe, dark"] = serious_violations(page, "color-contrast")  # all else is as it was in light
    if chapter.file in CHARTS:
        switch(page, "light")
        wrong["charts, light again"] = illegible(page, "light")
    resize(page, 640, 450)  # a window of 1280 x 900 at 200 %
    wrong["zoomed"] = page.evaluate(WRONG)
    resize(page, 390, 844)
    wrong["phone"] = page.evaluate(TOO_WIDE)
    wrong["other hosts"] = outside
    assert not {check: found for check, found in wrong.items() if found}
