"""Links from page to page: each opens with the very numbers that it carries, whatever was left there before."""

from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from cnn.layers import network_text
from cnn.layers.layer import Volume
from cnn.layers.layers import Conv, ConvTranspose, Pool
from tests.support.app import all_text, open_page
from ui.widgets import cross_links

CALCULATOR = "layer_calculator"


def links(app: AppTest) -> dict[str, dict[str, str]]:
    """Page and settings of every link with settings."""
    elements = [element.proto for element in app.get("page_link") if element.proto.query_string]
    return {element.page.split("/")[-1]: dict(parse_qsl(element.query_string)) for element in elements}


DRAWN_SMALL = {"convolution_2d", "filters_relu", "stride_padding", "why_cnns"}
LAYERS = [
    ("9x9x4, conv 2 3 g2 nobias", DRAWN_SMALL - {"filters_relu"}),
    ("16x16x5, conv 7 7", DRAWN_SMALL),
    ("9x8x6, conv 3 3 s2 p1 d2 g3", {"stride_padding", "why_cnns"}),
    ("64x64x3, conv 8 15 s12 p12 d2", {"stride_padding", "why_cnns"}),
    ("32x32x3, conv 6 5 nobias", DRAWN_SMALL),
    ("32x32x3, conv 6 5 g3", {"stride_padding", "why_cnns"}),
    ("20x20x3, conv 4 3 nobias", {"filters_relu", "stride_padding", "why_cnns"}),
    ("512x512x512, conv 512 64 g1", {"filters_relu", "why_cnns"}),
    ("4x4x9, conv 3 3", DRAWN_SMALL - {"filters_relu"} | {"fully_connected"}),
    ("16x16x5, max 8 s8 p4 ceil", {"pooling"}),
    ("9x8x5, avg 3 s2", {"pooling"}),
    ("9x8x5, max 3 s2 d2", set()),
    ("5x5x4, tconv 6 3 s2 p1 o1 d2 g2", set()),
    ("1000x800x3, conv 6 5 s7", {"why_cnns"}),
]


@pytest.mark.parametrize(("text", "drawn"), LAYERS)
def test_a_layer_travels_whole_from_every_page_to_every_other(text: str, drawn: set[str]) -> None:
    network = network_text.parse(text)
    (layer,) = network.layers
    assert isinstance(layer, Conv | ConvTranspose | Pool)
    there = cross_links.links(layer, network.volume)
    assert set(there) == drawn | {CALCULATOR, "architecture_builder"}
    for page in there:
        app = open_page(page, **there[page])
        assert not app.warning
        assert not app.error
        if page != "fully_connected":  # whose layer is another
            shown = {other: link for other, link in links(app).items() if other in there}
            assert shown == {other: link for other, link in there.items() if other != page}, page


def test_what_a_page_has_no_controls_for_is_kept_when_another_number_changes_or_it_is_left() -> None:
    app = open_page("stride_padding", **cross_links.links(Conv(6, 5, groups=3), Volume(32, 32, 3))["stride_padding"])
    app.number_input(key="S").set_value(2).run()
    app.switch_page("pages/layer_calculator.py").run()
    app.query_params.clear()
    app.switch_page("pages/stride_padding.py").run()
    back = links(app)[CALCULATOR]
    assert (back["D1"], back["K"], back["groups"], back["S"]) == ("3", "6", "3", "2")


@pytest.mark.parametrize("carried", ["9x9x4, max 2", "9x9x4, conv 3 3 g4", "9x9x4, [conv 4 1]", "nonsense"])
def test_what_cannot_go_with_the_layer_of_a_page_is_left_out(carried: str) -> None:
    back = links(open_page("stride_padding", carried=carried))[CALCULATOR]
    assert (back["W1"], back["D1"], back["K"], back["groups"]) == ("7", "1", "1", "1")


def test_a_link_names_all_that_a_page_might_have_kept() -> None:
    app = open_page("pooling", windows="global", rule="ceil", kind="Lp")
    carried = links(open_page(CALCULATOR, kind="max pooling", W1="6", H1="6", F="2", S="2", P="0"))["pooling"]
    app.switch_page("pages/layer_calculator.py").run()
    app.switch_page("pages/pooling.py")
    app.query_params.update(carried)
    app.run()
    assert "(6 − 2 + 2 × 0)/2 + 1 = 3" in all_text(app)


def test_a_layer_of_the_builder_opens_in_the_calculator() -> None:
    app = open_page("architecture_builder", net="32x32x3, conv 16 3 p1, relu, max 2 ceil", look="3")
    back = links(app)[CALCULATOR]
    assert (back["kind"], back["W1"], back["D1"], back["F"], back["ceil"]) == ("max pooling", "32", "16", "2", "true")
    relu = open_page("architecture_builder", net="32x32x3, conv 16 3 p1, relu, max 2", look="2")
    assert CALCULATOR not in links(relu)
