"""What the lens sends to the browser: colours that tell zeros apart, windows on the film, sums of a bounded size."""

import base64
import json

import numpy as np
import pytest
import torch

from cnn.layers.layer import Volume
from cnn.models.inside import feature_maps, layer_nodes
from cnn.models.inside.feature_maps import read_activation, trace_filter
from cnn.models.inside.layer_nodes import list_layers
from ui.widgets import receptive_field_lens
from ui.widgets.receptive_field_lens import paint

MOST_BYTES = 1_500_000
"""Of one opened layer, without the film: less than two seconds on a slow network of 8 Mbit/s."""


def pixels(side: int = 128) -> torch.Tensor:
    noise = torch.randn(1, 1, side, side, generator=torch.Generator().manual_seed(3))
    return torch.nn.functional.avg_pool2d(noise, 5, 1, 2) * 5


def opened(model, layer: str) -> feature_maps.Activation:
    return read_activation(model, pixels(model.input_size), layer_nodes.find_layer(model.name, layer))


def numbers(text: str, kind: str = "<f4") -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind)


def payload(model, layer: str, number: int = 0) -> dict:
    one = opened(model, layer)
    work = trace_filter(model, one, number) if receptive_field_lens.can_follow_sums(one, model.name) else None
    return receptive_field_lens.lens_payload(one, model.input_size, number, work, None)


def test_only_what_is_exactly_0_has_the_colour_of_zeros():
    painted = paint.levels(np.array([0, 1e-9, 0.5, 1, 2], np.float32), signed=False, most=1.0)
    assert painted.tolist() == [0, 1, 127, 254, 254]
    colours = paint.palette(signed=False)
    assert colours[0] not in colours[1:]


def test_signed_colours_have_0_in_the_middle():
    painted = paint.levels(np.array([-3, -1, 0, 1, 3], np.float32), signed=True, most=1.0)
    assert painted.tolist() == [0, 0, 127, 254, 254]
    assert len(paint.palette(signed=True)) == 255


@pytest.mark.parametrize(("count", "side"), [(1, 4), (16, 128), (7, 5), (1280, 7), (96, 112), (5, 1)])
def test_a_contact_sheet_has_a_place_for_every_map(count, side):
    maps = np.ones((count, side, side), np.float32)
    painted, columns = paint.sheet(maps, signed=False, side=200)
    rows = -(-count // columns)
    tile = painted.shape[1] // columns
    assert painted.shape == (rows * tile, columns * tile)
    corners = painted[::tile, ::tile].ravel()
    assert (corners[:count] != paint.BLANK).all()
    assert (corners[count:] == paint.BLANK).all()


def test_the_sums_are_sent_whole_and_give_the_map(lecture):
    data = payload(lecture, "conv2", 3)
    example, cells = data["example"], numbers(data["map"]["values"])
    sums = numbers(example["sums"]).reshape(64 * 64, 16)
    np.testing.assert_allclose(sums.sum(1) + example["bias"][0], cells, rtol=1e-4, atol=1e-5)
    padded = numbers(example["padded"]).reshape(16, 66, 66)
    assert not padded[:, 0].any()
    row, column = 20, 31
    patch = padded[:, row : row + 3, column : column + 3]
    np.testing.assert_allclose(
        (patch * np.array(example["kernel"][0])).sum((1, 2)), sums[row * 64 + column], rtol=1e-4, atol=1e-5
    )


def test_where_the_cells_look_may_begin_and_end_beyond_the_film(lecture):
    data = payload(lecture, "conv5")
    assert data["map"]["rows"][0] == (-31, 46)
    assert data["map"]["rows"][-1] == (-31 + 7 * 16, -31 + 7 * 16 + 77)
    assert data["margin"] == 21  # as much padding as there is room for


def test_winners_are_painted_and_ties_are_told(lecture):
    one = opened(lecture, "pool1")
    data = payload(lecture, "pool1")
    painted = numbers(data["before"]["levels"], "u1").reshape(128, 128)
    assert (painted != paint.BLANK).sum() == 64 * 64  # one of each window, also where zeros tie
    bits = np.unpackbits(numbers(data["example"]["winners"], "u1")[:, None], axis=1, bitorder="little")[:, :4]
    windows = one.before[0].reshape(64, 2, 64, 2).transpose(0, 2, 1, 3).reshape(-1, 4)
    assert (bits.astype(bool) == (windows == windows.max(1, keepdims=True))).all()


def test_no_layer_is_too_much_to_send(model):
    if model.name == "ensemble":
        return
    layers = [one for one in list_layers(model.name) if isinstance(one.step.output, Volume)]
    for one in layers if model.name == "lecture" else layers[2::40]:
        assert len(json.dumps(payload(model, one.name))) < MOST_BYTES, one.name
