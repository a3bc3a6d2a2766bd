"""Experiments to try: what differs from the baseline, a question to answer before, and what the own run answers."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cnn.errors import UserError
from cnn.handson.runs.events import Result
from cnn.handson.settings import FINE_TUNED, Settings
from cnn.text import percent


@dataclass(frozen=True)
class Experiment:
    """One change to the baseline, or several that belong together.

    Attributes:
        title: For a chip.
        question: Asked before the run.
        options: Answers to choose from.
        findings: Sentences from the learner's own run.
        changes: Settings that differ from the baseline.
        compare_with: Name of the experiment whose run is to be laid beside it; empty if it needs none.
    """

    title: str
    question: str
    options: tuple[str, ...]
    findings: Callable[[Result], str]
    changes: dict[str, Any] = field(default_factory=dict)
    compare_with: str = "baseline"

    @property
    def settings(self) -> Settings:
        """The settings that the experiment runs with."""
        return Settings(**self.changes)


def _at_half(result: Result) -> str:
    return f"accuracy {percent(result.test_accuracy.value)} and AUC {result.test_auc.value:.2f} on the test films"


def _baseline(result: Result) -> str:
    return (
        f"It reached {_at_half(result)}, and {percent(result.validation_accuracy)} on validation. The AUC asks whether "
        "ill films score higher than healthy ones; the accuracy also asks whether the threshold of 0.5 lies between "
        "them. Test films differ from training films, so their scores are shifted and the threshold no longer fits."
    )


def _overfit(result: Result) -> str:
    gap = result.train_accuracy - result.test_accuracy.value
    return (
        f"Training accuracy {percent(result.train_accuracy)}, test accuracy {percent(result.test_accuracy.value)}: a "
        f"gap of {100 * gap:.0f} points. {result.parameters:,} parameters can memorise {sum(result.train_counts)} "
        "films. Part of a gap comes from the test films, which differ from the training films."
    )


def _rate(result: Result) -> str:
    first, *later = result.train_losses or (float("nan"),)
    losses = ", ".join(f"{loss:.3f}" for loss in later)
    return (
        f"With learning rate {result.settings.learning_rate:g} the training loss went from {first:.3f} to {losses}, "
        f"epoch by epoch; a network that always says 50 % has {math.log(2):.3f}. It reached {_at_half(result)}."
    )


def _imbalance(result: Result) -> str:
    counts = result.counts
    return (
        f"Validation accuracy {percent(result.validation_accuracy)}, where nine of ten films are PNEUMONIA: always "
        f"saying PNEUMONIA gives {percent(result.settings.pneumonia)}. On the balanced test films the accuracy is "
        f"{percent(result.test_accuracy.value)}, with specificity {percent(float(counts.specificity[0]))}: that is the "
        "number the imbalance hides."
    )


def _leak(result: Result) -> str:
    return (
        f"{result.shared_patients} patients have films in training and in validation. Validation AUC "
        f"{result.validation_auc:.2f}, test AUC {result.test_auc.value:.2f}. A validation set that shares patients "
        "measures memory, too, and the figure alone does not tell how much: only a split by patient does."
    )


def _letter(result: Result) -> str:
    letter = result.letter
    if letter is None:
        return "No letter was stamped in this run."
    return (
        f"Validation AUC {result.validation_auc:.2f} with the letter, but accuracy "
        f"{percent(result.test_accuracy.value)} on clean test films. {percent(letter.map_share)} of the attribution "
        "for NORMAL lies on the letter: the network learned to look for it, not for lungs."
    )


def _noise(result: Result) -> str:
    return (
        f"Accuracy {percent(result.train_accuracy)} on the training films with their wrong labels, and "
        f"{_at_half(result)}, whose labels are right. Errors without a pattern average out; a network that trains for "
        "long enough memorises them."
    )


def _parameters(name: str) -> int:
    """Return the number of parameters of a named network."""
    return sum(info.parameters.value for info in Settings(network=name).described_network.layer_infos())


def _linear(result: Result) -> str:
    return (
        f"It reached {_at_half(result)}. Convolution and average are linear, and so is a chain of them: its "
        f"{result.parameters:,} parameters can do no more than the {_parameters('logistic regression'):,} of logistic "
        "regression on the pixels. Train that network as well, and lay it over this run."
    )


def _dense(result: Result) -> str:
    return (
        f"{result.parameters:,} parameters against {_parameters('lecture'):,} of the lecture's chain, and it reached "
        f"{_at_half(result)}."
    )


def _fine_tuned(result: Result) -> str:
    return f"After {count_epochs(result)} it reached {_at_half(result)}. Its filters had seen chest films before."


def count_epochs(result: Result) -> str:
    """Return how many epochs a training had, with the noun."""
    return f"{result.epochs} epoch{'s' if result.epochs > 1 else ''}"


def summary(result: Result) -> str:
    """Return the figures of a run that another is compared with."""
    return (
        f"{count_epochs(result)}, training accuracy {percent(result.train_accuracy)}, validation AUC "
        f"{result.validation_auc:.2f}, {_at_half(result)}"
    )


EXPERIMENTS: dict[str, Experiment] = {
    "baseline": Experiment(
        "Baseline",
        "With the default settings, the AUC on validation and test films will be above 0.9 (AUC: the chance that a "
        "random pneumonia film scores higher than a random normal one). Accuracy counts the films on the right side of "
        "P = 0.5. Will it be as high on the test films?",
        ("as high as the AUC", "clearly lower", "higher than the AUC"),
        _baseline,
        compare_with="",
    ),
    "overfit": Experiment(
        "Overfit 40 films",
        "40 training films, no augmentation, 60 epochs. Training accuracy, and accuracy on test films?",
        ("both near 100 %", "100 % and clearly less", "both near 50 %"),
        _overfit,
        {"films": 40, "augment": False, "epochs": 60, "batch_size": 8, "keep_best": False},
        compare_with="",
    ),
    "augmented": Experiment(
        "40 films, augmented",
        "The same 40 films, changed at random each time. What happens to the gap?",
        ("it grows", "it stays", "it shrinks"),
        _overfit,
        {"films": 40, "epochs": 60, "batch_size": 8, "keep_best": False},
        compare_with="overfit",
    ),
    "rate too high": Experiment(
        "Learning rate too high",
        "The learning rate is 50 times that of the baseline. What does the loss do?",
        ("falls faster", "stays near 0.69 or jumps", "falls as before"),
        _rate,
        {"learning_rate": 0.1, "epochs": 4},
    ),
    "rate too low": Experiment(
        "Learning rate too low",
        "The learning rate is a hundredth of that of the baseline. What does the loss do in four epochs?",
        ("falls as before", "hardly falls", "rises"),
        _rate,
        {"learning_rate": 2e-5, "epochs": 4},
    ),
    "nine to one": Experiment(
        "Imbalance 9 : 1",
        "Nine of ten training and validation films are PNEUMONIA. Which number looks better than it is?",
        ("accuracy on validation", "specificity on test films", "AUC on test films"),
        _imbalance,
        {"pneumonia": 0.9},
    ),
    "split by film": Experiment(
        "Split by film (leak)",
        "Films of one patient may be in training and in validation. Which AUC can no longer be trusted?",
        ("validation", "test", "both"),
        _leak,
        {"split": "film"},
    ),
    "letter": Experiment(
        "Stamp an R on NORMAL",
        "Every NORMAL film for training and validation gets an R. What happens on clean test films?",
        ("accuracy rises", "accuracy stays", "accuracy falls to about chance"),
        _letter,
        {"letter": True, "epochs": 6},
    ),
    "wrong labels": Experiment(
        "20 % wrong labels",
        "A fifth of the training labels are wrong. What happens to the accuracy on test films?",
        ("falls by a fifth or more", "falls a little", "nothing can be learned"),
        _noise,
        {"wrong_labels": 0.2},
    ),
    "no ReLU": Experiment(
        "No ReLU",
        "Without ReLU the chain is one linear map, however deep. Which network does it resemble?",
        ("logistic regression", "the lecture's chain", "none"),
        _linear,
        {"network": "no ReLU"},
    ),
    "fully connected": Experiment(
        "Fully connected",
        "A hidden layer of 128 units on all pixels. More parameters than the chain, or fewer?",
        ("more", "fewer", "as many"),
        _dense,
        {"network": "fully connected"},
    ),
    "fine-tuning": Experiment(
        "Fine-tune",
        "The convolutions start from the shipped Lecture CNN. After 3 epochs, what is its test AUC beside that of the "
        "baseline after 12?",
        ("clearly lower", "about the same", "clearly higher"),
        _fine_tuned,
        {"network": FINE_TUNED, "epochs": 3, "learning_rate": 1e-3},
    ),
}
"""By the name that the command line uses."""


def find(name: str) -> Experiment:
    """Return the experiment ``name``; raise ``UserError`` if there is none."""
    if name not in EXPERIMENTS:
        raise UserError(f"There is no experiment named %s; choose one of {', '.join(EXPERIMENTS)}.", name)
    return EXPERIMENTS[name]
