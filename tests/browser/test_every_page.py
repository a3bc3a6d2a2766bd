"""Every page of the course: fits a phone, passes axe in light and dark, and can be worked by keyboard alone."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from ui.shell.frame import chapters

pytestmark = pytest.mark.browser

PAGES = ["" if chapter.file == "home" else chapter.file for chapter in chapters()]  # the default page has no name
SERIOUS = ("serious", "critical")
FRAMEWORK = [
    "[data-testid=stSidebarNavItems]",  # list, listitem: section headings stand between the entries of a list
]
"""Parts of Streamlit's own markup that break a rule, which is named; nothing of ours may be added here."""
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_serious_of_ours(open_page: Callable[..., Page], path: str, scheme: str):
    page = open_page(path, color_scheme=scheme)
    context = {"exclude": [[part] for part in FRAMEWORK]}
    found = Axe().run(page, context=context, options={"resultTypes": ["violations"]}).response["violations"]
    ours = [
        f"{violation['id']}: {node['html'][:200]}"
        for violation in found
        if violation["impact"] in SERIOUS
        for node in violation["nodes"]
    ]
    assert not ours


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_cut_off_on_a_phone(open_page: Callable[..., Page], path: str):
    page = open_page(path, width=390, height=844)
    too_wide = page.evaluate(
        """() => {
        const main = document.querySelector('[data-testid=stMain]');
        const scrolls = (node) => node && node !== main &&
            (/auto|scroll/.test(getComputedStyle(node).overflowX) || scrolls(node.parentElement));
        return [...main.querySelectorAll('*')]
            .filter((node) => node.getBoundingClientRect().right > 391 && !scrolls(node.parentElement)
                && node.parentElement.getBoundingClientRect().width > 1  // made for screen readers only, 1 px wide
                && node.checkVisibility() && getComputedStyle(node).position !== 'absolute')
            .map((node) => `${node.tagName} ${node.dataset.testid ?? ''} ${node.textContent.slice(0, 40)}`);
    }"""
    )
    assert not too_wide


@pytest.mark.parametrize("path", PAGES)
def test_the_tab_key_reaches_every_control(open_page: Callable[..., Page], path: str):
    page = open_page(path)
    controls = page.evaluate(f"() => {{ window.controls = ({TABBABLE})(); return window.controls.length; }}")
    page.evaluate("() => { window.reached = new Set(); document.querySelector('[data-testid=stMain]').focus(); }")
    missed = [""]
    for _ in range(8 * controls + 80):  # a page that still redraws may swallow a step: go round until all are met
        page.keyboard.press("Tab")
        missed = page.evaluate(MISSED)
        if not missed:
            break
    assert not missed
