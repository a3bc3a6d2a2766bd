"""The builder: presets, totals, layers added and removed, what does not fit, export, and back from the link."""

import re
from urllib.parse import quote

import pytest
from streamlit.testing.v1 import AppTest

from cnn.layers.network_text import parse
from cnn.layers.to_torch import torch_code
from tests.support.app import html, open_page, press, snippets

PAGE = "architecture_builder"


def rows(app: AppTest) -> dict[str, list[str]]:
    """The table, layer by layer."""
    found = re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', html(app))
    return {name: re.findall(r"<td.*?>(.*?)</td>", cells) for name, cells in found}


def test_the_review_opens_with_the_slide_s_volumes() -> None:
    table = rows(open_page(PAGE))
    assert [cells[0] for cells in table.values()][:3] == ["32x32x16", "32x32x16", "16x16x16"]
    assert table["9. softmax"][0] == "1x1x3"


def test_a_preset_shows_its_published_count() -> None:
    app = open_page(PAGE)
    press(app, "VGG-16")
    assert rows(app)["total, input included"][1] == "138,357,544"


def test_a_layer_that_does_not_fit_says_why_and_what_follows_is_empty() -> None:
    app = open_page(PAGE, net="8x8x3, relu, conv 4 9, relu")
    table = rows(app)
    assert table["1. relu"][0] == "8x8x3"
    assert "the nearest that fit are" in table["2. conv 4 9"][0]
    assert set(table["3. relu"]) == {"-"}
    assert "faint" in html(app)
    assert not snippets(app)
    assert "Layer 2 does not fit" in app.info[0].value


def test_blocks_stand_in_brackets_and_are_drawn_with_what_they_add() -> None:
    app = open_page(PAGE, net="8x8x4, [conv 6 3 s2 p1, norm | conv 6 1 s2], [conv 6 3 p1, relu], [conv 6 3 p1, relu]")
    first_layers = [name.split()[1] for name in rows(app)][:6]
    assert first_layers == ["[", "norm", "|", "]", "[", "relu"]
    drawn = html(app)
    assert "plus its input through conv 6 1 s2" in drawn
    assert "2 blocks of conv 4x4x6, plus its input" in drawn
    app = open_page(PAGE, net=app.text_area(key="net").value, look="3")
    press(app, "+ residual block")
    assert "3 blocks" not in html(app)
    assert app.text_area(key="net").value.endswith(", [conv 6 3 p1, norm, relu, conv 6 3 p1, norm]")
    press(app, "Remove")
    assert html(app) == drawn


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
    before = rows(app)
    app.text_area(key="_network_pasted").set_value(pasted)
    press(app, "Read it")
    assert len(app.error) == 1
    assert rows(app) == before


def test_layers_are_added_and_removed_and_the_link_brings_them_back() -> None:
    app = open_page(PAGE, net="16x16x1, conv 4 3")
    for label in ("+ relu", "+ max 2", "+ flatten", "+ fc 10"):
        press(app, label)
    assert app.text_area(key="net").value == "16x16x1, conv 4 3, relu, max 2, flatten, fc 10"
    press(app, "Remove")
    text = app.text_area(key="net").value
    assert text == "16x16x1, conv 4 3, relu, max 2, flatten"
    assert rows(open_page(PAGE, net=text)) == rows(app)


def test_a_part_is_inserted_moved_repeated_and_removed_where_it_is_selected() -> None:
    app = open_page(PAGE, net="16x16x1, conv 4 3, flatten, softmax", look="1")
    for label, net in (
        ("+ relu", "conv 4 3, relu, flatten, softmax"),
        ("+ max 2", "conv 4 3, relu, max 2, flatten, softmax"),
        ("Move earlier", "conv 4 3, max 2, relu, flatten, softmax"),
        ("Repeat", "conv 4 3, max 2, max 2, relu, flatten, softmax"),
        ("Move later", "conv 4 3, max 2, relu, max 2, flatten, softmax"),
        ("Remove", "conv 4 3, max 2, relu, flatten, softmax"),
    ):
        press(app, label)
        assert app.text_area(key="net").value == f"16x16x1, {net}", label


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
