"""The builder: presets, totals, layers added and removed, what does not fit, export, and back from the link."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from cnn import architecture
from tests.pages import html, imports_torch, open_page, printed, snippets

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
    ("preset", "parameters"), [("VGG-16", "138,357,544"), ("AlexNet", "61,100,840"), ("LeNet-5", "61,706")]
)
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


def test_layers_are_added_and_removed_and_the_link_brings_them_back() -> None:
    app = open_page(PAGE, net="16x16x1, conv 4 3")
    for label in ("+ relu", "+ max 2", "+ flatten", "+ fc 10"):
        press(app, label)
    assert app.text_area(key="net").value == "16x16x1, conv 4 3, relu, max 2, flatten, fc 10"
    press(app, "Remove the last")
    text = app.text_area(key="net").value
    assert text == "16x16x1, conv 4 3, relu, max 2, flatten"
    assert rows(open_page(PAGE, net=text)) == rows(app)


@pytest.mark.parametrize("name", ["Review (slides 43-44)", "lecture, our own"])
def test_the_snippet_prints_what_is_shown(name: str) -> None:
    ((code, output),) = snippets(open_page(PAGE, net=architecture.PRESETS[name]))
    assert printed(code) == output


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


def test_teach_hides_the_controls() -> None:
    app = open_page(PAGE, net="8x8x3, conv 4 3", teach="1")
    assert not app.text_area
    assert next(iter(rows(app))) == "1. conv 4 3"


def test_no_torch_is_loaded() -> None:
    assert not imports_torch(PAGE)
