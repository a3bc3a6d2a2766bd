"""What ``import cnn`` offers: light, lazy, complete, and short to use."""

import io
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
from PIL import Image

import cnn
from cnn.errors import ImageRejected, UserError
from cnn.models import loading, ood_gate
from tests.support.random_weights import film, png_film, write_gate


@pytest.fixture
def networks(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shipped weights are random ones, and the gate lets every film through."""
    monkeypatch.setattr(loading, "WEIGHTS_FOLDER", weights)
    loading.load.cache_clear()
    yield
    loading.load.cache_clear()


def test_import_cnn_loads_nothing_heavy_and_describes_networks_without_torch() -> None:
    code = (
        "import sys, cnn; heavy = {'torch', 'numpy', 'PIL', 'pydicom', 'captum', 'streamlit'}; "
        "assert not heavy & sys.modules.keys(); assert set(cnn.__all__) <= set(dir(cnn)); "
        "assert cnn.net('8x8x1, conv 2 3, flatten, fc 2').parameters == 166; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_name_is_there_and_no_other() -> None:
    assert all(callable(getattr(cnn, name)) for name in cnn.__all__)
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        cnn.lode  # noqa: B018


def test_a_network_is_a_table_of_numbers_code_and_a_module() -> None:
    net = cnn.net("32x32x3, conv 16 3 p1, relu, max 2, flatten, fc 10")
    module = net.module()
    assert net.parameters == sum(weight.numel() for weight in module.parameters())
    assert [row.output for row in net][-1] == (10,)
    assert net.receptive_field.size == 4
    assert net.code().count("nn.Conv2d(3, 16, kernel_size=3, padding=1)") == 1
    assert str(net).count("\n") == 6
    assert "<td>16x32x32</td>" in net._repr_html_()
    with pytest.raises(UserError):
        cnn.net("8x8x1, conv 2 9")


def test_a_film_is_read_from_whatever_holds_it(tmp_path: Path) -> None:
    data = png_film()
    (tmp_path / "film.png").write_bytes(data)
    greys = np.asarray(Image.open(io.BytesIO(data)))
    films = [cnn.read(each) for each in (tmp_path / "film.png", str(tmp_path / "film.png"), data, greys)]
    films += [cnn.read(films[0]), cnn.read((greys / 255).astype(np.float32))]
    assert all(np.allclose(each.pixels, films[0].pixels, atol=1e-6) for each in films)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("nowhere.png", "cannot be read"),
        (b"", "empty"),
        (np.zeros((4, 80, 80)), r"give greys of shape \(height, width\)"),
        (np.full((80, 80), np.nan), "0 to 1"),
        (np.linspace(0, 255, 6400).reshape(80, 80), "divide it"),
        (np.zeros((80, 80), np.uint8), "one single grey"),
        (np.eye(9, dtype=np.uint8), "at least 64"),
    ],
)
def test_what_is_no_film_is_refused_in_a_sentence(source: object, words: str) -> None:
    with pytest.raises(ImageRejected, match=words):
        cnn.read(source)


def test_a_reading_has_maps_verdicts_and_a_figure(networks: None) -> None:
    reading = cnn.load("Lecture CNN (from scratch)", device="cpu").read(film())
    assert 0 <= reading.probability <= 1
    assert reading.label == ("PNEUMONIA" if reading.probability >= reading.threshold else "NORMAL")
    explained = reading.explain("Grad-CAM", "saliency").check()
    assert list(explained.verdicts) == ["Grad-CAM", "Saliency"]
    figure = explained.plot()
    assert [axis.get_title() for axis in figure.axes] == ["Film", "Grad-CAM", "Saliency"]
    assert figure._repr_png_().startswith(b"\x89PNG")
    assert '"method": "saliency"' in explained.record()
    assert str(explained).startswith("Grad-CAM: ")


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: cnn.load("lode"),
        lambda: cnn.load(device="cuda:99"),
        lambda: cnn.load("lecture").read(film()).explain("grad-camera"),
        lambda: cnn.load("lecture").read(film()).explain(target="FLU"),
    ],
)
def test_a_wrong_name_is_a_sentence(networks: None, wrong: object) -> None:
    with pytest.raises(UserError, match="There is no"):
        wrong()


def test_a_rejected_film_has_no_prediction_unless_it_is_insisted_on(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copytree(weights, tmp_path / "strict")
    write_gate(folder, distance=1e-9)
    monkeypatch.setattr(ood_gate, "load", lambda on=None: ood_gate.load_from(folder, on))
    classifier = cnn.library.classifier.Classifier(loading.load_from(folder, "lecture"))
    reading = classifier.read(film())
    assert (reading.probability, reading.label) == (None, None)
    assert "does not look like" in str(reading)
    assert str(reading) in reading.notes
    with pytest.raises(UserError, match="insist"):
        reading.explain()
    insisted = classifier.read(film(), insist=True)
    assert insisted.label
    assert not insisted.gate.accepted
    assert insisted.gate.reason in insisted.record()
