"""Predictions: temperature, threshold, words, and that explanations never touch them."""

import dataclasses
import math

import pytest
import torch

from cnn.cards import CLASSES
from cnn.imaging.preprocess import to_tensor
from cnn.models.loading import LoadedModel
from cnn.predict.prediction import Prediction, classify, percent, predict, sentence
from tests.support.random_weights import film


def test_probabilities_are_the_softmax_of_the_cooled_logits(model: LoadedModel) -> None:
    prediction = predict(model, film())
    scaled = [math.exp(logit / model.temperature) for logit in prediction.logits]
    assert prediction.probabilities == pytest.approx([value / sum(scaled) for value in scaled], rel=1e-9)
    assert sum(prediction.probabilities) == pytest.approx(1)
    assert (prediction.model, prediction.threshold, prediction.temperature) == (model.name, 0.4, 1.5)


def test_logits_are_the_network_s(model: LoadedModel) -> None:
    pixels = torch.cat([to_tensor(film(seed), model.input_size) for seed in range(3)])
    with torch.no_grad():
        expected = model.module(pixels)
    found = torch.tensor([prediction.logits for prediction in classify(model, pixels)])
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_the_label_is_pneumonia_from_the_threshold_on(lecture: LoadedModel) -> None:
    p = predict(lecture, film()).p_pneumonia
    for threshold, label in ((p, "PNEUMONIA"), (p + 1e-6, "NORMAL")):
        card = lecture.card | {"threshold": threshold}
        assert predict(dataclasses.replace(lecture, card=card), film()).label == label


@pytest.mark.parametrize(
    ("p", "threshold", "words"),
    [
        (0.93, 0.4, ["says PNEUMONIA: P(PNEUMONIA) is 93 %, above the threshold of 40 %."]),
        (0.12, 0.4, ["says NORMAL: P(PNEUMONIA) is 12 %, below the threshold of 40 %."]),
        (0.45, 0.4, ["says PNEUMONIA", "above", "NORMAL is the more probable"]),
        (0.55, 0.6, ["says NORMAL", "below", "PNEUMONIA is the more probable"]),
        (0.5021, 0.5, ["P(PNEUMONIA) is 50.2 %, above the threshold of 50.0 %"]),
        (0.4999, 0.5, ["P(PNEUMONIA) is 49.99 %, below the threshold of 50.00 %"]),
        (0.9999, 0.4, ["is over 99 %"]),
        (0.0001, 0.4, ["is under 1 %"]),
    ],
)
def test_sentence(p: float, threshold: float, words: list[str]) -> None:
    label = CLASSES[int(p >= threshold)]
    said = sentence(Prediction((0.0, 0.0), (1 - p, p), label, threshold, 1.0, "lecture"))
    assert all(word in said for word in words), said
    assert "diagnos" not in said.lower()
    assert ("more probable" in said) == ((p > 0.5) != (label == "PNEUMONIA"))


def test_percent_never_says_certain() -> None:
    assert [percent(p) for p in (0, 0.0099, 0.01, 0.5, 0.99, 0.991, 1)] == [
        "under 1 %",
        "under 1 %",
        "1 %",
        "50 %",
        "99 %",
        "over 99 %",
        "over 99 %",
    ]
