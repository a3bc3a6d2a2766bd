"""From a set of films and settings to the films that one training sees: balance, split, wrong labels, the letter."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cnn.errors import UserError
from cnn.handson.films import Films, FilmSet
from cnn.handson.settings import Settings

_LETTER = ("1111.", "1...1", "1...1", "1111.", "1.1..", "1..1.", "1...1")
_TIMES, _TOP, _LEFT = 2, 3, 3
STAMP: NDArray[np.bool_] = (
    np.array([[dot == "1" for dot in line] for line in _LETTER]).repeat(_TIMES, 0).repeat(_TIMES, 1)
)
"""The letter R, (14, 10); true where it is white."""
LETTER_BOX = (slice(_TOP - 2, _TOP + len(STAMP) + 2), slice(_LEFT - 2, _LEFT + STAMP.shape[1] + 2))
"""Rows and columns of a film that hold the letter and a margin of two pixels."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """The films of one training.

    Attributes:
        train: As the network sees them: letters stamped, labels flipped.
        validation: Likewise, but all labels are right.
        test: Never changed.
        true_labels: Of the training films, before any was flipped.
    """

    train: Films
    validation: Films
    test: Films
    true_labels: NDArray[np.int64]

    @property
    def shared_patients(self) -> int:
        """Patients with films in training and in validation."""
        return len(set(self.train.patients) & set(self.validation.patients))


def prepare(settings: Settings, film_set: FilmSet) -> Prepared:
    """Return the films that a training with ``settings`` sees.

    Raises:
        UserError: A class is left without films.
    """
    rng = np.random.default_rng(settings.seed)
    train, validation = film_set.train, film_set.validation
    if settings.split == "film":
        train, validation = _mix(train, validation, rng)
    train = _balance(train, settings.films, settings.pneumonia, rng)
    validation = _balance(validation, len(validation), settings.pneumonia, rng)
    for name, films in (("training", train), ("validation", validation), ("test", film_set.test)):
        if min(films.counts) == 0:
            raise UserError(f"A class has no film for {name}: give each class more films, or choose another balance.")
    true_labels = train.labels
    if settings.letter:
        train, validation = (stamp(films, films.labels == 0) for films in (train, validation))
    return Prepared(_flip_labels(train, settings.wrong_labels, rng), validation, film_set.test, true_labels)


def stamp(films: Films, chosen: NDArray[np.bool_]) -> Films:
    """Return ``films`` with a white R in the upper left corner of each ``chosen`` (N,) film."""
    pixels = films.pixels.copy()
    height, width = STAMP.shape
    corner = pixels[:, _TOP : _TOP + height, _LEFT : _LEFT + width]
    corner[chosen[:, None, None] & STAMP] = 255
    return replace(films, pixels=pixels)


def _mix(train: Films, validation: Films, rng: np.random.Generator) -> tuple[Films, Films]:
    """Deal all films out anew, whoever they are of; each set keeps its number of films of each class."""
    everything = train.joined(validation)
    kept: list[NDArray[np.intp]] = []
    drawn: list[NDArray[np.intp]] = []
    for label, count in enumerate(validation.counts):
        order = rng.permutation(np.flatnonzero(everything.labels == label))
        drawn.append(order[:count])
        kept.append(order[count:])
    return everything.select(np.concatenate(kept)), everything.select(np.concatenate(drawn))


def _balance(films: Films, count: int, pneumonia: float, rng: np.random.Generator) -> Films:
    """Draw ``count`` films with this share of PNEUMONIA, fewer of both classes where one has not enough."""
    shares = (1 - pneumonia, pneumonia)
    total = min(count, *(available / share for available, share in zip(films.counts, shares, strict=True)))
    chosen = [
        rng.permutation(np.flatnonzero(films.labels == label))[: round(total * share)]
        for label, share in enumerate(shares)
    ]
    return films.select(np.sort(np.concatenate(chosen)))


def _flip_labels(films: Films, share: float, rng: np.random.Generator) -> Films:
    flipped = rng.permutation(len(films))[: round(share * len(films))]
    labels = films.labels.copy()
    labels[flipped] = 1 - labels[flipped]
    return replace(films, labels=labels)
