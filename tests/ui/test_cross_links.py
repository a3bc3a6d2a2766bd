"""Links from page to page: each opens with the very numbers that it carries, whatever was left there before."""

from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.app import all_text, open_page

CALCULATOR = "layer_calculator"
SMALL = {"W1": "9", "H1": "8", "D1": "1", "K": "2"}


def links(app: AppTest) -> dict[str, dict[str, str]]:
    """Page and settings of every link with settings."""
    elements = [element.proto for element in app.get("page_link") if element.proto.query_string]
    return {element.page.split("/")[-1]: dict(parse_qsl(element.query_string)) for element in elements}


@pytest.mark.parametrize(
    ("link", "pages"),
    [
        (SMALL | {"F": "3", "P": "0"}, {"convolution_2d", "stride_padding", "architecture_builder"}),
        (SMALL | {"F": "3", "S": "2", "P": "1", "D": "2"}, {"stride_padding", "architecture_builder"}),
        (
            SMALL | {"kind": "max pooling", "F": "3", "S": "2", "P": "1", "ceil": "true"},
            {"pooling", "architecture_builder"},
        ),
        (SMALL | {"kind": "average pooling", "F": "2", "S": "1", "P": "0"}, {"pooling", "architecture_builder"}),
        (SMALL | {"kind": "max pooling", "F": "3", "P": "1", "D": "2"}, {"architecture_builder"}),
        (SMALL | {"kind": "transposed convolution", "F": "3"}, {"architecture_builder"}),
        ({"W1": "1000"}, {"architecture_builder"}),
    ],
)
def test_a_layer_travels_from_the_calculator_and_back(link: dict[str, str], pages: set[str]) -> None:
    there = links(open_page(CALCULATOR, **link))
    assert set(there) == pages
    for page, settings in there.items():
        app = open_page(page, **settings)
        assert not app.warning
        back = links(app)[CALCULATOR]
        same = {name for name in link if name not in ("D1", "K")}
        if page == "architecture_builder":
            assert back["D1"] == link.get("D1", "3")
        assert {name: back[name] for name in same} == {name: link[name] for name in same}, page


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
    for look in ("2", "9"):
        app = open_page("architecture_builder", net="32x32x3, conv 16 3 p1, relu, max 2", look=look)
        assert CALCULATOR not in links(app)
