"""The recipes of CONTRIBUTING.md work as they stand there: each is done, line for line, and used."""

import re
from functools import partial
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cnn.attribution import attribute, methods
from cnn.attribution.attribution import Attribution
from cnn.imaging.preprocess import to_tensor
from cnn.layers import layers, network_text, to_torch
from cnn.models import loading, registry
from cnn.predict.prediction import predict
from tests.support.app import printed, shown_text
from tests.support.random_weights import film, write_weights
from ui.shell import frame

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
RECIPES = dict(re.findall(r"```python\n# ([^\n]+)\n(.*?)```", TEXT, re.S))


def entry(where: str, names: dict) -> dict:
    """What a line that goes into a dictionary stands for."""
    return dict(eval(f"{{{RECIPES[where]}}}", names))


def test_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    chapter = eval(RECIPES["ui/shell/frame.py, in COURSE"], {"Chapter": frame.Chapter})
    assert RECIPES.get(f"pages/{chapter.file}.py")
    monkeypatch.setattr(frame, "COURSE", {"New": (chapter,)})
    app = AppTest.from_string(RECIPES[f"pages/{chapter.file}.py"], default_timeout=60)
    app.session_state[frame.THROUGH_THE_FRONT_DOOR] = True
    app.session_state[frame.VISITED] = [chapter.file]
    app.query_params["greys"] = "2"
    app.run()
    assert not app.exception
    assert "2 greys." in shown_text(app)
    assert "What you now know" in shown_text(app)


def test_a_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    names = dict(vars(layers))
    exec(RECIPES["cnn/layers/layers.py"], names)
    monkeypatch.setattr(network_text, "LAYERS", (*network_text.LAYERS, names["Upsample"]))
    network = network_text.parse("8x6x3, conv 4 3 p1, up 2, relu")
    assert str(network) == "8x6x3, conv 4 3 p1, up 2, relu"
    assert str(network.layer_infos()[1].output) == "16x12x4"
    assert printed(to_torch.torch_code(network)) == to_torch.expected_output(network)


def test_a_model_and_every_method_on_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = entry("cnn/models/registry.py, in MODELS", vars(registry) | {"partial": partial})
    monkeypatch.setattr(registry, "MODELS", made)
    monkeypatch.setattr(registry, "REGISTRY", registry.REGISTRY | made)
    monkeypatch.setattr(loading, "REGISTRY", registry.REGISTRY)
    model = loading.load_from(write_weights(tmp_path), "short")
    assert 0 < predict(model, film()).p_pneumonia < 1
    pixels = to_tensor(film(), model.input_size)
    for method in ("grad_cam", "deep_lift", "guided_backprop"):  # those that hook layers
        assert attribute.attribute(model, pixels, method, 1).map.shape == (128, 128)


def test_a_saliency_method(lecture: loading.LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    names = vars(methods).copy()
    exec(RECIPES["cnn/attribution/methods.py"], names)
    for name, method in entry("cnn/attribution/methods.py, in METHODS", names).items():
        monkeypatch.setitem(methods.METHODS, name, method)
    found = attribute.attribute(lecture, to_tensor(film(), lecture.input_size), "gradient", 1)
    assert isinstance(found, Attribution)
    assert found.map.any()


def test_every_recipe_is_done_and_every_place_is_there() -> None:
    assert len(RECIPES) == TEXT.count("```python") == 6
    for place in re.findall(r"`((?:cnn|ui|tests|docs|pages)/[a-z_/]+\.(?:py|md))`", TEXT):
        assert (ROOT / place).exists() or place == "pages/greys.py", place
    tables = {
        "BUILDERS": "cnn/layers/from_graph.py",
        "RECIPES": "cnn/training/classifier.py",
        "ORDER": "cnn/training/classifier.py",
        "NETWORKS": "cnn/cards.py",
    }
    for name, file in tables.items():
        assert re.search(rf"^{name}\b", (ROOT / file).read_text(encoding="utf-8"), re.M), (name, file)
