"""The inside of the real networks in Chromium: any cell of an opened layer, and the server is not asked."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from cnn.imaging.preprocess import to_tensor
from cnn.imaging.radiograph import read_radiograph
from cnn.imaging.samples.real_films import REAL_FILMS
from cnn.models import loading
from cnn.models.inside.feature_maps import read_activation
from cnn.models.inside.layer_nodes import find_layer
from tests.browser.conftest import count_runs, settle

pytestmark = pytest.mark.browser

PAGE = "inside_the_network"


def frame(page: Page, picture: str = "map") -> Locator:
    return page.locator(f"[data-picture={picture}] .frame")


def hover(page: Page, row: int, column: int, cells: int) -> None:
    """Points at a cell of the map, which has so many cells a side."""
    frame(page).scroll_into_view_if_needed()
    box = frame(page).bounding_box()
    assert box
    page.mouse.move(box["x"] + (column + 0.5) / cells * box["width"], box["y"] + (row + 0.5) / cells * box["height"])


def numbers(text: str) -> list[float]:
    return [float(found) for found in re.findall(r"-?\d+\.?\d*", text.replace("−", "-"))]


def on_the_film(page: Page) -> list[float]:
    """The receptive field as it is drawn: left, top, right and bottom in pixels of the network's input."""
    return page.evaluate(
        """() => {
        const root = [...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')]
            .map((host) => host.shadowRoot).find((shadow) => shadow?.querySelector('[data-picture=film] img'));
        const of = (inside) => root.querySelector(`[data-picture=film] ${inside}`).getBoundingClientRect();
        const [film, box] = [of('img'), of('.box')];
        const side = 128;
        return [(box.left - film.left) / film.width, (box.top - film.top) / film.height,
            (box.right - film.left) / film.width, (box.bottom - film.top) / film.height].map((part) => part * side);
    }"""
    )


def test_any_cell_is_shown_with_its_sum_and_no_script_runs(open_page: Callable[..., Page]):
    page = open_page(f"{PAGE}?layer=conv2&map=5")
    count_runs(page)
    model = loading.load("lecture")
    film = next(film for film in REAL_FILMS if film.title == "Child 4")  # with which the page opens
    pixels = to_tensor(read_radiograph(*film.read()), 128)
    cells = read_activation(model, pixels, find_layer("lecture", "conv2")).after[4]  # (64, 64), by PyTorch itself
    for row, column in ((0, 0), (20, 31), (63, 40), (41, 63)):
        hover(page, row, column, 64)
        expect(page.locator(".cell")).to_contain_text(f"Row {row + 1}, column {column + 1} of map 5 of conv2")
        shown = numbers(page.locator(".cell b").inner_text())[0]
        assert shown == pytest.approx(cells[row, column], abs=0.0006)
        assert numbers(page.locator(".total .result").inner_text())[0] == pytest.approx(shown)
        sums = [numbers(text)[-1] for text in page.locator(".sums button").all_inner_texts()]
        together, bias = (numbers(text)[-1] for text in page.locator(".total > .part").all_inner_texts())
        assert len(sums) == 16
        assert sum(sums) == pytest.approx(together, abs=0.01)
        assert together + bias == pytest.approx(shown, abs=0.002)
        products = page.locator("[data-part=products] td").all_inner_texts()
        factors = [numbers(text) for text in products]
        assert all(value * weight == pytest.approx(product, abs=0.006) for value, weight, product in factors)
        pressed = numbers(page.locator(".sums [aria-pressed=true]").inner_text())[-1]
        assert sum(product for *_, product in factors) == pytest.approx(pressed, abs=0.005)
        field = on_the_film(page)  # conv2 sees 8 x 8, two pixels apart, from -3
        assert field == pytest.approx([2 * column - 3, 2 * row - 3, 2 * column + 5, 2 * row + 5], abs=1.0)
    page.locator(".sums button").nth(3).click()
    expect(page.locator(".sums [aria-pressed=true]")).to_contain_text("map 4")
    frame(page).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    page.wait_for_url("**cell=*")
    assert page.evaluate("window.runs") == 0


def test_keys_go_from_cell_to_cell_and_a_link_opens_the_last(open_page: Callable[..., Page]):
    page = open_page(f"{PAGE}?layer=pool3&cell=1")
    cell = page.locator(".cell")
    expect(cell).to_contain_text("Row 1, column 1 of map 1 of pool3")
    expect(cell).to_contain_text("7 rows and 7 columns of what it sees are padding")
    frame(page).focus()
    for key, place in (("ArrowRight", "1, column 2"), ("ArrowDown", "2, column 2"), ("End", "2, column 16")):
        page.keyboard.press(key)
        expect(cell).to_contain_text(f"Row {place}")
    expect(page.locator(".sentence")).to_contain_text("Output row 2, column 16")
    page.locator("[data-part=output] td[tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")  # beyond the piece that was shown
    page.keyboard.press("ArrowDown")
    expect(cell).to_contain_text("Row 5, column 16")
    page.wait_for_url("**cell=80*")
    page.reload()
    settle(page)
    expect(cell).to_contain_text("Row 5, column 16")


def test_a_press_opens_a_layer_or_a_map_and_stays_at_the_same_place(open_page: Callable[..., Page]):
    page = open_page(f"{PAGE}?layer=conv1&cell=8257")  # row 65, column 65 of 128: just behind the middle
    expect(page.locator(".cell")).to_contain_text("Row 65, column 65 of map 1 of conv1")
    page.locator(".strip").get_by_role("button", name=re.compile("^relu3")).click()
    expect(page.locator(".cell")).to_contain_text("Row 17, column 17 of map 1 of relu3")
    expect(page.locator(".total")).to_contain_text("max(0, ")
    sheet = frame(page, "sheet")
    box = sheet.bounding_box()
    assert box
    sheet.click(position={"x": box["width"] * 1.5 / 8, "y": box["height"] * 0.5 / 8})
    expect(page.locator(".cell")).to_contain_text("of map 2 of relu3")
    assert "layer=relu3" in page.url
    page.get_by_role("button", name="Layer after").click()
    expect(page.locator(".cell")).to_contain_text("of map 2 of pool3")
    expect(page.locator("[data-part=input] td.gets").first).to_be_visible()


def test_in_the_transfer_network_a_cell_may_see_the_whole_film(open_page: Callable[..., Page]):
    page = open_page(f"{PAGE}?network=transfer&at=head+relu&map=7")
    expect(page.locator(".cell")).to_contain_text("It sees all rows and all columns of the film's 224 × 224 pixels")
    expect(page.locator(".cell")).to_contain_text("are padding")
    hover(page, 3, 3, 7)
    expect(page.locator(".cell")).to_contain_text("Row 4, column 4 of map 7")
