"""Layers, maps and contributions, against PyTorch's own forward pass, gradients and counts."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from cnn.errors import UserError
from cnn.imaging.preprocess import to_tensor
from cnn.imaging.radiograph import Radiograph
from cnn.layers.network_text import parse
from cnn.layers.presets import PRESETS
from cnn.layers.sizes import Window
from cnn.models import architectures, loading
from cnn.models.inside import feature_maps, layer_nodes
from cnn.models.inside.feature_maps import pool_input
from cnn.ops.convolution import conv2d


@pytest.fixture
def small() -> loading.LoadedModel:
    """The lecture's chain with two small stages and random weights."""
    torch.manual_seed(0)
    module = architectures.lecture((3, 4), input_size=16).eval()
    return loading.LoadedModel("lecture", module, {}, 16, module.get_submodule("relu2"))


def film() -> Radiograph:
    pixels = np.random.default_rng(0).random((40, 30)).astype(np.float32)
    return Radiograph(pixels, "PNG", (), "", "film.png", None)


@pytest.mark.parametrize(("stage", "shape"), [(1, (3, 16, 16)), (2, (4, 8, 8))])
def test_it_is_what_the_pool_reads(small, stage, shape):
    seen = []
    pool = small.module.get_submodule(f"pool{stage}")
    hook = pool.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    with torch.inference_mode():
        small.module(to_tensor(film(), 16))
    hook.remove()
    maps = pool_input(small, film(), stage)
    assert maps.shape == shape
    assert maps.min() >= 0  # after ReLU
    np.testing.assert_allclose(maps, seen[0][0].numpy(), rtol=1e-6)


@pytest.fixture(params=["lecture", "transfer"])
def network(request: pytest.FixtureRequest, weights: Path) -> loading.LoadedModel:
    """Each network that can be looked into, with random weights."""
    return loading.load_from(weights, request.param)


def pixels(model: loading.LoadedModel) -> torch.Tensor:
    return to_tensor(film(), model.input_size)


def calls(model: loading.LoadedModel) -> list[layer_nodes.LayerCall]:
    with torch.inference_mode():
        return list(layer_nodes.call_layers(model.module, pixels(model)))


def test_every_layer_returns_what_torch_computes(network):
    """Hooks are for this test alone: they record the network's own forward pass."""
    expected: dict[str, torch.Tensor] = {}

    def record(name: str) -> Callable[..., None]:
        return lambda _module, _inputs, after: expected.update({name: after.clone()})

    hooks = [part.register_forward_hook(record(name)) for name, part in network.module.named_modules()]
    with torch.inference_mode():
        logits = network.module(pixels(network))
    for hook in hooks:
        hook.remove()
    layers = calls(network)
    torch.testing.assert_close(layers[-1].after, logits)
    known = [call for call in layers if call.path.removesuffix(".add") in expected]
    assert len(known) >= len(layers) - 1  # one flattening has no module of its own
    for call in known:
        torch.testing.assert_close(call.after, expected[call.path.removesuffix(".add")])


def test_the_list_has_the_shapes_names_and_costs_of_the_network(network):
    nodes, layers = layer_nodes.list_layers(network.name), calls(network)
    assert [node.path for node in nodes] == [call.path for call in layers]
    assert [node.step.output.torch_shape for node in nodes] == [tuple(call.after.shape[1:]) for call in layers]
    assert len({node.name for node in nodes}) == len(nodes)
    assert sum(node.step.parameters.value for node in nodes) == sum(p.numel() for p in network.module.parameters())
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network.module(pixels(network))
    assert 2 * sum(node.step.multiply_adds.value for node in nodes) == counter.get_total_flops()


@pytest.mark.parametrize(
    ("name", "layers"),
    [
        ("lecture", ["conv1", "pool1", "conv2", "pool3", "conv4", "relu5", "pool5"]),
        ("transfer", ["stem relu", "block 3 add", "block 4 depthwise", "block 7 add"]),
    ],
)
def test_a_cell_sees_exactly_its_receptive_field(name, layers, weights):
    """Pixels that are not numbers spread to every cell that reads them, through any weight, maximum or ReLU."""
    model = loading.load_from(weights, name)
    model.module.double()  # in single precision a fast convolution may mix neighbours that do not belong to a cell
    side = model.input_size
    for layer in layers:
        stop = layer_nodes.find_layer(name, layer)
        count, field = stop.step.output.width, stop.field
        for row, column in ((0, 0), (count // 2, count - 1)):
            starts = [field.start + at * field.jump for at in (row, column)]
            (top, bottom), (left, right) = [(max(0, start), min(side, start + field.size)) for start in starts]
            outside = torch.full((1, 1, side, side), torch.nan, dtype=torch.float64)
            outside[..., top:bottom, left:right] = 0.5
            assert np.isfinite(after(model, outside, stop)[:, row, column]).all()
            for y, x in ((top, left), (bottom - 1, right - 1)):
                corner = torch.full((1, 1, side, side), 0.5, dtype=torch.float64)
                corner[..., y, x] = torch.nan
                assert np.isnan(after(model, corner, stop)[:, row, column]).any()


def after(model: loading.LoadedModel, values: torch.Tensor, stop: layer_nodes.LayerNode) -> np.ndarray:
    return feature_maps.read_activation(model, values, stop).after


@pytest.mark.parametrize("layer", ["conv1", "conv2", "conv3", "conv4", "conv5"])
def test_patch_weights_and_sum_give_the_number_in_every_cell(lecture, layer):
    opened = feature_maps.read_activation(lecture, pixels(lecture), layer_nodes.find_layer("lecture", layer))
    number = len(opened.after) - 1
    work = feature_maps.trace_filter(lecture, opened, number)
    written = conv2d(opened.before, work.weight, work.bias, (Window(3, padding=1),) * 2)
    np.testing.assert_allclose(work.sums, written.channel_sums[0], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(work.padded, written.padded)
    np.testing.assert_allclose(work.without_bias + work.bias, opened.after[number], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(written.output[0], opened.after[number], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("target", [0, 1])
def test_the_last_maps_add_up_to_the_score(network, target):
    found = feature_maps.split_score(network, pixels(network), target)
    with torch.inference_mode():
        logit = float(network.module(pixels(network))[0, target])
    assert found.logit == pytest.approx(logit, rel=1e-5)
    assert found.contributions.sum() + found.bias == pytest.approx(logit, rel=1e-4, abs=1e-5)
    estimate = feature_maps.activation_x_gradient(network, pixels(network), found.layer, target)
    np.testing.assert_allclose(estimate, found.contributions, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("name", "layer_name"), [("lecture", "relu3"), ("transfer", "block 5 add")])
def test_activation_x_gradient_is_the_slope_of_the_score_when_a_map_grows(name, layer_name, weights):
    model = loading.load_from(weights, name)
    model.module.double()
    layer, x = layer_nodes.find_layer(name, layer_name), pixels(model).double()
    effects = feature_maps.activation_x_gradient(model, x, layer, 1)
    strongest = int(np.abs(effects).argmax())

    def logit(growth: float) -> float:
        scale = torch.ones(len(effects), 1, 1, dtype=torch.float64)
        scale[strongest] += growth
        part = model.module.get_submodule(layer.path.removesuffix(".add"))
        hook = part.register_forward_hook(lambda _, __, after: after * scale)
        with torch.inference_mode():
            score = float(model.module(x)[0, 1])
        hook.remove()
        return score

    slope = (logit(1e-6) - logit(-1e-6)) / 2e-6
    assert effects[strongest] == pytest.approx(slope, rel=1e-3)


def test_reading_leaves_the_shared_network_as_it_was(network):
    before = {name: value.clone() for name, value in network.module.state_dict().items()}
    feature_maps.activation_x_gradient(network, pixels(network), layer_nodes.list_layers(network.name)[0], 0)
    list(feature_maps.read_activations(network, pixels(network), layer_nodes.block_ends(network.name)))
    assert all(torch.equal(value, before[name]) for name, value in network.module.state_dict().items())
    assert not any(parameter.requires_grad or parameter.grad is not None for parameter in network.module.parameters())


def test_what_is_measured_of_maps():
    x = torch.randn(1, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    film_itself, even = x[0].numpy(), np.ones((1, 8, 8), np.float32)
    assert feature_maps.film_correlation(film_itself, x) == pytest.approx(1)
    assert feature_maps.film_correlation(-2 * film_itself + 1, x) == pytest.approx(1)
    assert feature_maps.film_correlation(np.concatenate([film_itself, even]), x) == pytest.approx(0.5)
    assert feature_maps.zero_share(np.array([0, 1, -2, 0])) == 0.5


def test_a_layer_that_is_not_there():
    with pytest.raises(UserError, match="no such layer"):
        layer_nodes.find_layer("lecture", "conv9")


@pytest.mark.parametrize("name", ["lecture", "transfer"])
def test_the_architecture_builder_measures_the_same_network(name):
    """The builder reads the network from a line of text, the list from its modules."""
    plan = layer_nodes.list_layers(name)
    written = parse(PRESETS[{"lecture": "Lecture CNN", "transfer": "EfficientNet-Lite0"}[name]]).layer_infos()
    for measure in (lambda step: step.parameters.value, lambda step: step.multiply_adds.value):
        assert sum(measure(one.step) for one in plan) == sum(measure(step) for step in written)
