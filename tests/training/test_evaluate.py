"""Published numbers: computed from test films and adults left out, the same again from the shipped weights."""

from pathlib import Path

import numpy as np
import pytest
from torch import nn

from cnn import cards
from cnn.evaluation import scores
from cnn.evaluation.scores import Scores
from cnn.models import loading
from cnn.training import evaluate
from cnn.training.classifier import networks
from cnn.training.classifier.experiment import Split
from cnn.training.data import paediatric_films

NAME = "logistic_regression"


def random_scores(count: int = 60) -> Scores:
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 2, count)
    logits = 2 * labels + generator.normal(0, 2, count)
    return Scores(logits, labels, np.arange(count) // 2, np.zeros(count, int), np.full(count, 0.5))


def test_intervals_hold_the_number() -> None:
    report = evaluate.report(random_scores())
    assert (report["films"], report["pneumonia"]) == (60, random_scores().labels.sum())
    for key, (low, high) in report["interval_95"].items():
        if key != "ece":  # biased upwards: drawing films again adds noise to every bin
            assert low <= report[key] <= high, key
        assert low < high


def test_the_command_measures_test_films_and_adults_left_out(
    folders: tuple[Path, Path], runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    children, adults = folders
    out = tmp_path / "shipped"
    out.mkdir()
    monkeypatch.setattr(evaluate, "ORDER", (NAME,))
    arguments = ["--adults", str(adults), "--runs", str(runs), "--seeds", "0", "1", "--weights", str(out)]
    monkeypatch.setattr("sys.argv", ["evaluate", str(children), *arguments])
    evaluate.main()
    numbers = cards.read_card(out, NAME)["metrics"]
    assert numbers["test"]["films"] == 24
    assert numbers["test"]["auc"] > 0.9  # the patch is plain to see
    left_out = [len(Split.of(children, adults, seed).adults_out) for seed in (0, 1)]
    assert numbers["adults_left_out"]["films"] == sum(left_out)
    assert numbers["test_auc_when_hidden"]["nothing but the lungs visible"] > 0.9
    assert len(numbers["test_auc_when_hidden"]) == 3
    for chosen, over_seeds, measure in (
        (numbers["test"], numbers["test_over_seeds"], "auc"),
        (numbers["test"][evaluate.AT_BALANCED], numbers["test_over_seeds"][evaluate.AT_BALANCED], "specificity"),
    ):
        assert over_seeds[measure]["each"][0] == chosen[measure]

    groups = scores.read(out, NAME, evaluate.GROUPS)
    metadata = groups["adults_left_out"].metadata
    assert set(metadata) == {"age", "sex", "view", "text_mined_label"}
    assert set(metadata["text_mined_label"]) == {"0", "1"}
    test = groups["test"]
    assert ((test.metadata["cause"] == "bacteria") == (test.labels == 1)).all()
    assert len(np.unique(test.patients)) == 12 + 6  # every second film of pneumonia is of one seen before
    model = loading.load_from(out, NAME)
    films = evaluate.MeasuredFilms(children, adults)
    pixels = films.reader.pixels(paediatric_films(children, ("test",)), model.input_size)
    logits = evaluate.calibrated_logits(model, pixels)
    np.testing.assert_allclose(np.sort(test.logits), np.sort(logits), atol=1e-4)


def test_shipping_copies_weights_and_cards(runs: Path, tmp_path: Path) -> None:
    out = tmp_path / "shipped"
    out.mkdir()
    evaluate.ship(runs / "seed-0", (NAME, "ensemble"), out)
    assert isinstance(loading.load_from(out, NAME).module, nn.Sequential)
    assert sorted(path.name for path in out.iterdir()) == [f"{NAME}.json", f"{NAME}.safetensors"]


def test_the_model_cards_table_is_computed() -> None:
    numbers = {name: cards.read_card(cards.WEIGHTS_FOLDER, name)["metrics"] for name in networks.ORDER}
    assert evaluate.format_table(numbers) in (cards.WEIGHTS_FOLDER / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", networks.ORDER)
def test_cards_hold_numbers_over_three_seeds_chosen_before_the_test(name: str) -> None:
    card = cards.read_card(cards.WEIGHTS_FOLDER, name)
    assert len(card["metrics"]["test_over_seeds"]["auc"]["each"]) >= 3
    assert card["seed"] == 0
    assert card["threshold_rule"] == networks.THRESHOLD_RULE
