"""Inside the network, opened by links with sense and with nonsense in them."""

import json
import re

import numpy as np
import pytest

from cnn.models.inside import layer_nodes
from tests.support.app import html, open_page, shown_text

PAGE = "inside_the_network"


def sent(app) -> dict:
    """What the lens was sent."""
    return next(data for one in app.get("bidi_component") if "sheet" in (data := json.loads(one.proto.json)))


def test_the_scores_are_the_sum_of_their_maps_and_the_probability_their_softmax():
    text = shown_text(open_page(PAGE))
    parts = re.search(
        r"support \w+: (\S+); \d+ maps speak against it: (\S+); .*bias: (\S+)\. Together \*\*(\S+)\*\*", text
    )
    plus, minus, bias, logit = (float(number.replace("−", "-")) for number in parts.groups())
    assert plus + minus + bias == pytest.approx(logit, abs=0.0025)
    rest = re.search(
        r"gets (\S+)\. Both are divided by the temperature (\S+), .* makes \*\*(\S+) %\*\*", text, re.DOTALL
    )
    other, temperature, percent = (float(number.replace("−", "-")) for number in rest.groups())
    assert 100 / (1 + np.exp((other - logit) / temperature)) == pytest.approx(percent, abs=0.1)


def test_the_transfer_network_shows_its_blocks_and_what_is_in_one():
    app = open_page(PAGE, network="transfer", at="block 7 depthwise")
    shown = [json.loads(component.proto.json) for component in app.get("bidi_component")]
    blocks, inside = [data["layers"] for data in shown if "layers" in data]
    assert [layer["title"] for layer in blocks][:2] == ["stem", "block 1"]
    assert [layer["title"] for layer in inside if " " not in layer["title"]] == [
        "expand",
        "depthwise",
        "project",
        "add",
    ]


def test_a_layer_and_a_map_can_be_linked_and_the_sums_are_checked():
    app = open_page(PAGE, layer="conv5", map="61", cell="10")
    data = sent(app)
    assert data["map"]["name"] == "map 61 of conv5"
    assert data["step"] == 9
    text = shown_text(app)
    assert "(3\\*3\\*96)\\*128 + 128 = 110,720" in text
    off = float(re.search(r"largest difference (\d\.?\d*)\)", text)[1])
    assert off < 1e-4


def test_the_costs_are_those_of_the_whole_network():
    total = sum(stop.step.parameters.value for stop in layer_nodes.list_layers("lecture"))
    assert f"{total:,}" in html(open_page(PAGE))


def test_a_map_that_a_layer_does_not_have_is_the_last_one():
    app = open_page(PAGE, layer="conv1", map="500")
    assert sent(app)["map"]["name"] == "map 16 of conv1"
    assert "has 16 maps" in app.info[0].value
