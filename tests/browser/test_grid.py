"""The step-through grid in Chromium: everything by pointer and keys, and nothing of it asks the server."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import count_runs, settle

pytestmark = pytest.mark.browser

BINARY_OUTPUT = [4, 3, 4, 2, 4, 3, 2, 3, 4]  # slide 12


@pytest.fixture
def grid(open_page: Callable[..., Page]) -> Page:
    """The page that opens with slide 12."""
    return open_page("convolution_2d")


def outputs(page: Page):
    return page.locator("[data-part=output] td")


def result(page: Page) -> str:
    return page.locator(".total .result").inner_text()


def test_every_step_shows_the_lectures_numbers(grid: Page):
    found = []
    for step in range(9):
        expect(grid.locator(".scrub output")).to_have_text(f"{step + 1} of 9")
        found.append(int(result(grid)))
        grid.get_by_role("button", name="Next", exact=True).click()
    assert found == BINARY_OUTPUT
    assert [int(text) for text in outputs(grid).all_inner_texts()] == BINARY_OUTPUT
    expect(grid.locator(".sentence")).to_contain_text("Output row 3, column 3. The window covers rows 3 to 5")
    expect(grid.locator(".total")).to_have_text("1×1 + 1×0 + 1×1 + 1×0 + 1×1 + 0×0 + 1×1 + 0×0 + 0×1 = 4")


def test_the_output_fills_as_the_window_moves_and_empties_on_the_way_back(grid: Page):
    def filled() -> list[str]:
        return [text for text in outputs(grid).all_inner_texts() if text]

    expect(outputs(grid).first).to_have_text("4")
    assert filled() == ["4"]
    grid.get_by_role("slider", name="Step").fill("3")
    expect(grid.locator(".scrub output")).to_have_text("4 of 9")
    assert filled() == ["4", "3", "4", "2"]
    grid.get_by_role("button", name="First", exact=True).click()
    assert filled() == ["4"]
    grid.get_by_label("Show all").check()
    assert [int(text) for text in filled()] == BINARY_OUTPUT


def test_a_cell_to_come_shows_its_number_only_while_it_is_pointed_at(grid: Page):
    outputs(grid).nth(8).hover()
    expect(outputs(grid).nth(8)).to_have_text("4")
    grid.locator("h1").hover()
    expect(outputs(grid).nth(8)).to_have_text("")


def test_stepping_hovering_scrubbing_and_playing_run_no_script(open_page: Callable[..., Page]):
    page = open_page("convolution_2d")
    count_runs(page)
    outputs(page).nth(5).hover()
    expect(page.locator(".sentence")).to_contain_text("row 2, column 3")
    page.locator("[data-part=kernel] td").nth(2).hover()
    expect(page.locator("td.meets")).to_have_count(9)
    outputs(page).nth(7).click()
    page.keyboard.press("ArrowLeft")
    for name in ("First", "Next", "Back", "Last", "First"):
        page.get_by_role("button", name=name, exact=True).click()
    page.get_by_role("slider", name="Step").fill("4")
    page.get_by_label("Speed").select_option("very fast")
    page.get_by_role("button", name="Play").click()
    expect(page.locator(".scrub output")).to_have_text("9 of 9")
    page.get_by_text("Every step in words").click()
    expect(page.locator("details li")).to_have_count(9)
    page.wait_for_url("**step=8*")
    assert page.evaluate("window.runs") == 0
    page.get_by_role("button", name="Flipped").click()
    page.wait_for_function("window.runs > 0")  # else nothing would be counted


def test_hover_shows_a_step_and_leaving_goes_back_to_the_pinned_one(grid: Page):
    outputs(grid).nth(4).click()
    outputs(grid).nth(0).hover()
    expect(grid.locator(".scrub output")).to_have_text("1 of 9")
    grid.locator("h1").hover()
    expect(grid.locator(".scrub output")).to_have_text("5 of 9")
    expect(grid.locator("td.in")).to_have_count(9)


def test_the_window_can_be_dragged_over_an_input_that_is_not_edited(open_page: Callable[..., Page]):
    page = open_page("stride_padding")
    cells = page.locator("[data-part=input] td")
    cells.nth(8).hover()
    page.mouse.down()
    cells.nth(40).hover()
    page.mouse.up()
    page.locator("h1").hover()
    expect(page.locator(".scrub output")).to_have_text("25 of 25")


def test_number_boxes_are_followed_before_the_server_answers(open_page: Callable[..., Page]):
    page = open_page("stride_padding")
    page.evaluate("window.send = WebSocket.prototype.send; WebSocket.prototype.send = () => {}")  # it hears nothing
    for label, cells in (("Input N", 36), ("Stride S", 9), ("Padding P", 16)):
        page.locator(f'input[aria-label="{label}"]').press("ArrowUp")
        expect(outputs(page)).to_have_count(cells)
    page.evaluate("() => { WebSocket.prototype.send = window.send; }")
    page.locator('input[aria-label="Padding P"]').press("ArrowUp")
    expect(outputs(page)).to_have_count(25)
    page.wait_for_url("**/stride_padding?*P=2*")  # now it has answered, and to all boxes
    expect(page.locator(".rules .size").nth(1)).to_have_text("5")
    expect(outputs(page)).to_have_count(25)
    page.get_by_role("button", name="Reset").click()
    expect(outputs(page)).to_have_count(25)
    expect(page.locator('input[aria-label="Input N"]')).to_have_value("7")
    expect(page.locator("[data-part=input] td")).to_have_count(49)


def test_a_weight_shows_every_cell_that_it_meets(grid: Page):
    grid.locator("[data-part=kernel] td").nth(0).hover()
    expect(grid.locator("td.meets")).to_have_count(9)
    expect(grid.locator(".told")).to_contain_text("The weight 1 meets 9 input cells")
    grid.locator("h1").hover()
    expect(grid.locator("td.meets")).to_have_count(0)


def test_arrow_keys_home_end_and_space(grid: Page):
    outputs(grid).nth(0).focus()
    for key, step in (("ArrowRight", 2), ("ArrowDown", 5), ("End", 6), ("Home", 4), ("Control+End", 9), ("ArrowUp", 6)):
        grid.keyboard.press(key)
        expect(grid.locator(".scrub output")).to_have_text(f"{step} of 9")
    grid.keyboard.press("Space")
    expect(grid.get_by_role("button", name="Pause")).to_be_visible()
    grid.keyboard.press("Space")
    expect(grid.get_by_role("button", name="Play")).to_be_visible()


def test_the_step_is_in_the_address_and_a_link_opens_it(grid: Page):
    outputs(grid).nth(5).click()
    grid.wait_for_url("**/convolution_2d?*step=5*")
    grid.reload()
    settle(grid)
    expect(grid.locator(".scrub output")).to_have_text("6 of 9")
    for example in ("Flipped", "3 × 3 on 5 × 5"):
        outputs(grid).nth(3).click()
        grid.get_by_role("button", name=example, exact=True).click()
        expect(grid.locator(".scrub output")).to_have_text("1 of 9")


def test_the_link_to_a_step_can_be_copied(open_page: Callable[..., Page]):
    page = open_page("pooling", permissions=["clipboard-read", "clipboard-write"])
    outputs(page).nth(3).click()
    page.get_by_role("button", name="Copy link to this step").click()
    expect(page.locator(".copied")).to_have_text("Copied.")
    assert "step=3" in page.evaluate("navigator.clipboard.readText()")


def test_a_weight_typed_over_changes_the_output_and_keeps_the_step(grid: Page):
    outputs(grid).nth(4).click()
    grid.locator("[data-part=kernel] td").nth(4).click()
    weight = grid.get_by_label("Filter, weight at row 2, column 2").locator("visible=true").last
    weight.fill("5")
    weight.press("Enter")
    expect(grid.locator(".total .result")).to_have_text("8")
    grid.wait_for_url("**w=*0+5+0*")
    expect(grid.locator(".scrub output")).to_have_text("5 of 9")
    expect(grid.locator(".total .result")).to_have_text("8")


def test_a_number_is_typed_by_keys_alone_and_a_wrong_one_is_answered(grid: Page):
    grid.locator("[data-part=input] td").first.focus()
    grid.keyboard.press("ArrowRight")
    for keys, number in (("x1", "1"), ("7", "7")):
        grid.keyboard.press("F2" if keys == "x1" else keys)
        if keys == "x1":
            grid.keyboard.type(keys)
        grid.keyboard.press("Enter")
        expect(grid.locator("[data-part=input] td").nth(1)).to_have_text(re.compile(f"^{number}"))
        expect(grid.locator(".told")).to_contain_text("A number from" if keys == "x1" else "")


def test_drawing_counts_at_once_and_is_told_in_one_message(grid: Page):
    count_runs(grid)
    cells = grid.locator("[data-part=input] td")
    cells.nth(10).hover()
    grid.mouse.down()
    for cell in (11, 12):
        cells.nth(cell).hover()
    assert [cells.nth(cell).inner_text() for cell in (10, 11, 12)] == ["1", "1", "1"]
    expect(outputs(grid).nth(0)).to_have_text("5")
    grid.mouse.up()
    assert grid.evaluate("window.runs") == 0
    grid.wait_for_url("**x=1+1+1+0+0+*2F+0+1+1+1+0+*2F+1+1+1+1+1*")
    settle(grid)
    assert grid.evaluate("window.runs") == 1
    grid.keyboard.down("Alt")
    cells.nth(10).click()
    grid.keyboard.up("Alt")
    expect(cells.nth(10)).to_have_text("0")
    for before in ("1", "0"):  # a click, and a stroke of three cells
        grid.get_by_role("button", name="Undo").click()
        expect(cells.nth(10)).to_have_text(before)
    expect(outputs(grid).nth(0)).to_have_text("4")
    expect(grid.get_by_role("button", name="Undo")).to_be_hidden()


def test_while_presenting_keys_step_wherever_the_focus_is(grid: Page):
    grid.locator("h1").click()
    grid.evaluate("document.body.classList.add('presenting'); window.dispatchEvent(new Event('resize'))")
    grid.keyboard.press("ArrowRight")
    expect(grid.locator(".scrub output")).to_have_text("2 of 9")
    grid.keyboard.press("Space")
    expect(grid.locator("[data-go=play]")).to_have_text("Pause")


def test_the_hidden_cell_stays_hidden_in_every_place(open_page: Callable[..., Page]):
    page = open_page("convolution_2d?predict=true")
    page.get_by_label("Show all").check()
    hidden = outputs(page).filter(has_text="?")
    expect(hidden).to_have_count(1)
    hidden.click()
    assert result(page) == "?"
    expect(page.locator(".total")).to_contain_text("= ?")


def test_pooling_shows_the_winner_and_where_the_gradient_goes(open_page: Callable[..., Page]):
    page = open_page("pooling?gradient=true")
    expect(page.locator(".total")).to_have_text("max(5, 6, 2, 10) = 10")
    expect(page.locator("[data-part=input] td.gets")).to_have_text("10")
    expect(page.locator("[data-part=gradient] td.gets")).to_have_text("1")


def test_what_is_not_read_and_padding_look_different_from_data(open_page: Callable[..., Page]):
    page = open_page("stride_padding?S=3&P=1&N=6")
    expect(page.locator("[data-part=input] td.padding").first).to_be_visible()
    assert page.locator("[data-part=input] td.unread").count() > 0
    looks = page.evaluate(
        """() => {
        const root = document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot;
        const look = (name) => getComputedStyle(root.querySelector(`td.${name}`)).backgroundImage;
        return [look('data:not(.unread)'), look('padding'), look('unread')];
    }"""
    )
    assert len(set(looks)) == 3


def test_reduced_motion_and_print_are_respected(open_page: Callable[..., Page]):
    page = open_page("convolution_2d", reduced_motion="reduce")
    frame = page.locator("[data-part=input] .glide")
    duration = frame.evaluate("(frame) => getComputedStyle(frame).transitionDuration")
    assert duration == "0s"
    page.emulate_media(media="print")
    expect(page.locator(".bar")).to_be_hidden()
    expect(page.locator(".sentence")).to_be_visible()


def test_a_slider_of_the_grid_moves_the_maps_and_is_told_at_rest(open_page: Callable[..., Page]):
    page = open_page("filters_relu")
    count_runs(page)
    before = int(re.search(r"sets (\d+) of", page.locator(".sentence").inner_text())[1])
    for value in ("-20", "-60"):
        page.get_by_role("slider", name="Bias b of every filter").fill(value)
    after = int(re.search(r"sets (\d+) of", page.locator(".sentence").inner_text())[1])
    assert after > before
    assert page.evaluate("window.runs") == 0
    page.wait_for_url("**b=-60*")
    assert page.evaluate("window.runs") == 1


def test_a_filter_of_75_weights_is_stepped_over_a_picture_in_colour(open_page: Callable[..., Page]):
    page = open_page("convolution_2d?part=Three+channels&step=300")
    assert page.locator("[data-part=products] td").count() == 75
    products = page.locator("[data-part=products] td .p").all_inner_texts()
    total = sum(int(text.replace("−", "-")) for text in products) + 1  # the bias
    assert int(result(page).replace("−", "-")) == total
    picture = page.locator("[data-part=input] canvas")
    picture.click(position={"x": 40, "y": 40})
    expect(page.locator(".told")).to_contain_text("red 9, green 9, blue 9")
