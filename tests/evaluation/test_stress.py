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


def test_the_mean_of_what_was_published_is_that_of_the_thirteen() -> None:
    assert len(stress.PUBLISHED_ERRORS) == 13
    assert pytest.approx(0.089, abs=5e-4) == stress.PUBLISHED_MEAN


def test_errors_are_averaged_over_severities() -> None:
    card = {"by_corruption": {"pixelate": {"balanced_error": [0.1, 0.3]}, "shot_noise": {"balanced_error": [0.2, 0.2]}}}
    assert list(stress.mean_errors(card).values()) == pytest.approx([0.2, 0.2])
    assert np.isfinite(stress.mean_estimate({"balanced_error": 0.1, "interval_95": [0.0, 0.2]}).value)
