"""Back and Forward: each change of settings is one entry and comes back as it was, on a page and over pages."""

import io
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import settle
from ui.shell.frame import COURSE

pytestmark = pytest.mark.browser
PAGES = ("stride_padding", "convolution_2d")
"""Pooling and calculator are in the test over pages."""
EXAMPLES = "[class*=st-key-chips] [class*=st-key-preset] button"
READ_SETTINGS = """() => JSON.stringify([...document.querySelectorAll(
    '[data-testid=stMain] :is(input, textarea), [data-testid=stMain] [role=slider]')]
    .filter((box) => box.type !== 'file')
    .map((box) => [box.ariaLabel, box.type === 'radio' || box.type === 'checkbox' ? box.checked : box.value,
                   box.ariaValueNow]))"""


def settings(page: Page) -> str:
    """The path, and what every widget of the page shows."""
    return page.url.split("?")[0] + page.evaluate(READ_SETTINGS)


def change(page: Page, act: Callable[[], None]) -> str:
    """Do something that changes settings; return those that the page then shows, once they are in the address."""
    before = page.url
    act()
    expect(page).not_to_have_url(before, timeout=30_000)
    seen = ""
    while seen != (now := settings(page)):  # a page that still draws shows other widgets a moment later
        seen = now
        page.wait_for_timeout(400)
        settle(page)
    return now


def follow(page: Page, title: str, path: str) -> None:
    """Open a page by the navigation and wait until it is there, with its widgets."""
    section = next(name for name, pages in COURSE.items() if path in {chapter.file for chapter in pages})
    page.get_by_test_id("stTopNavSection").filter(has_text=section).click()
    page.get_by_test_id("stTopNavDropdownLink").filter(has_text=title).click()
    page.wait_for_function(f"location.pathname.endsWith('/{path}')")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    settle(page)


def go(page: Page, script: str, wanted: str) -> None:
    """Go along the history from a page at rest, and wait until the page shows what is wanted.

    What a run under way still sends would make an entry of its own after the browser has gone on.
    """
    settle(page)
    page.wait_for_timeout(300)
    page.evaluate(script)
    try:
        page.wait_for_function(f"(wanted) => location.href.split('?')[0] + ({READ_SETTINGS})() === wanted", arg=wanted)
    except Exception:
        assert settings(page) == wanted
        raise


@pytest.mark.parametrize("link", PAGES)
def test_back_and_forward_on_a_page(link: str, open_page: Callable[..., Page]) -> None:
    page = open_page(link)
    page.set_default_timeout(30_000)
    states = [settings(page)]
    for example in (1, 2):
        states.append(change(page, page.locator(EXAMPLES).nth(example).click))
    states.append(change(page, page.get_by_text("Predict first", exact=True).click))
    assert len(set(states)) == 4
    for step in (2, 1, 0):
        go(page, "history.back()", states[step])
    for step in (1, 2, 3):
        go(page, "history.forward()", states[step])
    go(page, "history.go(-3)", states[0])


def test_back_and_forward_over_pages(open_page: Callable[..., Page]) -> None:
    page = open_page("pooling?F=3&step=2")
    page.set_default_timeout(30_000)
    states = [settings(page), change(page, page.get_by_role("button", name="Gradient", exact=True).click)]
    states.append(change(page, lambda: follow(page, "Layer calculator", "layer_calculator")))
    states.append(change(page, page.get_by_role("button", name="Depthwise", exact=True).click))
    for step in (2, 1, 0):
        go(page, "history.back()", states[step])
    go(page, "history.go(3)", states[3])
    entries = page.evaluate("history.length")
    follow(page, "Pooling", "pooling")
    page.wait_for_function("location.search.includes('F=3')")
    assert page.evaluate("history.length") == entries + 1, "settings of the visit before are restored in one entry"
    go(page, "history.back()", states[3])


def test_an_upload_is_kept_while_a_built_in_film_is_shown(open_page: Callable[..., Page]) -> None:
    page = open_page("convolution_2d?part=A+whole+picture")
    page.get_by_text("More: resolution, another film").click()
    film = io.BytesIO()
    Image.linear_gradient("L").save(film, "PNG")
    page.get_by_test_id("stFileUploader").locator("input").set_input_files(
        {"name": "mine.png", "mimeType": "image/png", "buffer": film.getvalue()}
    )
    for name in ("mine.png", "Child 1", "mine.png"):
        option = page.get_by_role("option", name=name, exact=True)
        option.click()
        expect(option).to_have_attribute("aria-selected", "true")
        settle(page)
