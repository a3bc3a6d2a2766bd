"""Published numbers: computed as said, the same again from the shipped weights, and the README's are the cards'."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cnn import cards as cards_module
from cnn.evaluation import scores
from cnn.evaluation.scores import Scores
from cnn.models import loading, lung_segmenter
from cnn.training import classifier, evaluate
from cnn.training.data import paediatric_films
from tests.support.tiny_dataset import make_adults, make_children

ROOT = Path(__file__).parents[2]


def scored(count: int = 60) -> Scores:
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 2, count)
    logits = 2 * labels + generator.normal(0, 2, count)
    return Scores(logits, labels, np.arange(count) // 2, np.zeros(count, int), np.full(count, 0.5))


def test_intervals_hold_the_number() -> None:
    found = evaluate.report(scored())
    assert (found["films"], found["pneumonia"]) == (60, scored().labels.sum())
    for key, (low, high) in found["interval_95"].items():
        if key != "ece":  # biased upwards: drawing films again adds noise to every bin
            assert low <= found[key] <= high, key
        assert low < high


def test_over_seeds_is_mean_and_spread() -> None:
    parts = [scored(), scored().select(np.arange(30))]
    values = [evaluate.report(part)["auc"] for part in parts]
    found = evaluate.over_seeds(parts)["auc"]
    assert found["mean"] == pytest.approx(np.mean(values))
    assert found["sd"] == pytest.approx(np.std(values, ddof=1))


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path, Path]:
    """Folders of children, adults, and of a floor trained on them for two seeds."""

    def masks(films: Tensor) -> Tensor:
        found = torch.zeros(len(films), 1, lung_segmenter.INPUT_SIZE, lung_segmenter.INPUT_SIZE)
        found[:, :, 50:170, 35:190] = 1
        return found

    monkeypatch.setattr(lung_segmenter, "lung_probabilities", masks)
    monkeypatch.setattr(classifier, "VALIDATION_FOLDS", 3)
    classifier._pixels_and_lungs.cache_clear()
    children, adults = make_children(tmp_path / "children"), make_adults(tmp_path / "adults")
    for seed in (0, 1):
        folder = tmp_path / "runs" / f"seed-{seed}"
        folder.mkdir(parents=True)
        split = classifier.Split.of(children, adults, seed)
        classifier.finish("logistic_regression", classifier.fit_floor(split), split, seed, folder)
    return children, adults, tmp_path / "runs"


def test_numbers_come_from_test_films_and_adults_left_out(trained: tuple[Path, Path, Path], tmp_path: Path) -> None:
    children, adults, runs = trained
    evaluate.ship(runs / "seed-0", ("logistic_regression",), tmp_path)
    folders = {seed: runs / f"seed-{seed}" for seed in (0, 1)}
    numbers = evaluate.evaluate("logistic_regression", children, adults, folders, tmp_path)
    assert numbers["test"]["films"] == 24
    assert numbers["test"]["auc"] > 0.9  # the patch is plain to see
    left_out = [len(classifier.Split.of(children, adults, seed).adults_out) for seed in (0, 1)]
    assert numbers["adults_left_out"]["films"] == sum(left_out)
    assert numbers["test_auc_when_hidden"]["nothing but the lungs visible"] > 0.9
    assert len(numbers["test_auc_when_hidden"]) == 3
    assert numbers["test_over_seeds"]["auc"]["each"][0] == numbers["test"]["auc"]


def test_the_scores_say_what_the_sources_say_but_not_who(trained: tuple[Path, Path, Path], tmp_path: Path) -> None:
    children, adults, runs = trained
    evaluate.ship(runs / "seed-0", ("logistic_regression",), tmp_path)
    evaluate.evaluate("logistic_regression", children, adults, {0: runs / "seed-0"}, tmp_path)
    found = scores.read(tmp_path, "logistic_regression", evaluate.GROUPS)
    assert set(found["adults_left_out"].metadata) == {"age", "sex", "view", "text_mined_label"}
    assert set(found["adults_left_out"].metadata["text_mined_label"]) == {"0", "1"}
    causes, labels = found["test"].metadata["cause"], found["test"].labels
    assert ((causes == "bacteria") == (labels == 1)).all()
    assert len(np.unique(found["test"].patients)) == 12 + 6  # every second film of pneumonia is of one seen before
    again = loading.load_from(tmp_path, "logistic_regression")
    films = paediatric_films(children, ("test",))
    logits = evaluate.logits_of(again, evaluate.pixels_of(tuple(films), again.input_size))
    np.testing.assert_allclose(np.sort(found["test"].logits), np.sort(logits), atol=1e-4)


def test_shipping_copies_what_the_cards_describe(trained: tuple[Path, Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "shipped"
    out.mkdir()
    evaluate.ship(trained[2] / "seed-0", ("logistic_regression", "ensemble"), out)
    assert isinstance(loading.load_from(out, "logistic_regression").module, nn.Sequential)
    assert sorted(path.name for path in out.iterdir()) == [
        "logistic_regression.json",
        "logistic_regression.safetensors",
    ]


def test_the_model_cards_table_is_computed() -> None:
    cards = {name: cards_module.read_card(cards_module.WEIGHTS_FOLDER, name)["metrics"] for name in classifier.ORDER}
    assert evaluate.table(cards) in (ROOT / "weights" / "README.md").read_text(encoding="utf-8")


def test_cards_hold_numbers_over_three_seeds_chosen_before_the_test() -> None:
    for name in classifier.ORDER:
        card = json.loads((cards_module.WEIGHTS_FOLDER / f"{name}.json").read_text())
        assert len(card["metrics"]["test_over_seeds"]["auc"]["each"]) >= 3
        assert card["seed"] == 0
        assert card["threshold_rule"] == classifier.THRESHOLD_RULE
