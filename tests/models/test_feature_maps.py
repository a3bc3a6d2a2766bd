"""What travels between the layers: held against PyTorch's own forward pass, gradients and counts."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from cnn.errors import UserError
from cnn.imaging.preprocess import to_tensor
from cnn.imaging.radiograph import Radiograph
from cnn.layers.network import read
from cnn.layers.presets import PRESETS
from cnn.models import architectures, feature_maps, loading
from cnn.models.feature_maps import pool_input
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


def test_a_stage_that_is_not_there(small):
    with pytest.raises(KeyError):
        pool_input(small, film(), 9)


@pytest.fixture(params=["lecture", "transfer"])
def network(request: pytest.FixtureRequest, weights: Path) -> loading.LoadedModel:
    """Each network that can be looked into, with random weights."""
    return loading.load_from(weights, request.param)


def pixels(model: loading.LoadedModel) -> torch.Tensor:
    return to_tensor(film(), model.input_size)


def test_every_layer_hands_on_what_torch_hands_on(network):
    """Hooks are for this test alone: they tell what passes when the network runs by itself."""
    seen: dict[str, torch.Tensor] = {}
    for name, part in network.module.named_modules():
        part.register_forward_hook(lambda _, __, after, name=name: seen.__setitem__(name, after.clone()))
    with torch.inference_mode():
        logits = network.module(pixels(network))
    expected = dict(seen)
    passed = feature_maps.passes_through(network, pixels(network))
    own = [one for one in passed if one.path in expected]
    assert len(own) > 0.9 * len(passed)  # sums inside blocks and one flattening have no module of their own
    for one in own:
        torch.testing.assert_close(one.after, expected[one.path])
    torch.testing.assert_close(passed[-1].after, logits)
    blocks = [one for one in passed if one.path.endswith(".add")]
    for one in blocks:
        torch.testing.assert_close(one.after, expected[one.path.removesuffix(".add")])


def test_the_plan_has_the_shapes_names_and_costs_of_the_network(network):
    plan = feature_maps.list_layers(network.name)
    passed = feature_maps.passes_through(network, pixels(network))
    assert [one.path for one in plan] == [one.path for one in passed]
    assert [one.step.after.torch_shape for one in plan] == [tuple(one.after.shape[1:]) for one in passed]
    assert len({one.name for one in plan}) == len(plan)
    assert sum(one.step.parameters.value for one in plan) == sum(p.numel() for p in network.module.parameters())
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network.module(pixels(network))
    assert 2 * sum(one.step.multiply_adds.value for one in plan) == counter.get_total_flops()


def test_the_blocks_are_those_of_the_networks():
    assert [one.name for one in feature_maps.block_ends("lecture")][:4] == ["conv1", "relu1", "pool1", "conv2"]
    blocks = [one.block for one in feature_maps.block_ends("transfer")]
    assert blocks == ["stem", *(f"block {number}" for number in range(1, 17)), "head", "average"]


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
        stop = feature_maps.find_layer(name, layer)
        count, field = stop.step.after.width, stop.field
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


def after(model: loading.LoadedModel, values: torch.Tensor, stop: feature_maps.LayerNode) -> np.ndarray:
    return feature_maps.read_activation(model, values, stop).after


@pytest.mark.parametrize("layer", ["conv1", "conv2", "conv3", "conv4", "conv5"])
def test_patch_weights_and_sum_give_the_number_in_every_cell(lecture, layer):
    opened = feature_maps.read_activation(lecture, pixels(lecture), feature_maps.find_layer("lecture", layer))
    number = len(opened.after) - 1
    work = feature_maps.trace_filter(lecture, opened, number)
    written = conv2d(opened.before, work.weight, work.bias, padding=1)
    np.testing.assert_allclose(work.sums, written.channel_sums[0], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(work.padded, written.padded)
    np.testing.assert_allclose(work.together + work.bias, opened.after[number], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(written.output[0], opened.after[number], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("target", [0, 1])
def test_the_last_maps_add_up_to_the_score(network, target):
    found = feature_maps.split_score(network, pixels(network), target)
    with torch.inference_mode():
        logit = float(network.module(pixels(network))[0, target])
    assert found.logit == pytest.approx(logit, rel=1e-5)
    assert found.parts.sum() + found.bias == pytest.approx(logit, rel=1e-4, abs=1e-5)
    estimate = feature_maps.activation_x_gradient(network, pixels(network), found.layer, target)
    np.testing.assert_allclose(estimate, found.parts, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("name", "layer"), [("lecture", "relu3"), ("transfer", "block 5 add")])
def test_activation_x_gradient_is_how_the_score_answers_when_a_map_grows(name, layer, weights):
    model = loading.load_from(weights, name)
    model.module.double()
    stop, x = feature_maps.find_layer(name, layer), pixels(model).double()
    effects = feature_maps.activation_x_gradient(model, x, stop, 1)
    strongest = int(np.abs(effects).argmax())

    def logit(growth: float) -> float:
        way = feature_maps.passes(model.module, x)
        given = None
        with torch.inference_mode():
            while True:
                try:
                    passed = way.send(given)
                except StopIteration as end:
                    return float(end.value[0, 1])
                given = passed.after.clone() if passed.path == stop.path else None
                if given is not None:
                    given[:, strongest] *= 1 + growth

    slope = (logit(1e-6) - logit(-1e-6)) / 2e-6
    assert effects[strongest] == pytest.approx(slope, rel=1e-3)


def test_looking_leaves_the_shared_network_as_it_was(network):
    before = {name: value.clone() for name, value in network.module.state_dict().items()}
    stop = feature_maps.list_layers(network.name)[0]
    feature_maps.activation_x_gradient(network, pixels(network), stop, 0)
    list(feature_maps.read_activations(network, pixels(network), feature_maps.block_ends(network.name)))
    assert all(torch.equal(value, before[name]) for name, value in network.module.state_dict().items())
    assert not any(part._forward_hooks or part._backward_hooks for part in network.module.modules())
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
        feature_maps.find_layer("lecture", "conv9")


@pytest.mark.parametrize("name", ["lecture", "transfer"])
def test_the_architecture_builder_measures_the_same_network(name):
    """The builder reads the network from a line of text, the plan from its modules."""
    plan = feature_maps.list_layers(name)
    written = read(PRESETS[f"{name}, our own"]).steps()
    for measure in (lambda step: step.parameters.value, lambda step: step.multiply_adds.value):
        assert sum(measure(one.step) for one in plan) == sum(measure(step) for step in written)
