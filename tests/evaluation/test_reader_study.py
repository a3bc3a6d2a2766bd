"""A reader beside a network: cells, marks and scores of known cases."""

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss

from cnn.attribution.attribution import Attribution
from cnn.evaluation import reader_study
from cnn.evaluation.reader_study import GRID, Answer, PairedRead, ReaderScore

SIDE = 4 * GRID


def map_of(values: np.ndarray) -> Attribution:
    return Attribution(values.astype(np.float32), "grad_cam", "evidence", 1, "PNEUMONIA", 1)


@pytest.mark.parametrize("shape", [(SIDE, SIDE), (101, 77)])
def test_cells_tile_the_film(shape: tuple[int, int]) -> None:
    cells = [(column, row) for column in range(GRID) for row in range(GRID)]
    masks = [reader_study.cell_mask(cell, shape) for cell in cells]
    assert (np.sum(masks, axis=0) == 1).all()
    for cell, mask in zip(cells, masks, strict=True):
        assert cell in reader_study.cells_touched_by(mask)


def test_the_strongest_cell_has_the_largest_value_for_the_class() -> None:
    values = np.zeros((SIDE, SIDE))
    values[9, 30] = 1  # row 2, column 7
    values[0, 0] = -5
    assert reader_study.strongest_cell(map_of(values)) == (7, 2)
    assert reader_study.strongest_cell(map_of(-np.abs(values))) is None
    assert reader_study.strongest_cell(map_of(np.zeros((SIDE, SIDE)))) is None


def test_confidence_becomes_a_probability_and_normal_has_no_mark() -> None:
    assert Answer.from_confidence("PNEUMONIA", 80, (1, 2)) == Answer("PNEUMONIA", 0.8, (1, 2))
    normal = Answer.from_confidence("NORMAL", 80, (1, 2))
    assert (normal.p_pneumonia, normal.mark) == (pytest.approx(0.2), None)


def test_agreement_of_known_reads() -> None:
    lesion = frozenset({(1, 1), (1, 2)})
    agreement = reader_study.compare_reads(
        [
            PairedRead("1", Answer("PNEUMONIA", 0.9, (1, 1)), Answer("PNEUMONIA", 0.6, (5, 5)), "PNEUMONIA", lesion),
            PairedRead("2", Answer("PNEUMONIA", 0.6, (0, 0)), Answer("NORMAL", 0.2, None), "PNEUMONIA", lesion),
            PairedRead("3", Answer("NORMAL", 0.3, None), Answer("NORMAL", 0.1, None), "NORMAL"),
            PairedRead("4", Answer("NORMAL", 0.0, None), Answer("PNEUMONIA", 1.0, (3, 3))),
        ]
    )
    assert (agreement.films, agreement.agreed, agreement.with_truth) == (4, 2, 3)
    assert agreement.chance == pytest.approx(2 / GRID**2)
    reader_brier = brier_score_loss([1, 1, 0], [0.9, 0.6, 0.3])
    network_brier = brier_score_loss([1, 1, 0], [0.6, 0.2, 0.1])
    assert agreement.reader == ReaderScore(3, pytest.approx(reader_brier), marks_in_lesion=1, marks=2)
    assert agreement.network == ReaderScore(2, pytest.approx(network_brier), marks_in_lesion=0, marks=1)


def test_without_known_truth_there_is_agreement_only() -> None:
    read = PairedRead("1", Answer("NORMAL", 0.1, None), Answer("NORMAL", 0.2, None))
    agreement = reader_study.compare_reads([read])
    assert (agreement.agreed, agreement.with_truth) == (1, 0)
    assert agreement.reader is agreement.network is agreement.chance is None
