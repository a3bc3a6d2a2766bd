"""ONNX Runtime gives PyTorch's logits, whatever else happens on the machine, and PyTorch steps in where it cannot."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from cnn.imaging.preprocess import to_tensor
from cnn.imaging.radiograph import read_radiograph
from cnn.imaging.samples.built_in import SAMPLES
from cnn.models import cores, engine, loading, lung_segmenter, ood_gate, registry
from cnn.predict.prediction import classify

TOLERANCE = 1e-5


@pytest.fixture
def no_runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """ONNX Runtime is not installed."""
    engine.runtime.cache_clear()
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    yield
    engine.runtime.cache_clear()


def built_in(size: int) -> Tensor:
    """All built-in films, (B, 1, size, size)."""
    return torch.cat([to_tensor(read_radiograph(*sample.read()), size) for sample in SAMPLES])


@pytest.mark.parametrize("name", registry.REGISTRY)
def test_the_shipped_networks_have_torch_s_logits_and_labels(name: str) -> None:
    model = loading.load(name)
    films = built_in(model.input_size)
    assert engine.find_engine(model.module, films)
    with torch.inference_mode():
        expected = model.module(films).double()
    torch.testing.assert_close(model.logits(films), expected, rtol=0, atol=TOLERANCE)
    positive = (expected / model.temperature).softmax(1)[:, 1] >= model.threshold
    assert [each.label == "PNEUMONIA" for each in classify(model, films)] == positive.tolist()


def test_the_segmenter_has_torch_s_levels_and_masks() -> None:
    network, films = lung_segmenter.load(), built_in(lung_segmenter.INPUT_SIZE)
    assert engine.find_engine(network, films)
    with torch.inference_mode():
        expected = network.forward_with_levels(films)
    for values, theirs in zip(engine.run(network, films), expected, strict=True):
        torch.testing.assert_close(values, theirs, rtol=0, atol=TOLERANCE * float(theirs.abs().max()))


@pytest.mark.usefixtures("no_runtime")
def test_torch_does_the_work_where_the_engine_is_missing() -> None:
    model, films = loading.load_from(loading.WEIGHTS_FOLDER, "lecture"), built_in(ood_gate.INPUT_SIZE)
    assert engine.find_engine(model.module, films) is None
    assert [each.accepted for each in ood_gate.check_batch(films)] == [each.key != "ankle" for each in SAMPLES]
    assert len(classify(model, built_in(model.input_size))) == len(SAMPLES)


@pytest.mark.parametrize(
    "layer",
    [
        nn.Sigmoid(),
        nn.Conv2d(1, 1, 3, padding="same"),
        nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect"),
        nn.MaxPool2d(3, padding=1),
        nn.AdaptiveAvgPool2d(2),
        nn.BatchNorm2d(1, affine=False),
        nn.Conv2d(1, 1, 3).double(),
    ],
    ids=str,
)
def test_torch_does_the_work_where_a_layer_is_another(layer: nn.Module) -> None:
    network, films = nn.Sequential(layer, nn.Flatten()).eval(), torch.randn(2, 1, 9, 9)
    assert engine.find_engine(network, films) is None
    films = films.to(next((each.dtype for each in layer.parameters()), films.dtype))
    torch.testing.assert_close(engine.run(network, films)[0], network(films))


def test_new_weights_give_new_logits() -> None:
    network, films = nn.Sequential(nn.Flatten(), nn.Linear(4, 2)).eval(), torch.ones(1, 1, 2, 2)
    before = engine.run(network, films)[0]
    with torch.no_grad():
        network[1].weight.add_(1)
    torch.testing.assert_close(engine.run(network, films)[0], before + 4)


def test_the_last_digit_depends_on_no_number_of_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    films, results = built_in(224), []
    monkeypatch.setattr(cores, "count_running", lambda: 1)
    for number in (1, 2, 3):
        monkeypatch.setattr(cores, "CORES", number)
        results.append(loading.load_from(loading.WEIGHTS_FOLDER, "transfer").logits(films))
    assert all(torch.equal(each, results[0]) for each in results)


def test_one_reader_gets_all_cores_and_many_get_one_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "CORES", 4)
    monkeypatch.setattr(cores, "ALONE_S", 0)
    monkeypatch.setattr(cores, "count_running", lambda: 1)
    with cores.claim_idle() as first, cores.claim_idle() as second, cores.claim_idle() as third:
        assert (first, second, third) == (4, 1, 1)
    with cores.claim_idle() as alone:
        assert alone == 4
    monkeypatch.setattr(cores, "count_running", lambda: 9)
    with cores.claim_idle() as among_other_programs:
        assert among_other_programs == 1
    monkeypatch.setattr(cores, "count_running", lambda: 1)
    monkeypatch.setattr(cores, "ALONE_S", 0.1)
    with cores.claim_idle(), cores.claim_idle():
        pass
    with cores.claim_idle() as soon_after_another:
        assert soon_after_another == 1


def test_no_report_is_made_of_what_was_run(tmp_path: Path) -> None:
    """ONNX Runtime's own reports would first be kept in a file of the home folder; it makes none where CI is set."""
    run = (
        "import torch; from cnn.models import engine, loading; model = loading.load('lecture');"
        "assert engine.find_engine(model.module, pixels := torch.zeros(1, 1, model.input_size, model.input_size));"
        "model.logits(pixels)"
    )
    environment = {name: value for name, value in os.environ.items() if name not in ("CI", "ORT_DISABLE_TELEMETRY")}
    subprocess.run([sys.executable, "-c", run], env=environment | {"HOME": str(tmp_path)}, check=True)
    assert list(tmp_path.rglob("*onnxruntime*")) == []
