"""Published numbers: computed as said, the same again from the shipped weights, and the README's are the cards'."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from films import make_adults, make_children
from torch import Tensor, nn

from cnn import evaluate, lungs, models, train
from cnn.evaluate import Scored

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "REPEATS", 100)


def scored(count: int = 60) -> Scored:
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 2, count)
    chances = (0.3 * labels + 0.7 * generator.random(count)).astype(float)
    return Scored(chances, labels, np.array([f"p{number // 2}" for number in range(count)]), 0.5)


def test_intervals_hold_the_number() -> None:
    found = evaluate.report(scored())
    for key, (low, high) in found["interval_95"].items():
        if key != "ece":  # biased upwards: drawing films again adds noise to every bin
            assert low <= found[key] <= high, key
        assert low < high


def test_over_seeds_is_mean_and_spread() -> None:
    parts = [scored(), scored().take(np.arange(30))]
    values = [part.summary()["auc"] for part in parts]
    found = evaluate.over_seeds(parts)["auc"]
    assert found["mean"] == pytest.approx(np.mean(values))
    assert found["sd"] == pytest.approx(np.std(values, ddof=1))


def test_pooled_films_are_all_there_once() -> None:
    whole = scored()
    parts = [whole.take(np.arange(20)), whole.take(np.arange(20, 60))]
    np.testing.assert_array_equal(evaluate.pooled(parts).probabilities, whole.probabilities)


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path, Path]:
    """Folders of children, adults, and of a floor trained on them for two seeds."""

    def masks(films: Tensor) -> Tensor:
        found = torch.zeros(len(films), 1, lungs.SIZE, lungs.SIZE)
        found[:, :, 50:170, 35:190] = 1
        return found

    monkeypatch.setattr(lungs, "lung_masks", masks)
    monkeypatch.setattr(train, "VALIDATION_FOLDS", 3)
    train._pixels_and_lungs.cache_clear()
    children, adults = make_children(tmp_path / "children"), make_adults(tmp_path / "adults")
    for seed in (0, 1):
        folder = tmp_path / "runs" / f"seed-{seed}"
        folder.mkdir(parents=True)
        split = train.Split.of(children, adults, seed)
        train.finish("floor", train.fit_floor(split), split, seed, folder)
    return children, adults, tmp_path / "runs"


def test_numbers_come_from_test_films_and_adults_left_out(trained: tuple[Path, Path, Path]) -> None:
    children, adults, runs = trained
    numbers = evaluate.evaluate("floor", children, adults, {seed: runs / f"seed-{seed}" for seed in (0, 1)})
    assert numbers["test"]["films"] == 24
    assert numbers["test"]["auc"] > 0.9  # the patch is plain to see
    left_out = [len(train.Split.of(children, adults, seed).adults_out) for seed in (0, 1)]
    assert numbers["adults_left_out"]["films"] == sum(left_out)
    assert numbers["test_auc_when_hidden"]["nothing but the lungs visible"] > 0.9
    assert len(numbers["test_auc_when_hidden"]) == 3
    assert numbers["test_over_seeds"]["auc"]["each"][0] == numbers["test"]["auc"]


def test_shipping_copies_what_the_cards_describe(trained: tuple[Path, Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "shipped"
    out.mkdir()
    evaluate.ship(trained[2] / "seed-0", ("floor", "ensemble"), out)
    assert isinstance(models.load_from(out, "floor").module, nn.Sequential)
    assert sorted(path.name for path in out.iterdir()) == ["floor.json", "floor.safetensors"]


def test_the_readme_s_table_is_the_cards() -> None:
    cards = {name: models.read_card(models.WEIGHTS, name)["metrics"] for name in train.ORDER}
    assert evaluate.table(cards) in (ROOT / "README.md").read_text(encoding="utf-8")


def test_cards_hold_numbers_over_three_seeds_chosen_before_the_test() -> None:
    for name in train.ORDER:
        card = json.loads((models.WEIGHTS / f"{name}.json").read_text())
        assert len(card["metrics"]["test_over_seeds"]["auc"]["each"]) >= 3
        assert card["seed"] == 0
        assert card["threshold_rule"] == train.THRESHOLD_RULE
