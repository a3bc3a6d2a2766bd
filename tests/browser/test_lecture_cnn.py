"""The Lecture CNN in the browser: PyTorch's numbers, and a lab that answers while the hand moves."""

from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from cnn.attribution.perturbations import to_greys
from cnn.imaging.preprocess import to_tensor
from cnn.imaging.radiograph import read_radiograph
from cnn.imaging.samples.real_films import REAL_FILMS
from cnn.models import loading
from tests.browser.conftest import count_runs
from tests.support import lecture_cnn_js

pytestmark = pytest.mark.browser


def test_logits_and_contributions_are_pytorch_s(browser: Browser) -> None:
    model = loading.load("lecture")
    page = browser.new_page()
    lecture_cnn_js.load_network(page, model)
    for film in REAL_FILMS[::4]:
        greys = to_greys(to_tensor(read_radiograph(*film.read()), 224))
        for change in lecture_cnn_js.CHANGES.values():
            answer, logits = lecture_cnn_js.compare(page, model, greys, change)
            assert answer["logits"] == pytest.approx(logits, abs=1e-5)
            assert sum(answer["contributions"]) + answer["bias"] == pytest.approx(logits[1] - logits[0], abs=1e-4)
    page.close()


@pytest.mark.parametrize("level", [1, 5])
def test_every_corruption_keeps_greys_and_the_stronger_one_changes_more(browser: Browser, level: int) -> None:
    page = browser.new_page()
    lecture_cnn_js.load_network(page, loading.load("lecture"))
    mean_changes = page.evaluate(
        """(level) => {
            const film = Float64Array.from({ length: 224 * 224 }, (_, i) => 0.5 + 0.4 * Math.sin(i / 9));
            return Object.values(CORRUPTIONS).map(({ levels, run }) => {
                const changed = run(film, 224, levels[level - 1]);
                const bad = changed.some((grey) => !(grey >= 0 && grey <= 1));
                return bad ? -1 : changed.reduce((sum, grey, i) => sum + Math.abs(grey - film[i]), 0) / film.length;
            });
        }""",
        level,
    )
    page.close()
    assert len(mean_changes) == 13
    assert min(mean_changes) > (0.0003 if level == 1 else 0.002)


def logits(page: Page) -> list[float]:
    """The two numbers that the lab shows, once the next picture of the screen has been drawn: it answers with that."""
    return page.evaluate(
        """() => new Promise(requestAnimationFrame)
            .then(() => [...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')]
            .map((host) => host.shadowRoot?.querySelector('.lab')?.dataset)
            .filter(Boolean).map(({ normal, pneumonia }) => [Number(normal), Number(pneumonia)])[0])"""
    )


def drag(page: Page) -> None:
    """Draw a line over the film with the brush."""
    box = page.get_by_role("application", name="The film").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    for step in range(8):
        page.mouse.move(box["x"] + (0.3 + 0.05 * step) * box["width"], box["y"] + 0.5 * box["height"])


def test_the_answer_follows_the_hand_without_the_server_and_the_other_network_answers_at_rest(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("shortcut_lab?film=Child+18")
    expect(page.get_by_text("computed on the server", exact=True)).to_be_visible()
    before = logits(page)
    count_runs(page)
    drag(page)
    expect(page.get_by_text("computed on the server when you stop moving")).to_be_visible()
    assert logits(page) != before
    assert page.evaluate("window.runs") == 0, "the server was not asked while the hand moved"
    page.mouse.up()
    expect(page.get_by_text("computed on the server", exact=True)).to_be_visible()
    changed = logits(page)
    page.get_by_role("button", name="Undo").click(click_count=2)
    page.get_by_role("button", name="Start again").click()
    expect(page.get_by_text("computed on the server", exact=True)).to_be_visible()
    assert logits(page) == before != changed
    page.get_by_role("slider", name="Window width").first.fill("60")
    expect(page.get_by_text("60 %")).to_be_visible()
    expect(page.get_by_text("computed on the server", exact=True)).to_be_visible()
    assert logits(page) != before


def test_an_example_sets_the_controls_and_the_untouched_film_has_the_page_s_probability(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("shortcut_lab?film=Child+18&network=lecture&change=Mirror")
    expect(page.get_by_role("button", name="Mirror", exact=True)).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Reset").click()
    expect(page.get_by_role("button", name="Mirror", exact=True)).to_have_attribute("aria-pressed", "false")
    film = next(film for film in REAL_FILMS if film.title == "Child 18")
    model = loading.load("lecture")
    expected = model.module(to_tensor(read_radiograph(*film.read()), 128))[0].tolist()
    assert np.allclose(logits(page), expected, atol=1e-4)
