"""Compare a human reader with a network on the same films: agreement, Brier scores, and boxes around the finding."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cnn.attribution.attribution import Attribution
from cnn.cards import CLASSES

Box = tuple[float, float, float, float]
"""Left, top, width and height as shares of the film's sides."""
STRONGEST = 1 / 8
"""Side of the box around a map's strongest place, a share of the film's side."""
_RASTER = 256  # points a side on which areas are compared


@dataclass(frozen=True)
class Answer:
    """Answer of a reader or network to one film: label, P(PNEUMONIA), and the box around the finding, if any."""

    label: str
    p_pneumonia: float
    box: Box | None

    @classmethod
    def from_confidence(cls, label: str, confidence: int, box: Box | None) -> "Answer":
        """Convert a confidence in percent (50 is a guess, 100 is certain); NORMAL has no box."""
        if label == CLASSES[1]:
            return cls(label, confidence / 100, box)
        return cls(label, 1 - confidence / 100, None)


@dataclass(frozen=True)
class PairedRead:
    """Both answers to one film, its label if known, and the boxes around what is known to be there."""

    film: str
    reader: Answer
    network: Answer
    truth: str | None = None
    lesion: tuple[Box, ...] = ()

    def overlap(self, answer: Answer) -> float | None:
        """Return the intersection over union of the answer's box with the lesion; None without either."""
        return intersection_over_union(answer.box, self.lesion) if self.lesion and answer.box else None

    def points_at_lesion(self, answer: Answer) -> bool | None:
        """Return whether the middle of the answer's box lies in the lesion; None without either."""
        if not self.lesion or not answer.box:
            return None
        x, y, width, height = answer.box
        middle = x + width / 2, y + height / 2
        return any(
            left <= middle[0] <= left + across and top <= middle[1] <= top + down
            for left, top, across, down in self.lesion
        )


@dataclass(frozen=True)
class ReaderScore:
    """Performance of a reader or network on the films whose label is known.

    Attributes:
        correct: films with the right label.
        brier: mean squared difference between P(PNEUMONIA) and 0 or 1 (Brier, 1950): 0 is best, 0.25 is guessing.
        hits: boxes whose middle lies in the lesion.
        boxes: boxes on films with a known lesion.
        overlap: mean intersection over union of these boxes; None without any.
    """

    correct: int
    brier: float
    hits: int
    boxes: int
    overlap: float | None


@dataclass(frozen=True)
class Agreement:
    """Comparison of reader and network over several films.

    Attributes:
        films: films that both have read.
        agreed: films with the same label from both.
        with_truth: films whose label is known; without any, both scores are None.
    """

    films: int
    agreed: int
    with_truth: int
    reader: ReaderScore | None
    network: ReaderScore | None


def strongest_box(attribution: Attribution) -> Box | None:
    """Return a box around the largest value, as in the pointing game; None if no value supports the class."""
    values = attribution.map
    if attribution.blank or values.max() <= 0:
        return None
    row, column = np.unravel_index(values.argmax(), values.shape)
    height, width = values.shape
    left, top = ((place + 0.5) / side - STRONGEST / 2 for place, side in ((column, width), (row, height)))
    return min(max(left, 0), 1 - STRONGEST), min(max(top, 0), 1 - STRONGEST), STRONGEST, STRONGEST


def box_of(mask: np.ndarray) -> Box:
    """Return the bounding box of ``mask`` (H, W) bool, which is not empty."""
    height, width = mask.shape
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    (top, bottom), (left, right) = rows[[0, -1]].tolist(), columns[[0, -1]].tolist()
    return left / width, top / height, (right + 1 - left) / width, (bottom + 1 - top) / height


def intersection_over_union(box: Box, others: Sequence[Box]) -> float:
    """Return the area that ``box`` shares with any of ``others``, over the area that they cover together."""
    one, other = _covered([box]), _covered(others)
    return float((one & other).sum() / max(1, (one | other).sum()))


def _covered(boxes: Sequence[Box]) -> np.ndarray:
    places = (np.arange(_RASTER) + 0.5) / _RASTER
    covered = np.zeros((_RASTER, _RASTER), bool)
    for left, top, width, height in boxes:
        rows, columns = (
            (place >= low) & (place <= low + size)
            for place, low, size in ((places, top, height), (places, left, width))
        )
        covered |= rows[:, None] & columns
    return covered


def compare_reads(reads: Sequence[PairedRead]) -> Agreement:
    """Count agreement, and score reader and network on the films whose label is known."""
    known = [read for read in reads if read.truth is not None]
    return Agreement(
        films=len(reads),
        agreed=sum(read.reader.label == read.network.label for read in reads),
        with_truth=len(known),
        reader=_score([(read, read.reader) for read in known]),
        network=_score([(read, read.network) for read in known]),
    )


def _score(answers: Sequence[tuple[PairedRead, Answer]]) -> ReaderScore | None:
    if not answers:
        return None
    hits = [read.points_at_lesion(answer) for read, answer in answers]
    overlaps = [overlap for read, answer in answers if (overlap := read.overlap(answer)) is not None]
    errors = [answer.p_pneumonia - (read.truth == CLASSES[1]) for read, answer in answers]
    return ReaderScore(
        correct=sum(answer.label == read.truth for read, answer in answers),
        brier=float(np.mean(np.square(errors))),
        hits=hits.count(True),
        boxes=len(overlaps),
        overlap=float(np.mean(overlaps)) if overlaps else None,
    )
