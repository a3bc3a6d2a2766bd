"""Every page of the course: fits a phone, passes axe in light and dark, and can be worked by keyboard alone."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from ui.frame import chapters

pytestmark = pytest.mark.browser

PAGES = [chapter.file for chapter in chapters()]
SERIOUS = ("serious", "critical")
FRAMEWORK = {
    # rule: parts of Streamlit's own markup that break it; nothing of ours may be added here
}
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_serious_of_ours(open_page: Callable[..., Page], path: str, scheme: str):
    page = open_page(path, color_scheme=scheme)
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    ours = [
        f"{violation['id']}: {node['html'][:200]}"
        for violation in found
        if violation["impact"] in SERIOUS
        for node in violation["nodes"]
        if not any(part in node["html"] for part in FRAMEWORK.get(violation["id"], ()))
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
    for _ in range(3 * controls + 20):
        page.keyboard.press("Tab")
        page.evaluate(
            """() => { let at = document.activeElement;
            while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
            window.reached.add(at); }"""
        )
    missed = page.evaluate(
        "() => window.controls.filter((node) => node.isConnected && !window.reached.has(node)).map((n) => n.outerHTML)"
    )
    assert not missed
