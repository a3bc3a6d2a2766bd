"""Whatever a link, a file name or pasted code holds, a page shows it as words: nothing of it links, heads or lists."""

from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from cnn.imaging.samples.built_in import SAMPLES
from tests.browser.conftest import settle
from tests.support.foreign_words import PAYLOADS
from tests.support.servers import free_port, running, streamlit

pytestmark = pytest.mark.browser

ACTS = """() => [...document.querySelectorAll(
        'a, h1, h2, h3, h4, h5, h6, li, pre, em, strong, b, del, blockquote, hr, td, th, img, script, sup, .katex, ' +
        '[style*=color], [data-testid=stIconMaterial]')]
    .filter((node) => /evil/.test([
        node.getAttribute('href'), node.src, node.matches('td, th') ? '' : node.textContent].join(' ')))
    .filter((node) => !node.textContent.startsWith(location.origin))
    .map((node) => node.outerHTML.slice(0, 200))"""
"""What a page holds of the payloads that is more than words, but for the link to share. A table's cells hold words."""


def acting(page: Page) -> list[str]:
    settle(page)
    found: list[str] = page.evaluate(ACTS)
    return found


@pytest.fixture(scope="module")
def words_url() -> Iterator[str]:
    """A server of the page that has every payload in every kind of element."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with running(streamlit(port, "tests/support/foreign_words_page.py"), f"{url}/_stcore/health", PYTHONPATH="."):
        yield url


def test_every_payload_in_every_kind_of_element(browser: Browser, words_url: str) -> None:
    """The sentence of every kind of setting too; tests/pages/test_hostile_input.py has the settings themselves."""
    page = browser.new_page()
    page.goto(words_url)
    assert acting(page) == []
    assert page.locator("body").inner_text().count("evil") > 30 * len(PAYLOADS), "the words are there"
    page.close()


def test_settings_of_a_link(open_page: Callable[..., Page]) -> None:
    names = ("kind", "W1", "H1", "D1", "K", "F", "S", "P", "groups", "bias")
    page = open_page(f"layer_calculator?{urlencode(dict(zip(names, PAYLOADS, strict=False)))}")
    assert acting(page) == []
    assert page.get_by_test_id("stAlert").first.locator("code").count() >= 8, "the words are there, as code"


def test_file_names(open_page: Callable[..., Page]) -> None:
    page = open_page("chest_xray?network=lecture")
    good = "1. www.evil.example _evil_ evil@evil.example.png"
    files = [FilePayload(name=f"{text}.png", mimeType="image/png", buffer=b"no film") for text in PAYLOADS]
    film = FilePayload(name=good, mimeType="image/png", buffer=SAMPLES[0].read()[0])
    page.locator("input[type=file]").set_input_files([film, *files])
    expect(page.get_by_text(f"{good[:2]} www").first).to_be_visible()
    assert acting(page) == []


def test_pasted_networks(open_page: Callable[..., Page]) -> None:
    page = open_page("architecture_builder")
    page.get_by_text("Paste PyTorch code or a link").click()
    page.get_by_label("Source in PyTorch").fill("nn.Sequential(www.evil.example(1))\n# evil\n[evil](//evil.example)")
    page.get_by_role("button", name="Read it").click()
    assert acting(page) == []
    page.get_by_role("tab", name="Any network").click()
    keys = ", ".join(f'"{payload}": nn.Evil()' for payload in PAYLOADS if "\n" not in payload and '"' not in payload)
    page.get_by_label("PyTorch or Keras source").fill(f"nn.Sequential(nn.ModuleDict({{{keys}}}))")
    page.get_by_label("PyTorch or Keras source").press("Control+Enter")
    expect(page.get_by_role("alert").first).to_be_visible()
    assert acting(page) == []
