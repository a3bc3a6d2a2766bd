"""What a training reports while it runs, and at its end. Imports no PyTorch, so that a page can read it."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cnn.evaluation.bootstrap import Estimate
from cnn.evaluation.metrics import estimate_auc
from cnn.evaluation.operating_point import ConfusionCounts, confusion_at
from cnn.evaluation.scores import Scores
from cnn.handson.films import Films
from cnn.handson.settings import Settings

Picture = NDArray[np.float16]


@dataclass(frozen=True)
class Step:
    """Batches done so far, of how many, and the mean loss of the latest ones."""

    batch: int
    batches: int
    loss: float


@dataclass(frozen=True, eq=False)
class Examples:
    """Some training films as the network sees them: ``pixels`` (N, 64, 64) uint8, and the ``labels`` it is given."""

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Epoch:
    """The state after an epoch; epoch 0 is before the training.

    Attributes:
        number: The epoch.
        batch: Batches done so far.
        train_loss: Mean cross-entropy over the epoch's batches, while the network changed.
        train_accuracy: Likewise.
        validation_loss: After the epoch.
        validation_accuracy: After the epoch.
        validation_auc: After the epoch.
        filters: Weights of the first layer, (K, H, W); empty where they are no pictures.
        map: For one film, the evidence for its class, (64, 64).
    """

    number: int
    batch: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    validation_auc: float
    filters: Picture
    map: Picture


@dataclass(frozen=True, eq=False)
class LetterCheck:
    """What the stamped letter did: on the test films with the letter on every NORMAL one.

    Attributes:
        accuracy: With the letter.
        map_share: Mean share of the positive evidence for NORMAL inside the letter's box, over the stamped films.
        film: One stamped film, (64, 64) uint8.
        map: Its evidence for NORMAL, (64, 64).
    """

    accuracy: float
    map_share: float
    film: NDArray[np.uint8]
    map: Picture


@dataclass(frozen=True, eq=False)
class Result:
    """The end of a training: one network, and what it does on films that it has not seen.

    Attributes:
        settings: As chosen.
        epoch: Whose weights were kept.
        epochs: That were run.
        batches: That were run.
        seconds: Of training and evaluation, pauses left out.
        ended: "finished", "stopped" by the learner, or at the "time limit".
        train_counts: Training films of NORMAL and PNEUMONIA.
        shared_patients: Patients in training and in validation.
        train_accuracy: On the training films without augmentation, by the labels that the network was given.
        validation_accuracy: On the validation films.
        validation_auc: On the validation films.
        test: The test films.
        test_margins: Logit of PNEUMONIA minus logit of NORMAL of each, (N,).
        worst: Indices of the test films that were classified most wrongly, the worst first.
        worst_maps: Their evidence for the class that was predicted, (len(worst), 64, 64).
        map_method: How maps are computed.
        parameters: Of the network.
        weights: The network in the format of safetensors.
        letter: Only where it was stamped.
        train_losses: Mean training loss of each epoch; the first is before the training.
    """

    settings: Settings
    epoch: int
    epochs: int
    batches: int
    seconds: float
    ended: str
    train_counts: tuple[int, int]
    shared_patients: int
    train_accuracy: float
    validation_accuracy: float
    validation_auc: float
    test: Films
    test_margins: NDArray[np.float64]
    worst: NDArray[np.intp]
    worst_maps: Picture
    map_method: str
    parameters: int
    weights: bytes = field(repr=False)
    letter: LetterCheck | None = None
    train_losses: tuple[float, ...] = ()

    @cached_property
    def scores(self) -> Scores:
        """The test films as the charts of the evaluation read them."""
        count = len(self.test)
        return Scores(self.test_margins, self.test.labels, self.test.patients, np.zeros(count), np.full(count, 0.5))

    @cached_property
    def counts(self) -> ConfusionCounts:
        """The test films by truth and prediction at P(PNEUMONIA) = 0.5, for all resamples of patients."""
        return confusion_at(self.scores, 0.5)

    @cached_property
    def test_auc(self) -> Estimate:
        """Area under the ROC curve of the test films, with its interval."""
        return estimate_auc(self.scores)

    @cached_property
    def test_accuracy(self) -> Estimate:
        """Share of test films classified correctly at P(PNEUMONIA) = 0.5, with its interval."""
        return Estimate.from_resamples(self.counts.accuracy)


Event = Examples | Step | Epoch | Result
