"""Fitting the refusal: axes that make distances, limits that let films pass, and a small run from folder to card."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from cnn import cards
from cnn.models import loading, lung_segmenter, ood_gate
from cnn.training.ood_gate import film_corruptions, fit
from cnn.training.ood_gate.fit import Group, Seen
from cnn.training.ood_gate.negatives import Picture
from tests.support.tiny_dataset import make_adults, make_children


def test_after_the_axes_a_length_is_a_mahalanobis_distance() -> None:
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(500, 4, generator=generator) @ torch.randn(4, 4, generator=generator) + 3
    weight, bias = fit.axes_of(features, 4)
    away = (features - features.mean(dim=0)).double()
    inverse = torch.linalg.inv(torch.cov(features.T.double()))
    expected = torch.einsum("nf,fg,ng->n", away, inverse, away).sqrt()
    torch.testing.assert_close((features @ weight.T + bias).norm(dim=1).double(), expected, atol=1e-3, rtol=1e-3)


def seen(part: str, kind: str, areas: list[float]) -> Seen:
    masks = torch.zeros(len(areas), 1, 10, 10, dtype=torch.bool)
    for mask, area in zip(masks, areas, strict=True):
        mask.view(-1)[: round(area * 100)] = True
    nothing = torch.zeros(len(areas), 1)
    return Seen(Group(f"{part} {kind}", part, kind, nothing), nothing, masks, nothing, nothing[:, 0])


def area(each: Seen) -> np.ndarray:
    return -each.lungs.float().mean(dim=(1, 2, 3)).numpy()


def test_a_limit_lets_the_films_pass_that_it_should_and_is_kept_in_the_gate_s_units() -> None:
    films = seen("limit", "film", [0.2 + 0.001 * number for number in range(200)])
    limit = fit.limit_of(area, [films, seen("choose", "other", [0.0])])
    assert (area(films) > limit).mean() == pytest.approx(1 - fit.PASSED, abs=0.02)
    assert fit._limit("lungs", limit) == -limit
    assert fit._limit("kind", 0.0) == 0.5


def test_what_is_refused_is_counted_by_part_and_kind() -> None:
    groups = [seen("choose", "other", [0.0, 0.3]), seen("report", "other", [0.0, 0.0, 0.0, 0.3]),
              seen("report", "film", [0.3, 0.3, 0.0]), seen("fit", "other", [0.9])]  # fmt: skip
    found = fit.measure("area", [(area, -0.1)], groups)
    assert found.caught == {"choose": 0.5, "report": 0.75}
    assert found.films == {"report film": pytest.approx(1 / 3)}


def test_a_small_run_writes_a_gate_that_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    films, adults, out = make_children(tmp_path / "films", 4), make_adults(tmp_path / "adults", 8), tmp_path / "weights"
    torch.manual_seed(0)
    network = lung_segmenter.LungNet().eval()
    monkeypatch.setattr(fit.lung_segmenter, "load", lambda: network)
    classifier = SimpleNamespace(module=nn.Sequential(nn.AvgPool2d(56), nn.Flatten(), nn.Linear(16, 2)))
    monkeypatch.setattr(fit.loading, "load", lambda: classifier)
    monkeypatch.setattr(fit.cards, "read_card", lambda folder, name: {"sha256": "of the lungs"})
    monkeypatch.setattr(fit.film_corruptions, "ACCEPTED", {"mirrored": film_corruptions.mirrored})
    monkeypatch.setattr(ood_gate, "AXES", 8)
    for name, value in (("VALIDATION_FOLDS", 2), ("CHANGED", 2), ("SHOWN_CHANGED", 2)):
        monkeypatch.setattr(fit, name, value)
    noise = np.random.default_rng(0).random((3, 40, 40)).astype(np.float32)
    monkeypatch.setattr(fit, "pictures", lambda part: [Picture("noise", part, each) for each in noise])
    monkeypatch.setattr(sys, "argv", ["refuse_fit", str(films), "--adults", str(adults), "--out", str(out)])
    fit.main()
    gate = ood_gate.Gate()
    monkeypatch.undo()
    card = cards.read_card(out, "ood_gate")
    loading.load_weights(gate, loading.read_weights(out, "ood_gate")[0], "ood_gate")
    assert card["chosen"] in {each["name"] for each in card["compared"]}
    assert len(card["compared"]) == 7 + 4
    used = {fit.GATE[name] for name in card["chosen"].split(" or ")}
    assert {key for key, limit in card["limits"].items() if limit is not None} == used
