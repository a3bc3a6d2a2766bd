"""One face, in Chromium: the measure of text, the first screen of a projector, and words that open their meaning."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from cnn.lecture.glossary import find_term

pytestmark = pytest.mark.browser

OUTPUT = """() => {
    const root = document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot;
    return root.querySelector('[data-part=output] table').getBoundingClientRect().bottom;
}"""


def test_home_shows_a_step_and_a_map_within_a_projectors_first_screen(open_page: Callable[..., Page]):
    page = open_page(width=1280, height=720)
    assert page.evaluate(OUTPUT) < 720
    pictures = page.locator("[data-testid=stImage] img")
    expect(pictures).to_have_count(2)
    assert all(picture.bounding_box()["y"] + picture.bounding_box()["height"] < 720 for picture in pictures.all())
    button = page.get_by_role("button", name="Read this chest X-ray").bounding_box()
    assert button["y"] + button["height"] < 720
    page.get_by_role("button", name="Next", exact=True).click()
    expect(page.locator(".scrub output")).to_have_text("2 of 9")


def test_text_runs_no_wider_than_its_measure_in_the_body_type(open_page: Callable[..., Page]):
    page = open_page("convolution_2d", width=1600, height=900)
    found = page.evaluate(
        """() => [...document.querySelectorAll('.st-key-below [role=tabpanel] [data-testid=stMarkdown] p')]
            .filter((node) => node.clientWidth > 0).map((node) => {
        const range = document.createRange();
        range.selectNodeContents(node);
        const rows = new Set([...range.getClientRects()].map((box) => Math.round(box.bottom)));
        return [node.innerText.length / rows.size, getComputedStyle(node).fontSize, node.clientWidth];
    })"""
    )
    assert found
    assert max(length for length, _, _ in found) <= 90
    assert all(width <= 34 * 17 for _, _, width in found)
    assert {size for _, size, _ in found} == {"17px"}


def test_a_word_opens_its_meaning_by_keyboard_and_closes(open_page: Callable[..., Page]):
    page = open_page("stride_padding")
    expect(page.locator(".where")).to_contain_text("slides 19–34")
    word = page.locator("button.word", has_text="padding").first
    meaning = page.locator(f"[id='{word.get_attribute('popovertarget')}']")
    expect(meaning).to_be_hidden()
    word.focus()
    page.keyboard.press("Enter")
    expect(meaning).to_be_visible()
    expect(meaning).to_contain_text(find_term("padding").meaning)
    page.keyboard.press("Escape")
    expect(meaning).to_be_hidden()
    expect(word).to_be_focused()


def test_a_word_opens_its_meaning_by_touch_within_a_phones_screen(open_page: Callable[..., Page]):
    page = open_page("stride_padding", width=390, height=844, has_touch=True)
    word = page.locator("button.word", has_text="padding").first
    word.tap()
    meaning = page.locator(f"[id='{word.get_attribute('popovertarget')}']")
    expect(meaning).to_be_visible()
    box = meaning.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
