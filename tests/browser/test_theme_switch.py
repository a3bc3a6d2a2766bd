"""A switch of the system's theme: figures are legible at once, before the page runs again."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import settle

pytestmark = pytest.mark.browser
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


@pytest.mark.parametrize("path", ["operating_point", "model_card", "convolution_1d"])
def test_figures_are_legible_after_a_switch(path: str, open_page: Callable[..., Page]) -> None:
    page = open_page(path)
    page.locator(".js-plotly-plot text").first.wait_for()
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(f"matchMedia('(prefers-color-scheme: {scheme})').matches")
        page.wait_for_timeout(300)
        count, faintest, ground = page.evaluate(FAINTEST)
        assert count > 5
        assert (ground < 0.1) == (scheme == "dark")
        assert faintest >= 4.5, scheme
    settle(page)
