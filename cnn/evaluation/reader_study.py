"""A reader's answers beside a network's: who agreed with whom, and whose mark lay on the truth."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cnn.attribution.attribution import Attribution
from cnn.cards import CLASSES

GRID = 8
"""Cells a side of the grid on which places are marked."""

Cell = tuple[int, int]
"""Column and row, counted from 0."""


@dataclass(frozen=True)
class Answer:
    """What a reader, or a network, says of a film: a label, P(PNEUMONIA), and a cell if it points anywhere."""

    label: str
    p_pneumonia: float
    mark: Cell | None


@dataclass(frozen=True)
class Read:
    """A film read by both. ``truth`` is a label or None; ``planted`` are the cells that the planted truth touches."""

    film: str
    reader: Answer
    network: Answer
    truth: str | None = None
    planted: frozenset[Cell] = frozenset()

    def hit(self, answer: Answer) -> bool | None:
        """Whether the mark of ``answer`` lies on what was planted; None where nothing was, or nothing is marked."""
        return answer.mark in self.planted if self.planted and answer.mark else None


@dataclass(frozen=True)
class Score:
    """How one side did on films whose truth is known.

    ``brier`` is the mean squared distance of P(PNEUMONIA) from 0 or 1 (Brier, 1950): 0 is best, 0.25 is a shrug.
    ``hits`` of ``marked`` marks lay on what was planted.
    """

    right: int
    brier: float
    hits: int
    marked: int


@dataclass(frozen=True)
class Agreement:
    """Reader and network over several films; scores are None without films whose truth is known.

    ``chance`` is how often a mark made blindly would hit, over the films in which something was planted.
    """

    films: int
    agreed: int
    known: int
    reader: Score | None
    network: Score | None
    chance: float | None


def reader_answer(label: str, sure: int, mark: Cell | None) -> Answer:
    """From a label, a sureness in percent (50 is a guess, 100 is certain) and a mark, which NORMAL does not have."""
    sick = label == CLASSES[1]
    p = sure / 100
    return Answer(label, p if sick else 1 - p, mark if sick else None)


def strongest_cell(attribution: Attribution) -> Cell | None:
    """The cell of the map's largest value, as in the pointing game; None where nothing speaks for the class."""
    values = attribution.map
    if attribution.blank or values.max() <= 0:
        return None
    row, column = np.unravel_index(values.argmax(), values.shape)
    return int(column * GRID // values.shape[1]), int(row * GRID // values.shape[0])


def cells_of(mask: np.ndarray) -> frozenset[Cell]:
    """The cells that ``mask`` (H, W) bool touches."""
    rows, columns = np.nonzero(mask)
    height, width = mask.shape
    return frozenset(zip((columns * GRID // width).tolist(), (rows * GRID // height).tolist(), strict=True))


def cell_mask(cell: Cell, shape: tuple[int, int]) -> np.ndarray:
    """``cell`` on a film of ``shape`` (H, W): bool."""
    mask = np.zeros(shape, dtype=bool)
    bounds = [[edge * side // GRID for edge in (at, at + 1)] for at, side in zip(cell[::-1], shape, strict=True)]
    mask[slice(*bounds[0]), slice(*bounds[1])] = True
    return mask


def agreement(reads: Sequence[Read]) -> Agreement:
    """What ``reads`` come to."""
    known = [read for read in reads if read.truth is not None]
    planted = [len(read.planted) / GRID**2 for read in known if read.planted]
    return Agreement(
        len(reads),
        sum(read.reader.label == read.network.label for read in reads),
        len(known),
        _score([(read, read.reader) for read in known]),
        _score([(read, read.network) for read in known]),
        float(np.mean(planted)) if planted else None,
    )


def _score(answers: Sequence[tuple[Read, Answer]]) -> Score | None:
    if not answers:
        return None
    hits = [read.hit(answer) for read, answer in answers]
    distances = [answer.p_pneumonia - (read.truth == CLASSES[1]) for read, answer in answers]
    return Score(
        sum(answer.label == read.truth for read, answer in answers), float(np.mean(np.square(distances))),
        sum(hit is True for hit in hits), sum(hit is not None for hit in hits),
    )  # fmt: skip
