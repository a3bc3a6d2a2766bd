"""The harder question and corrupted films: answers follow from scores and cards."""

import numpy as np
import pytest
import sklearn.metrics

from cnn import cards
from cnn.evaluation import scores, stress
from cnn.evaluation.scores import HARD


@pytest.mark.parametrize("name", cards.NETWORKS)
def test_both_questions_are_answered_from_the_same_scores(name: str) -> None:
    groups = scores.read(cards.WEIGHTS_FOLDER, name, ["adults_left_out", HARD])
    hard = groups[HARD]
    easy, neither, all_else, *by_view, alone = stress.ask_both_questions(hard)
    assert easy.performance["auc"].value == pytest.approx(
        sklearn.metrics.roc_auc_score(groups["adults_left_out"].labels, groups["adults_left_out"].logits)
    )
    assert all_else.performance["auc"].value == pytest.approx(sklearn.metrics.roc_auc_score(hard.labels, hard.logits))
    assert all_else.films == len(hard.labels) == sum(each.films for each in by_view)
    assert all_else.films - easy.films == neither.films - neither.opacities
    assert alone.films < all_else.films
    published = cards.read_card(cards.WEIGHTS_FOLDER, name)["metrics"][HARD]
    assert published["auc"] == pytest.approx(all_else.performance["auc"].value)


@pytest.mark.parametrize("name", cards.NETWORKS)
def test_errors_on_corrupted_films_are_those_of_the_shipped_network(name: str) -> None:
    card = cards.read_card(cards.WEIGHTS_FOLDER, name)
    corrupted, test = card["corrupted_test"], card["metrics"]["test"]
    assert corrupted["threshold"] == card["threshold"], "run python -m cnn.training.stress.corrupted_films"
    clean = 1 - (test["sensitivity"] + test["specificity"]) / 2
    assert corrupted["clean"]["balanced_error"] == pytest.approx(clean, abs=3e-3)  # one film near one half
    assert corrupted["by_corruption"].keys() == stress.PUBLISHED_ERRORS.keys()
    mean = np.mean([each["balanced_error"] for each in corrupted["by_corruption"].values()])
    assert corrupted["mean"]["balanced_error"] == pytest.approx(mean)


def test_the_tables_of_the_model_cards_are_computed() -> None:
    text = (cards.WEIGHTS_FOLDER / "README.md").read_text(encoding="utf-8")
    for table in stress.format_tables().split("\n\n"):
        assert table in text, "run python -m cnn.evaluation.stress"


def test_the_mean_of_what_was_published_is_that_of_the_thirteen() -> None:
    assert len(stress.PUBLISHED_ERRORS) == 13
    assert pytest.approx(0.089, abs=5e-4) == stress.PUBLISHED_MEAN


def test_errors_are_averaged_over_severities() -> None:
    card = {"by_corruption": {"pixelate": {"balanced_error": [0.1, 0.3]}, "shot_noise": {"balanced_error": [0.2, 0.2]}}}
    assert list(stress.mean_errors(card).values()) == pytest.approx([0.2, 0.2])
    assert np.isfinite(stress.mean_estimate({"balanced_error": 0.1, "interval_95": [0.0, 0.2]}).value)
