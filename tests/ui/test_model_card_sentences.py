"""Sentences of the model card follow from the numbers, whichever way these point."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from cnn.evaluation import metrics
from cnn.evaluation.bootstrap import Estimate
from cnn.evaluation.operating_point import count_confusion
from cnn.training.classifier.training import RECIPES
from tests.support.fake_scores import make_guesses, make_scores
from ui.evaluation.model_card import sentences


def test_a_gain_beyond_chance_is_distinguished_from_one_that_is_not() -> None:
    scores = make_scores()
    beyond, chance, alone = (sentences.ranking(scores, other) for other in (make_guesses(), make_scores(), None))
    assert "more than chance" in beyond
    assert "may be chance" in chance
    assert "baseline" not in alone


@pytest.mark.parametrize(
    ("positive", "comparison"),
    [([1, 0, 0, 1, 0], "more misses"), ([1, 1, 1, 1, 0], "more false positives"), ([1, 1, 1, 0, 0], "as many")],
)
def test_the_more_frequent_error_is_named(positive: list[int], comparison: str) -> None:
    counts = count_confusion(np.array(positive, bool), np.array([1, 1, 1, 0, 0]), np.ones((2, 5)))
    assert comparison in sentences.confusion(counts)


@pytest.mark.parametrize(("shift", "direction"), [(2, "too high"), (-2, "too low")])
def test_the_direction_of_miscalibration_is_named(shift: float, direction: str) -> None:
    scores = make_scores()
    bins = metrics.reliability_bins(replace(scores, logits=scores.logits + shift))
    assert direction in sentences.reliability(bins, Estimate(0.1, 0.05, 0.15))


def test_what_is_predicted_without_lungs_is_said_and_what_training_taught_of_it() -> None:
    scores = make_scores(10)
    all_positive = replace(scores, logits=np.full(10, 5.0))
    text = sentences.hidden_lungs(Estimate(0.9, 0.8, 1), all_positive, Estimate(0.6, 0.5, 0.7), taught=0.08)
    assert "10 of 10 films" in text
    assert "8 %" in text
    assert "training" not in sentences.hidden_lungs(Estimate(0.9, 0.8, 1), scores, Estimate(0.6, 0.5, 0.7), taught=0)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_a_recipe_becomes_a_sentence(recipe: object) -> None:
    settings = asdict(recipe)
    sentence = sentences.recipe(settings)
    assert f"{settings['epochs']} epochs of {settings['films_per_epoch']:,} films" in sentence
    assert f"{100 * settings['adults']:.0f} % of them of adults" in sentence
    assert ("second loss" in sentence) == bool(settings["guidance"])
