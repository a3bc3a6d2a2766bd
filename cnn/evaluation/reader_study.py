"""Compare a human reader with a network on the same films: agreement, Brier scores, and marks in the lesion."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cnn.attribution.attribution import Attribution
from cnn.cards import CLASSES

GRID = 8
"""Cells per side of the grid on which a film is marked."""

Cell = tuple[int, int]
"""Column and row, counted from 0."""


@dataclass(frozen=True)
class Answer:
    """Answer of a reader or network to one film: label, P(PNEUMONIA), and the marked cell, if any."""

    label: str
    p_pneumonia: float
    mark: Cell | None

    @classmethod
    def from_confidence(cls, label: str, confidence: int, mark: Cell | None) -> "Answer":
        """Convert a confidence in percent (50 is a guess, 100 is certain); NORMAL has no mark."""
        if label == CLASSES[1]:
            return cls(label, confidence / 100, mark)
        return cls(label, 1 - confidence / 100, None)


@dataclass(frozen=True)
class PairedRead:
    """Both answers to one film, its true label if known, and the cells that a simulated lesion touches."""

    film: str
    reader: Answer
    network: Answer
    truth: str | None = None
    lesion_cells: frozenset[Cell] = frozenset()

    def mark_in_lesion(self, answer: Answer) -> bool | None:
        """Return whether the mark of ``answer`` lies in the lesion; None without a lesion or a mark."""
        return answer.mark in self.lesion_cells if self.lesion_cells and answer.mark else None


@dataclass(frozen=True)
class ReaderScore:
    """Performance of a reader or network on the films whose truth is known.

    Attributes:
        correct: films with the right label.
        brier: mean squared difference between P(PNEUMONIA) and 0 or 1 (Brier, 1950): 0 is best, 0.25 is guessing.
        marks_in_lesion: marks that lie in a simulated lesion.
        marks: marks on films with a simulated lesion.
    """

    correct: int
    brier: float
    marks_in_lesion: int
    marks: int


@dataclass(frozen=True)
class Agreement:
    """Comparison of reader and network over several films.

    Attributes:
        films: films that both have read.
        agreed: films with the same label from both.
        with_truth: films whose truth is known; without any, both scores are None.
        chance: probability that a random mark lies in the lesion; None without simulated lesions.
    """

    films: int
    agreed: int
    with_truth: int
    reader: ReaderScore | None
    network: ReaderScore | None
    chance: float | None


def strongest_cell(attribution: Attribution) -> Cell | None:
    """Return the cell of the largest value, as in the pointing game; None if no value supports the class."""
    values = attribution.map
    if attribution.blank or values.max() <= 0:
        return None
    row, column = np.unravel_index(values.argmax(), values.shape)
    return int(column * GRID // values.shape[1]), int(row * GRID // values.shape[0])


def cells_touched_by(mask: np.ndarray) -> frozenset[Cell]:
    """Return the cells that ``mask`` (H, W) bool touches."""
    rows, columns = np.nonzero(mask)
    height, width = mask.shape
    return frozenset(zip((columns * GRID // width).tolist(), (rows * GRID // height).tolist(), strict=True))


def cell_mask(cell: Cell, shape: tuple[int, int]) -> np.ndarray:
    """Return the mask (H, W) bool of ``cell`` on a film of ``shape``."""
    height, width = shape
    column, row = cell
    mask = np.zeros(shape, dtype=bool)
    mask[row * height // GRID : (row + 1) * height // GRID, column * width // GRID : (column + 1) * width // GRID] = (
        True
    )
    return mask


def compare_reads(reads: Sequence[PairedRead]) -> Agreement:
    """Count agreement, and score reader and network on the films whose truth is known."""
    known = [read for read in reads if read.truth is not None]
    lesion_shares = [len(read.lesion_cells) / GRID**2 for read in known if read.lesion_cells]
    return Agreement(
        films=len(reads),
        agreed=sum(read.reader.label == read.network.label for read in reads),
        with_truth=len(known),
        reader=_score([(read, read.reader) for read in known]),
        network=_score([(read, read.network) for read in known]),
        chance=float(np.mean(lesion_shares)) if lesion_shares else None,
    )


def _score(answers: Sequence[tuple[PairedRead, Answer]]) -> ReaderScore | None:
    if not answers:
        return None
    marks = [read.mark_in_lesion(answer) for read, answer in answers]
    errors = [answer.p_pneumonia - (read.truth == CLASSES[1]) for read, answer in answers]
    return ReaderScore(
        correct=sum(answer.label == read.truth for read, answer in answers),
        brier=float(np.mean(np.square(errors))),
        marks_in_lesion=marks.count(True),
        marks=len(marks) - marks.count(None),
    )
