"""The softmax in Chromium: its probabilities are those of cnn.ops, and the temperature asks the server nothing."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from cnn.ops.softmax import softmax
from tests.browser.conftest import count_messages

pytestmark = pytest.mark.browser


def probabilities(page: Page) -> list[str]:
    return page.locator(".steps .classes tbody td:last-child").all_inner_texts()


def test_the_temperature_follows_the_hand_and_is_told_at_rest(open_page: Callable[..., Page]) -> None:
    page = open_page("fully_connected?z=1000+1001+1002")
    assert page.locator(".steps .classes td:nth-child(3)").all_inner_texts()[-2:] == [
        "1.456 × 10^435",
        f"{Decimal(1000).exp() * (1 + Decimal(1).exp() + Decimal(2).exp()):.3e}".replace("e+", " × 10^"),
    ]
    messages = count_messages(page)
    slider = page.get_by_role("slider", name="Temperature T")
    for temperature in (0.5, 2.5, 7.3):
        slider.evaluate("(node, value) => { node.value = value; node.dispatchEvent(new Event('input')); }", temperature)
        expected = softmax("abc", (1000, 1001, 1002), temperature)
        assert probabilities(page) == [f"{100 * term.probability:.1f} %" for term in expected.terms]
    assert messages() == 0
    slider.evaluate("(node) => node.dispatchEvent(new Event('change'))")
    page.wait_for_url("**T=7.3*")


def test_a_number_is_followed_into_the_row(open_page: Callable[..., Page]) -> None:
    page = open_page("fully_connected")
    page.locator(".channels td").nth(13).click()
    expect(page.locator("small.sentence")).to_contain_text("(2 − 1) × 3 × 3 + (2 − 1) × 3 + 2 = number 14")
    expect(page.locator(".row .at")).to_have_attribute("aria-label", "number 14: 0")
    page.wait_for_url("**place=13*")
