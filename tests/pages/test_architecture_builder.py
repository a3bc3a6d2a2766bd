"""The builder: presets, totals, layers added and removed, what does not fit, export, and back from the link."""

import json
import re
from urllib.parse import quote

import pytest
from streamlit.testing.v1 import AppTest

from cnn.layers.budget import demands
from cnn.layers.network_text import parse
from cnn.layers.to_torch import torch_code
from tests.support.app import html, open_page, press, snippets
from ui.widgets import network_editor

PAGE = "architecture_builder"


def rows(app: AppTest) -> dict[str, list[str]]:
    """The table, layer by layer."""
    found = re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', html(app))
    return {name: re.findall(r"<td.*?>(.*?)</td>", cells) for name, cells in found}


def test_the_review_opens_with_the_slide_s_volumes() -> None:
    table = rows(open_page(PAGE))
    assert [cells[0] for cells in table.values()][:3] == ["32 × 32 × 16", "32 × 32 × 16", "16 × 16 × 16"]
    assert table["9. softmax"][0] == "1 × 1 × 3"


def test_a_preset_shows_its_published_count() -> None:
    app = open_page(PAGE)
    press(app, "VGG-16")
    assert rows(app)["total (memory with the input)"][1] == "138,357,544"


def test_a_layer_that_does_not_fit_says_why_and_what_follows_is_empty() -> None:
    app = open_page(PAGE, net="8x8x3, relu, conv 4 9, relu")
    table = rows(app)
    assert table["1. relu"][0] == "8 × 8 × 3"
    assert "the nearest that fit are" in table["2. conv 4 9"][0]
    assert set(table["3. relu"]) == {"-"}
    assert "faint" in html(app)
    assert not snippets(app)
    assert "Layer 2 does not fit" in app.info[0].value
    assert "Layer 2 does not fit" in app.error[0].value
    strip = next(json.loads(one.proto.json) for one in app.get("bidi_component") if '"parts"' in one.proto.json)
    assert strip["broken"] == 2


def test_blocks_stand_in_brackets_and_are_drawn_with_what_they_add() -> None:
    app = open_page(PAGE, net="8x8x4, [conv 6 3 s2 p1, norm | conv 6 1 s2], [conv 6 3 p1, relu], [conv 6 3 p1, relu]")
    first_layers = [name.split()[1] for name in rows(app)][:6]
    assert first_layers == ["[", "norm", "|", "]", "[", "relu"]
    drawn = html(app)
    assert "plus its input through conv 6 1 s2" in drawn
    assert "2 blocks of conv 4 × 4 × 6, plus its input" in drawn


NETWORK = "32x32x3, conv 8 3, relu, max 2"


@pytest.mark.parametrize("pasted", [NETWORK, f"http://x/{PAGE}?net={quote(NETWORK)}", torch_code(parse(NETWORK))])
def test_code_and_links_are_brought_in(pasted: str) -> None:
    app = open_page(PAGE)
    app.text_area(key="_network_pasted").set_value(pasted)
    press(app, "Read it")
    assert app.text_area(key="net").value == NETWORK
    assert len(rows(app)) == 4


@pytest.mark.parametrize("pasted", ["nn.Sequential(nn.GELU())", "", f"http://x/{PAGE}?net=8x8x3%2C+evil", "import os"])
def test_what_cannot_be_brought_in_changes_nothing(pasted: str) -> None:
    app = open_page(PAGE)
    app.text_area(key="_network_pasted").set_value("nn.Conv2d(3, 8, 3)")
    press(app, "Read it")  # leaves a note on the size of the input
    before = rows(app)
    app.text_area(key="_network_pasted").set_value(pasted)
    press(app, "Read it")
    assert len(app.error) == 1
    assert not app.info
    assert rows(app) == before


@pytest.mark.parametrize(
    ("action", "net", "selected"),
    [
        (("add", 1, 0, "relu"), "conv 4 3, relu, flatten, softmax", 2),
        (("add", 0, 0, "norm"), "norm, conv 4 3, flatten, softmax", 1),
        (("move", 1, 3, ""), "flatten, softmax, conv 4 3", 3),
        (("move", 3, 1, ""), "softmax, conv 4 3, flatten", 1),
        (("copy", 2, 0, ""), "conv 4 3, flatten, flatten, softmax", 3),
        (("remove", 3, 0, ""), "conv 4 3, flatten", 2),
        (("remove", 1, 0, ""), "flatten, softmax", 1),
        (("select", 2, 0, ""), "conv 4 3, flatten, softmax", 2),
        (("select", 0, 0, ""), "conv 4 3, flatten, softmax", 0),
    ],
)
def test_a_layer_is_added_moved_doubled_and_removed(action: tuple[str, int, int, str], net: str, selected: int) -> None:
    edited = network_editor.edited(parse("16x16x1, conv 4 3, flatten, softmax"), *action)
    assert edited is not None
    assert (str(edited[0]), edited[1]) == (f"16x16x1, {net}", selected)


@pytest.mark.parametrize(
    "action", [("move", 1, 9, ""), ("remove", 0, 0, ""), ("add", 7, 0, "relu"), ("copy", 4, 0, "")]
)
def test_what_cannot_be_done_to_a_layer_changes_nothing(action: tuple[str, int, int, str]) -> None:
    assert network_editor.edited(parse("16x16x1, conv 4 3, flatten, softmax"), *action) is None


def test_the_form_changes_the_selected_layer() -> None:
    app = open_page(PAGE, net="16x16x1, conv 4 3, relu, flatten, fc 3", look="1")
    next(box for box in app.number_input if box.label == "Filters").set_value(6).run()
    assert app.text_area(key="net").value == "16x16x1, conv 6 3, relu, flatten, fc 3"
    next(box for box in app.number_input if box.label == "Padding P").set_value(1).run()
    assert app.text_area(key="net").value == "16x16x1, conv 6 3 p1, relu, flatten, fc 3"
    assert not app.exception


def test_the_form_holds_any_number_of_the_text_and_mends_it() -> None:
    app = open_page(PAGE)
    for part, label, right in (
        ("conv 3 0", "Filter size F", 3),
        ("conv 0 3", "Filters", 4),
        ("conv 16 3 s0", "Stride S", 1),
        ("conv 16 3 d0", "Dilation D", 1),
        ("conv 16 3 g0", "Groups", 1),
        ("conv 100000 99999", "Filter size F", 3),
        ("max 0 s2", "Filter size F", 2),
        ("adaptive 0", "Output size", 7),
        ("conv 16 3 p999999999", "Padding P", 1),
        ("tconv 16 2 s999999999", "Stride S", 2),
    ):
        app.text_area(key="net").set_value(f"32x32x3, {part}").run()
        assert not app.exception, part
        assert "Does not fit" in rows(app)[f"1. {part}"][0]
        next(box for box in app.number_input if box.label == label).set_value(right).run()
        assert not app.exception, part
        assert "Does not fit" not in str(rows(app)), part


def test_the_form_of_the_input_changes_its_sides() -> None:
    app = open_page(PAGE, net="16x16x1, conv 4 3, relu", look="0")
    next(box for box in app.number_input if box.label == "Depth").set_value(3).run()
    assert app.text_area(key="net").value == "16x16x3, conv 4 3, relu"


def test_the_selected_part_is_one_of_the_network() -> None:
    app = open_page(PAGE, net="16x16x1, conv 4 3, relu", look="8")
    assert app.number_input(key="look").value == 2


BUDGET = (
    "32x32x3, conv 16 3 p1, relu, max 2, conv 32 3 p1, relu, max 2, conv 64 3 p1, relu, conv 64 3 p1, flatten, fc 10"
)


@pytest.mark.parametrize(
    ("net", "met"),
    [
        (BUDGET, (True, False, True, True)),
        (BUDGET.replace(", flatten", ", adaptive 1, flatten"), (True,) * 4),
        (BUDGET.replace("conv 16", "conv 64").replace(", flatten", ", adaptive 1, flatten"), (True, True, False, True)),
        ("32x32x3, flatten, fc 10", (True, True, True, False)),
    ],
)
def test_the_exercise_compares_a_network_with_its_budget(net: str, met: tuple[bool, ...]) -> None:
    assert tuple(demand.is_met for demand in demands(parse(net))) == met


def test_a_network_for_the_films_goes_to_training() -> None:
    links = [open_page(PAGE, net=f"64x64x{depth}, conv 4 3, max 8, flatten, fc 2").get("page_link") for depth in (1, 3)]
    assert [any("Train this network" in link.proto.label for link in each) for each in links] == [True, False]


def test_any_network_is_pasted_and_counted() -> None:
    app = open_page("architecture_builder")
    source = "nn.Sequential(nn.Conv2d(3, 8, (1, 3)), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 6 * 4, 10))"
    app.text_input(key="any_input").set_value("3x6x6")
    app.text_area(key="any_network").set_value(source).run()
    assert not app.exception
    totals = {metric.label: metric.value for metric in app.metric}
    assert totals["Output"] == "10"
    assert totals["Parameters"] == f"{3 * 3 * 8 + 8 + 192 * 10 + 10:,}"
    app.text_input(key="any_input").set_value("3x7x6").run()
    assert not app.exception
    assert app.error


def test_a_link_holds_any_network_which_can_be_edited_with_blocks() -> None:
    app = open_page(PAGE, any="nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten())", input="3x6x6")
    assert {metric.label: metric.value for metric in app.metric}["Output"] == f"{8 * 4 * 4}"
    press(app, "Edit it with blocks, above")
    assert app.text_area(key="net").value == "6x6x3, conv 8 3, relu, flatten"
    assert not app.exception
