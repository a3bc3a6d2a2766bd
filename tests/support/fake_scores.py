"""Scores of made-up networks."""

from dataclasses import replace

import numpy as np

from cnn.evaluation.scores import Scores, sigmoid


def make_scores(count: int = 300, ties: bool = False) -> Scores:
    """Return calibrated scores: labels are drawn with the predicted probabilities. Each patient has two films."""
    generator = np.random.default_rng(0)
    logits = generator.normal(0, 2, count)
    logits = np.round(logits) if ties else logits
    labels = (generator.random(count) < sigmoid(logits)).astype(int)
    return Scores(logits, labels, np.arange(count) // 2, np.zeros(count, int), np.full(count, 0.4))


def make_guesses() -> Scores:
    """Return scores of the same films that do not depend on the labels."""
    scores = make_scores()
    return replace(scores, logits=np.random.default_rng(1).normal(size=len(scores.labels)))
