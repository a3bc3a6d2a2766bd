"""What one's own file registers is known everywhere, in this process, in the command line and in the app."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

import cnn
from cnn import cards
from cnn.attribution.attribute import attribute
from cnn.attribution.methods import METHODS
from cnn.errors import UserError
from cnn.extensions import run_extensions
from cnn.imaging.preprocess import to_tensor
from cnn.layers import network_text
from cnn.layers.layer import Layer, LayerInfo, Shape
from cnn.models import registry
from cnn.models.architectures import lecture as build
from cnn.models.loading import LoadedModel
from cnn.predict import command
from tests.support.random_weights import film, png_film

EXTENSION = """
import cnn
from cnn.models.architectures import lecture

@cnn.register_method("mine", title="My method", meaning="strength")
def mine(attempt):
    return attempt.gradient(attempt.pixels) ** 2

cnn.register_model("twin", lecture, 128, {folder!r}, cam_layers=("relu5",), title="My network")
"""


@pytest.fixture(autouse=True)
def registries() -> Iterator[None]:
    """Put back what a test registers."""
    tables: tuple[dict, ...] = (METHODS, registry.MODELS, registry.REGISTRY, cards.OTHER_TITLES)
    before, layers = [dict(table) for table in tables], list(network_text.LAYERS)
    yield
    for table, entries in zip(tables, before, strict=True):
        table.clear()
        table.update(entries)
    network_text.LAYERS[:] = layers
    run_extensions.cache_clear()


def own_weights(weights: Path, folder: Path) -> Path:
    """The weights of the lecture's network under another name."""
    (folder / "twin.safetensors").write_bytes((weights / "lecture.safetensors").read_bytes())
    cards.write_card(folder, "twin", cards.read_card(weights, "lecture"))
    return folder


def test_a_method_is_a_function_of_an_attempt(lecture: LoadedModel) -> None:
    @cnn.register_method("mine", title="My method", meaning="strength")
    def mine(attempt: object) -> object:
        return attempt.gradient(attempt.pixels) ** 2

    found = attribute(lecture, to_tensor(film(), 128), "mine", 1)
    assert found.map.shape == (128, 128)
    assert cnn.explain(lecture.module, to_tensor(film(), 128), 1, "my method")[0].meaning == "strength"
    with pytest.raises(UserError, match="already"):
        cnn.register_method("mine")(mine)


def test_a_layer_is_a_word_of_the_text() -> None:
    @cnn.register_layer
    @dataclass(frozen=True)
    class Identity(Layer):
        title: ClassVar[str] = "Identity"
        words: ClassVar[tuple[str, ...]] = ("same",)

        def infer(self, input_shape: Shape) -> LayerInfo:
            return LayerInfo(input_shape, input_shape)

        def torch_code(self, input_shape: Shape) -> str:
            return "nn.Identity()"

    assert "Identity" in repr(cnn.net("8x8x1, same, conv 2 3").module())
    with pytest.raises(UserError, match="words of its own"):
        cnn.register_layer(Identity)


def test_a_network_has_its_own_folder(weights: Path, tmp_path: Path, lecture: LoadedModel) -> None:
    cnn.register_model("twin", build, 128, own_weights(weights, tmp_path), title="My network")
    model = cnn.load("my network", device="cpu").model
    assert (model.name, model.weights_sha256) == ("twin", lecture.weights_sha256)
    with pytest.raises(UserError, match="already"):
        cnn.register_model("transfer", build, 128, tmp_path)


def test_the_command_line_runs_the_file_that_the_environment_names(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.py").write_text(EXTENSION.format(folder=str(own_weights(weights, tmp_path))))
    (tmp_path / "film.png").write_bytes(png_film())
    for file, code, words in (("mine.py", 0, ",twin,"), ("nowhere.py", 2, "is no file")):
        monkeypatch.setenv("CNN_EXTENSIONS", str(tmp_path / file))
        run_extensions.cache_clear()
        assert command.main([str(tmp_path / "film.png"), "--model", "twin", "--insist"]) == code
        assert words in "".join(capsys.readouterr())
