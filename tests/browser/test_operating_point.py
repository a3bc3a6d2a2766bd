"""The operating point in Chromium: its counts are those of cnn.evaluation, and dragging asks the server nothing."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from cnn.evaluation.operating_point import confusion_at, expected_cohort, rates_at_prevalence
from cnn.text import precise_percent
from tests.browser.conftest import count_messages
from ui.evaluation.scores_cache import ADULTS, TEST, load_scores

pytestmark = pytest.mark.browser

PAGE = "operating_point"


def shown(page: Page) -> dict[str, object]:
    """What the component shows: the threshold, films and people by kind of prediction, and the five rates."""
    return dict(
        page.locator(".explorer").evaluate(
            """(root) => {
        const texts = (selector) => [...root.querySelectorAll(selector)].map((node) => node.textContent);
        return {films: texts('.matrix td').map(Number), people: texts('.key b').map(Number), rates: texts('.rates dd'),
            marks: ['true-positive', 'false-positive', 'false-negative', 'true-negative']
                .map((kind) => root.querySelectorAll(`.all .${kind}`).length)};
    }"""
        )
    )


def expected(network: str, group: str, threshold: float, prevalence: float) -> dict[str, object]:
    counts = confusion_at(load_scores(network, group), threshold)
    rates = rates_at_prevalence(counts, prevalence)
    cohort = expected_cohort(rates, prevalence)
    films = (counts.true_negatives, counts.false_positives, counts.false_negatives, counts.true_positives)
    people = [cohort.true_positives, cohort.false_positives, cohort.false_negatives, cohort.true_negatives]
    values = (rates.sensitivity, rates.specificity, rates.ppv, rates.npv, rates.accuracy)
    return {
        "films": [int(count[0]) for count in films],
        "people": people,
        "marks": people,
        "rates": [precise_percent(rate.value) for rate in values],
    }


@pytest.mark.parametrize(("network", "group"), [("transfer", TEST), ("lecture", ADULTS)])
def test_the_browser_counts_as_the_evaluation_does(open_page: Callable[..., Page], network: str, group: str) -> None:
    page = open_page(f"{PAGE}?network={network}&films={group}")
    for threshold in (0.05, 0.385, 0.5, 0.9):
        for prevalence in (0.5, 5, 57.5):
            page.locator("input.threshold").fill(str(threshold))
            page.locator("input.prevalence").fill(str(prevalence))
            assert shown(page) == expected(network, group, threshold, prevalence / 100)


def test_dragging_asks_the_server_nothing_and_rest_is_told_in_the_address(open_page: Callable[..., Page]) -> None:
    page = open_page(PAGE)
    messages = count_messages(page)
    before = shown(page)
    box = page.locator(".roc .frame").bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    for step in range(10):
        page.mouse.move(box["x"] + (0.3 - 0.03 * step) * box["width"], box["y"] + 0.3 * box["height"])
    assert shown(page) != before
    assert messages() == 0
    page.mouse.up()
    page.wait_for_url("**threshold=*")
    told = re.search(r"threshold=([\d.]+)", page.url)
    assert told
    assert shown(page) == expected("transfer", TEST, float(told[1]), 0.05)
    slider = page.locator("input.prevalence").bounding_box()
    assert slider
    sent = messages()
    page.mouse.move(slider["x"] + 10, slider["y"] + slider["height"] / 2)
    page.mouse.down()
    for step in range(10):
        page.mouse.move(slider["x"] + 10 + 12 * step, slider["y"] + slider["height"] / 2)
    assert messages() == sent
    page.mouse.up()
    page.wait_for_url("**prevalence=*")


def test_arrow_keys_move_the_point_along_the_curve(open_page: Callable[..., Page]) -> None:
    page = open_page(PAGE)
    false_positives = int(page.locator(".matrix td").nth(1).inner_text())
    page.get_by_role("slider", name="Operating point on the ROC curve").focus()
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".matrix td").nth(1)).not_to_have_text(str(false_positives))
    page.wait_for_url("**threshold=*")
