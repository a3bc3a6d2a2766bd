"""The builder: presets, totals, layers added and removed, what does not fit, export, and back from the link."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from cnn.layers import to_torch
from cnn.layers.network_text import parse
from tests.support.app import html, open_page, snippets

PAGE = "architecture_builder"


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception


def rows(app: AppTest) -> dict[str, list[str]]:
    """The table, layer by layer."""
    found = re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', html(app))
    return {name: re.findall(r"<td.*?>(.*?)</td>", cells) for name, cells in found}


def test_the_review_opens_with_the_slide_s_volumes() -> None:
    table = rows(open_page(PAGE))
    assert [cells[0] for cells in table.values()][:3] == ["32x32x16", "32x32x16", "16x16x16"]
    assert table["9. softmax"][0] == "1x1x3"


@pytest.mark.parametrize(
    ("preset", "parameters"), [
        ("VGG-16", "138,357,544"), ("AlexNet", "61,100,840"), ("LeNet-5", "61,706"), ("ResNet-18", "11,689,512"),
        ("transfer, our own", "3,372,994"),
    ],
)  # fmt: skip
def test_a_preset_shows_its_published_count(preset: str, parameters: str) -> None:
    app = open_page(PAGE)
    press(app, preset)
    assert rows(app)["total, input included"][1] == parameters


def test_a_layer_that_does_not_fit_says_why_and_what_follows_is_empty() -> None:
    app = open_page(PAGE, net="8x8x3, relu, conv 4 9, relu")
    table = rows(app)
    assert table["1. relu"][0] == "8x8x3"
    assert "the nearest that fit are" in table["2. conv 4 9"][0]
    assert set(table["3. relu"]) == {"-"}
    assert "faint" in html(app)
    assert not snippets(app)
    assert "Layer 2 does not fit" in app.info[0].value


def test_an_output_too_large_to_count_is_refused_in_its_place() -> None:
    for net in ("9999x9999x99, flatten", "9999x9999x3, tconv 1 2 s2"):
        assert "Does not fit" in next(iter(rows(open_page(PAGE, net=net)).values()))[0]


def test_blocks_stand_in_brackets_and_are_drawn_with_what_they_add() -> None:
    app = open_page(PAGE, net="8x8x4, [conv 6 3 s2 p1, norm | conv 6 1 s2], [conv 6 3 p1, relu], [conv 6 3 p1, relu]")
    assert list(rows(app))[:6] == ["1. [ conv 6 3 s2 p1", "2. \u2002\u2009norm", "3. | conv 6 1 s2", "4. ] add",
                                   "5. [ conv 6 3 p1", "6. \u2002\u2009relu"]  # fmt: skip
    drawn = html(app)
    assert "plus its input through conv 6 1 s2" in drawn
    assert "2 blocks of conv 4x4x6, plus its input" in drawn
    press(app, "+ residual block")
    assert "3 blocks" not in html(app)
    assert app.text_area(key="net").value.endswith(", [conv 6 3 p1, norm, relu, conv 6 3 p1, norm]")
    press(app, "Remove the last")
    assert html(app) == drawn


@pytest.mark.parametrize(
    "pasted",
    ["nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.MaxPool2d(2))",
     "http://localhost:8501/architecture_builder?net=32x32x3%2C+conv+8+3%2C+relu%2C+max+2&teach=1",
     "32x32x3, conv 8 3, relu, max 2", to_torch.torch_code(parse("32x32x3, conv 8 3, relu, max 2"))],
)  # fmt: skip
def test_code_and_links_are_brought_in(pasted: str) -> None:
    app = open_page(PAGE)
    app.text_area(key="_network_pasted").set_value(pasted)
    press(app, "Read it")
    assert app.text_area(key="net").value == "32x32x3, conv 8 3, relu, max 2"
    assert list(rows(app))[:3] == ["1. conv 8 3", "2. relu", "3. max 2"]


@pytest.mark.parametrize(
    ("pasted", "said"),
    [("nn.Sequential(nn.GELU())", "`nn.GELU` cannot be read"), ("", "no nn.Sequential"),
     ("http://localhost/architecture_builder?net=8x8x3%2C+evil", "is not a layer"), ("import os", "no nn.Sequential")],
)  # fmt: skip
def test_what_cannot_be_brought_in_is_named_and_changes_nothing(pasted: str, said: str) -> None:
    app = open_page(PAGE)
    before = app.text_area(key="net").value
    app.text_area(key="_network_pasted").set_value(pasted)
    press(app, "Read it")
    assert said in app.error[0].value
    assert app.text_area(key="net").value == before
    assert rows(app)


def test_layers_are_added_and_removed_and_the_link_brings_them_back() -> None:
    app = open_page(PAGE, net="16x16x1, conv 4 3")
    for label in ("+ relu", "+ max 2", "+ flatten", "+ fc 10"):
        press(app, label)
    assert app.text_area(key="net").value == "16x16x1, conv 4 3, relu, max 2, flatten, fc 10"
    press(app, "Remove the last")
    text = app.text_area(key="net").value
    assert text == "16x16x1, conv 4 3, relu, max 2, flatten"
    assert rows(open_page(PAGE, net=text)) == rows(app)


@pytest.mark.parametrize("net", ["hello", "8x8x3, conv", "8x8x3, <script>", "0x0x0, relu", "8x8x3" + ", relu" * 300])
def test_nonsense_in_a_link_opens_with_the_default_and_a_sentence(net: str) -> None:
    app = open_page(PAGE, net=net)
    assert "In this link" in app.warning[0].value
    assert "<" not in app.warning[0].value
    assert "9. softmax" in rows(app)


def test_wrong_text_is_named_and_no_old_result_left_standing() -> None:
    app = open_page(PAGE)
    app.text_area(key="net").set_value("8x8x3, cov 3 3").run()
    assert "is not a layer" in app.error[0].value
    assert not rows(app)
