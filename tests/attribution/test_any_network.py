"""Any PyTorch classifier is explained as Captum explains it, checked, and left as it was, on the device where it is."""

import copy
import dataclasses
from collections.abc import Callable

import captum.attr as captum
import numpy as np
import pytest
import torch
import torchvision.models as zoo
from torch import Tensor, nn
from torchvision.models.convnext import CNBlockConfig
from torchvision.models.resnet import BasicBlock

import cnn
from cnn.attribution import checks, deletion_insertion, methods
from cnn.attribution.attribute import attribute
from cnn.attribution.checks import check_map
from cnn.attribution.randomization import untrained_twin
from cnn.errors import UserError
from cnn.imaging.preprocess import to_tensor
from cnn.models import lung_segmenter
from cnn.models.loading import LoadedModel
from cnn.predict.prediction import classify
from tests.support.random_weights import film
from tests.support.second_device import second_device

TARGET = 3
NETWORKS: dict[str, tuple[str, Callable[[], nn.Module]]] = {
    "resnet": ("layer4", lambda: zoo.ResNet(BasicBlock, [1, 1, 1, 1], 5)),
    "densenet": ("features", lambda: zoo.DenseNet(8, (2, 2, 2, 2), 16, num_classes=5)),
    "mobilenet": ("features", lambda: zoo.mobilenet_v3_small(num_classes=5)),
    "squeezenet": ("classifier.2", lambda: zoo.squeezenet1_1(num_classes=5)),
    "convnext": ("features", lambda: zoo.ConvNeXt([CNBlockConfig(16, 32, 1), CNBlockConfig(32, None, 1)], 0, 1, 5)),
}
"""Networks of torchvision, some of them small, and the last layer with feature maps of each."""


def network(name: str = "squeezenet") -> nn.Module:
    torch.manual_seed(0)
    return NETWORKS[name][1]().eval()


def images(count: int = 2, side: int = 64) -> Tensor:
    return torch.randn(count, 3, side, side, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Curves of few steps, and one other method to compare with."""
    monkeypatch.setattr(deletion_insertion, "STEPS", 2)
    monkeypatch.setattr(deletion_insertion, "RANDOM_ORDERS", 2)
    monkeypatch.setattr(checks, "quick_methods", lambda *_: ["input_x_gradient"])


@pytest.mark.filterwarnings("ignore:Setting")
@pytest.mark.parametrize("name", NETWORKS)
def test_maps_of_torchvision_s_networks_are_captum_s(name: str, short: None) -> None:
    net, x = network(name), images()
    layer = net.get_submodule(NETWORKS[name][0])
    coarse = captum.LayerGradCam(net, layer).attribute(x, TARGET)
    expected = {
        "saliency": captum.Saliency(net).attribute(x, TARGET),
        "Input x Gradient": captum.InputXGradient(net).attribute(x, TARGET),
        "grad_cam": captum.LayerAttribution.interpolate(coarse, x.shape[2:], "bilinear"),
    }
    for method, values in expected.items():
        found = np.stack([each.map for each in cnn.explain(net, x, TARGET, method)])
        np.testing.assert_allclose(found, values.sum(1).detach(), rtol=1e-4, atol=1e-6 * float(values.abs().max()))
    (checked, _) = cnn.check(net, x, cnn.explain(net, x, TARGET, layer=layer))
    assert {checks.RANDOM, checks.EDGES} < checked.similarities.keys()
    assert [each.name for each in checked.checks if "lungs" in each.name] == []
    assert checked.verdict


@pytest.mark.filterwarnings("ignore:Setting")
def test_slower_methods_are_captum_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods, "STEPS", 12)
    net, x = network(), images(1)
    expected = {
        "integrated_gradients": captum.IntegratedGradients(net).attribute(x, 0, TARGET, n_steps=12),
        "guided_backprop": captum.GuidedBackprop(net).attribute(x, TARGET),
        "occlusion": captum.Occlusion(net).attribute(x, (3, 9, 9), (3, 4, 4), 0, TARGET),
    }
    for method, values in expected.items():
        (found,) = cnn.explain(net, x[0], TARGET, method)
        np.testing.assert_allclose(
            found.map, values[0].sum(0).detach(), rtol=1e-3, atol=1e-3 * float(values.abs().max())
        )


def test_the_network_is_left_as_it_was_and_changed_weights_count(short: None) -> None:
    net = network("resnet").train()
    before = copy.deepcopy(net.state_dict())
    (first, *_), hooks = cnn.explain(net, images(), TARGET), [len(each._forward_hooks) for each in net.modules()]
    cnn.check(net, images(), first.map[None].repeat(2, 0), TARGET, "grad_cam")
    assert net.training
    assert all(module.inplace for module in net.modules() if isinstance(module, nn.ReLU))
    assert not any(hooks)
    assert all(weight.grad is None for weight in net.parameters())
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())
    net.fc = nn.Linear(512, 5)
    assert not np.array_equal(cnn.explain(net, images(), TARGET)[0].map, first.map)


def test_a_loaded_network_whose_weights_change_is_not_answered_from_a_copy(lecture: LoadedModel) -> None:
    pixels = to_tensor(film(), lecture.input_size)
    prediction, values = classify(lecture, pixels), attribute(lecture, pixels, "saliency", 1).map
    with torch.no_grad():
        lecture.module.get_submodule("fc").weight.mul_(2)
    assert classify(lecture, pixels) != prediction
    np.testing.assert_allclose(attribute(lecture, pixels, "saliency", 1).map, 2 * values, rtol=1e-4, atol=1e-6)


def test_maps_from_elsewhere_are_checked_without_what_is_not_known(short: None) -> None:
    net, x = network(), images()
    values = torch.rand(2, 3, 64, 64)
    checked = cnn.check(net, x, values)
    assert [each.attribution.target for each in checked] == net(x).argmax(1).tolist()
    assert checks.RANDOM not in checked[0].similarities
    np.testing.assert_allclose(checked[1].attribution.map, values[1].sum(0), rtol=1e-6)
    assert checks.RANDOM in cnn.check(net, x, values.sum(1).numpy(), TARGET, "Saliency")[0].similarities


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: cnn.explain(network(), images().mean(1), TARGET), "cannot read these images"),
        (lambda: cnn.explain(network(), torch.zeros(2, 3, 64, 64, dtype=torch.uint8), TARGET), "decimals"),
        (lambda: cnn.explain(network(), images() / 0, TARGET), "not finite"),
        (lambda: cnn.explain(network(), images(), 5), "from 0 to 4"),
        (lambda: cnn.explain(network(), images(), [0, 1, 2]), "one for each of 2"),
        (lambda: cnn.explain(network(), images(), TARGET, "gradcam"), "no method named"),
        (lambda: cnn.explain(network(), images(), TARGET, layer="layer9"), "choose one of features"),
        (lambda: cnn.explain(network(), images(), TARGET, layer=nn.ReLU()), "no layer with feature maps"),
        (lambda: cnn.explain(nn.ReLU(), images(), TARGET), "no weights"),
        (lambda: cnn.explain(nn.Conv2d(3, 1, 3), images(), 0), "classifier gives"),
        (lambda: cnn.explain(nn.Sequential(nn.Flatten(), nn.Linear(12288, 2)), images(), 0), "needs feature maps"),
        (lambda: cnn.explain(network("resnet"), images(), TARGET, "deep_lift"), "DeepLift cannot be computed"),
        (lambda: cnn.check(network(), images(), np.zeros((3, 64, 64)), TARGET), "do not fit"),
        (lambda: cnn.check(network(), images(), np.zeros((2, 32, 32)), TARGET), "do not fit"),
    ],
)
def test_what_does_not_fit_is_a_sentence(wrong: Callable[[], object], words: str) -> None:
    with pytest.raises(UserError, match=words):
        wrong()


@pytest.mark.parametrize("side", [50, 64])
def test_sides_need_not_divide_and_one_logit_is_a_probability(side: int, short: None) -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 1)).double()
    x = torch.randn(1, 1, side, side + 7)
    (checked,) = cnn.check(net, x, cnn.explain(net, x, 0))
    assert checked.attribution.map.shape == (side, side + 7)
    curve = checked.curves.deletion[checks.MAP]
    assert curve[0] == pytest.approx(float(net(x.double()).sigmoid()))
    assert 0 < curve[-1] < 1


def test_everything_runs_where_the_network_is(
    lecture: LoadedModel, short: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a second device, where a tensor left behind is an error; the numbers are those of the CPU."""
    monkeypatch.setattr(lung_segmenter, "lung_probabilities", lambda films: (films > 0).float())
    monkeypatch.setattr(methods, "STEPS", 6)
    monkeypatch.setattr(methods, "SAMPLES", 6)
    monkeypatch.setattr(methods, "occlusion_window", lambda size: (size // 2, size // 4))
    pixels = to_tensor(film(), lecture.input_size)
    net, x = network(), images()
    chosen = ("grad_cam", "smoothgrad", "gradient_shap", "occlusion", "integrated_gradients")

    def answers(model: LoadedModel, module: nn.Module, batch: Tensor) -> list[object]:
        maps = [attribute(model, pixels, method, 1) for method in chosen]
        found: list[object] = [each.map for each in maps]
        found += [
            classify(model, pixels)[0].p_pneumonia,
            check_map(model, pixels, maps[0]).similarities[checks.RANDOM].rank,
        ]
        found += [each.map for each in cnn.explain(module, batch, TARGET)]
        return [*found, cnn.check(module, batch, cnn.explain(module, batch, TARGET))[0].curves.deletion[checks.MAP]]

    expected = answers(lecture, net, x)
    with second_device() as device:
        there = dataclasses.replace(lecture, module=copy.deepcopy(lecture.module).to(device))
        found = answers(there, copy.deepcopy(net).to(device), x.to(device))
        assert untrained_twin(there, (1, 128, 128)).device == there.device == torch.device(device)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)
