"""Fitting the gate: axes that make distances, limits that let films pass, and a small run from folder to card."""

from pathlib import Path

import numpy as np
import pytest
import torch

from cnn import cards
from cnn.models import loading, lung_segmenter, ood_gate
from cnn.models.architectures import LungNet
from cnn.training.ood_gate import film_corruptions, fit
from cnn.training.ood_gate.fit import Group
from tests.support.tiny_dataset import make_adults, make_children


def test_after_whitening_a_length_is_a_mahalanobis_distance() -> None:
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(500, 4, generator=generator) @ torch.randn(4, 4, generator=generator) + 3
    weight, bias = fit.whitening(features, 4)
    away = (features - features.mean(dim=0)).double()
    inverse = torch.linalg.inv(torch.cov(features.T.double()))
    expected = torch.einsum("nf,fg,ng->n", away, inverse, away).sqrt()
    torch.testing.assert_close((features @ weight.T + bias).norm(dim=1).double(), expected, atol=1e-3, rtol=1e-3)


def scored(part: str, kind: str, areas: list[float]) -> fit.Scored:
    lungs = -np.array(areas, dtype=np.float32)
    nothing = np.zeros_like(lungs)
    scores = {"kind": nothing, "distance": nothing, "lungs": lungs}
    return Group(f"{part} {kind}", part, kind, torch.zeros(len(areas))), scores


def test_a_limit_lets_the_films_pass_that_it_should() -> None:
    films = scored("limit", "film", [0.2 + 0.001 * number for number in range(200)])
    limits = fit.limits_of([films, scored("report", "other", [0.0])])
    assert (films[1]["lungs"] > limits["lungs"]).mean() == pytest.approx(1 - fit.PASSED, abs=0.02)


def test_rejected_images_are_counted_by_kind() -> None:
    groups = [
        scored("report", "other", [0.0, 0.0, 0.0, 0.3]),
        scored("report", "film", [0.3, 0.3, 0.0]),
        scored("fit", "other", [0.9]),
    ]
    shares = fit.evaluate(("lungs",), {"lungs": -0.1}, groups)
    assert shares["caught"] == {"report": 0.75}
    assert shares["by_kind"] == {"report other": 0.75}
    assert shares["films"] == {"report film": pytest.approx(1 / 3)}


def test_a_small_run_writes_a_gate_that_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    films, adults, out = make_children(tmp_path / "films", 4), make_adults(tmp_path / "adults", 8), tmp_path / "weights"
    torch.manual_seed(0)
    network = LungNet().eval()
    loading.write_weights(out, "lung_segmenter", network, {"classes": ["lung"]})
    monkeypatch.setattr(cards, "WEIGHTS_FOLDER", out)
    monkeypatch.setattr(lung_segmenter, "load", lambda: network)
    monkeypatch.setattr(film_corruptions, "ACCEPTED", {"mirrored": film_corruptions.mirror})
    monkeypatch.setattr(ood_gate, "AXES", 8)
    for name, value in (("VALIDATION_FOLDS", 2), ("FIT_CORRUPTED", 2), ("REPORT_CORRUPTED", 2)):
        monkeypatch.setattr(fit, name, value)
    noise = np.random.default_rng(0).random((3, 40, 40)).astype(np.float32)
    monkeypatch.setattr(fit.negatives, "images", lambda part: [(f"noise to {part}", greys) for greys in noise])
    monkeypatch.setattr("sys.argv", ["fit", str(films), "--adults", str(adults), "--out", str(out)])
    fit.main()
    limits = ood_gate.load_from(out).limits
    card = cards.read_card(out, "ood_gate")
    assert set(limits) == set(fit.SCORES)
    assert 0 < limits["kind"] < 1
    assert 0 <= limits["lungs"] <= 1
    assert [each["name"] for each in card["compared"]] == [*fit.SCORES.values(), card["chosen"]]
    assert set(card["compared"][-1]["films"]) >= {"official test films", "adults of all patients", "films mirrored"}
