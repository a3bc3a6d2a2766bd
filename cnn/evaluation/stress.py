"""The networks on films that are not clean, and on a harder question: what is measured, and what was published.

``python -m cnn.evaluation.stress`` prints the tables of ``weights/README.md``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnn import cards
from cnn.evaluation import scores
from cnn.evaluation.bootstrap import Estimate
from cnn.evaluation.operating_point import measure_performance
from cnn.evaluation.scores import Scores

PUBLISHED = "MedViTV2-S"
PUBLISHED_CLEAN = 0.040
PUBLISHED_ERRORS = {
    "pixelate": 0.039,
    "jpeg_compression": 0.044,
    "gaussian_noise": 0.109,
    "speckle_noise": 0.118,
    "impulse_noise": 0.067,
    "shot_noise": 0.105,
    "gaussian_blur": 0.119,
    "brightness_up": 0.120,
    "brightness_down": 0.165,
    "contrast_up": 0.048,
    "contrast_down": 0.099,
    "gamma_corr_up": 0.041,
    "gamma_corr_down": 0.080,
}
"""Balanced errors of MedViTV2-S on PneumoniaMNIST-C at 224 x 224, means over five severities.

Source: results in the repository Omid-Nejati/MedViTV2 of Manzari et al., Applied Soft Computing, 2025. Its ``main.py``
keeps the epoch with the best AUC on the test films.
"""
PUBLISHED_MEAN = float(np.mean(list(PUBLISHED_ERRORS.values())))
PUBLISHED_AUC = "0.85 to 0.88"
"""TorchXRayVision's DenseNet-121 and ResNet-50 on RSNA films, outputs "Lung Opacity" and "Pneumonia" against all else.

Source: ``BENCHMARKS.md`` of mlmed/torchxrayvision, 27 June 2021.
"""
NEITHER = "No Lung Opacity / Not Normal"
"""The class of the second reading that is neither healthy nor an opacity."""


@dataclass(frozen=True)
class Answer:
    """How well a network answers one question: the films, those with an opacity, and its performance."""

    question: str
    films: int
    opacities: int
    performance: dict[str, Estimate]


def ask_both_questions(hard: Scores) -> list[Answer]:
    """Measure the easier and the harder question, the latter also within each view and by one training alone.

    Args:
        hard: scores of the group :data:`cnn.evaluation.scores.HARD`, the shipped training first.
    """
    neither, shipped = hard.metadata["reading"] == NEITHER, hard.seeds == hard.seeds[0]
    view = hard.metadata["view"]
    questions = {
        "healthy chests": ~neither,
        "films that are abnormal without an opacity": neither | (hard.labels == 1),
        "all else": np.ones(len(neither), dtype=bool),
        "all else, standing (PA)": view == "PA",
        "all else, mostly in bed (AP)": view == "AP",
        "all else, the shipped training alone": shipped,
    }
    return [_answer(question, hard.select(mask)) for question, mask in questions.items()]


def _answer(question: str, films: Scores) -> Answer:
    return Answer(question, len(films.labels), int(films.labels.sum()), measure_performance(films))


def mean_errors(corrupted: Mapping[str, Any]) -> dict[str, float]:
    """Return the balanced error by corruption, the mean over severities, from a card's ``corrupted_test``."""
    return {name: float(np.mean(each["balanced_error"])) for name, each in corrupted["by_corruption"].items()}


def mean_estimate(numbers: Mapping[str, Any]) -> Estimate:
    """Return a balanced error of a card's ``corrupted_test`` with its interval."""
    return Estimate(numbers["balanced_error"], *numbers["interval_95"])


def format_tables() -> str:
    """Return balanced errors on corrupted films, and AUC of both questions, of all networks as Markdown."""
    all_cards = [cards.read_card(cards.WEIGHTS_FOLDER, name)["corrupted_test"] for name in cards.NETWORKS]
    means = [mean_errors(card) for card in all_cards]
    titles = {name: each["title"] for name, each in all_cards[0]["by_corruption"].items()}
    rows = [
        ["clean", *(f"{mean_estimate(card['clean']).value:.3f}" for card in all_cards), f"{PUBLISHED_CLEAN:.3f}"],
        *(
            [title, *(f"{mean[key]:.3f}" for mean in means), f"{PUBLISHED_ERRORS[key]:.3f}"]
            for key, title in titles.items()
        ),
        [
            "**mean of the 13**",
            *(_with_interval(mean_estimate(card["mean"])) for card in all_cards),
            f"{PUBLISHED_MEAN:.3f}",
        ],
    ]
    errors = _table(["balanced error", *cards.NETWORKS.values(), PUBLISHED], rows)
    answers = [
        ask_both_questions(scores.read(cards.WEIGHTS_FOLDER, name, [scores.HARD])[scores.HARD])
        for name in cards.NETWORKS
    ]
    questions = [
        [
            each[0].question,
            f"{each[0].opacities} of {each[0].films}",
            *(_with_interval(a.performance["auc"]) for a in each),
        ]
        for each in zip(*answers, strict=True)
    ]
    return f"{errors}\n\n" + _table(["AUC against", "opacities", *cards.NETWORKS.values()], questions)


def _with_interval(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} ({estimate.low:.3f}-{estimate.high:.3f})"


def _table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---" for _ in head], *rows))


if __name__ == "__main__":
    print(format_tables())
