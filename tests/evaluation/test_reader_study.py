"""A reader beside a network: cells, marks and scores of known cases."""

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss

from cnn.attribution.attribution import Attribution
from cnn.evaluation import reader_study
from cnn.evaluation.reader_study import GRID, Answer, PairedRead

SIDE = 4 * GRID


def map_of(values: np.ndarray) -> Attribution:
    return Attribution(values.astype(np.float32), "grad_cam", "evidence", 1, "PNEUMONIA", 1)


def test_a_cell_and_its_mask_go_there_and_back() -> None:
    for shape in ((SIDE, SIDE), (101, 77)):
        for cell in ((0, 0), (7, 7), (2, 5)):
            mask = reader_study.cell_mask(cell, shape)
            assert mask.any()
            assert cell in reader_study.cells_touched_by(mask)
    covered = sum(reader_study.cell_mask((x, y), (101, 77)).astype(int) for x in range(GRID) for y in range(GRID))
    assert (covered == 1).all(), "the cells tile the film"


def test_the_strongest_place_is_the_largest_value_for_the_class() -> None:
    values = np.zeros((SIDE, SIDE))
    values[9, 30] = 1  # row 2, column 7
    values[0, 0] = -5
    assert reader_study.strongest_cell(map_of(values)) == (7, 2)
    assert reader_study.strongest_cell(map_of(-np.abs(values))) is None
    assert reader_study.strongest_cell(map_of(np.zeros((SIDE, SIDE)))) is None


def test_sureness_becomes_a_probability_and_normal_has_no_mark() -> None:
    assert Answer.from_confidence("PNEUMONIA", 80, (1, 2)) == Answer("PNEUMONIA", 0.8, (1, 2))
    normal = Answer.from_confidence("NORMAL", 80, (1, 2))
    assert normal.p_pneumonia == pytest.approx(0.2)
    assert normal.mark is None


def test_agreement_of_known_reads() -> None:
    planted = frozenset({(1, 1), (1, 2)})
    done = [
        PairedRead("1", Answer("PNEUMONIA", 0.9, (1, 1)), Answer("PNEUMONIA", 0.6, (5, 5)), "PNEUMONIA", planted),
        PairedRead("2", Answer("PNEUMONIA", 0.6, (0, 0)), Answer("NORMAL", 0.2, None), "PNEUMONIA", planted),
        PairedRead("3", Answer("NORMAL", 0.3, None), Answer("NORMAL", 0.1, None), "NORMAL"),
        PairedRead("4", Answer("NORMAL", 0.0, None), Answer("PNEUMONIA", 1.0, (3, 3))),
    ]
    found = reader_study.compare_reads(done)
    assert (found.films, found.agreed, found.with_truth) == (4, 2, 3)
    assert found.chance == pytest.approx(2 / GRID**2)
    assert found.reader is not None
    assert found.network is not None
    assert (found.reader.correct, found.reader.marks_in_lesion, found.reader.marks) == (3, 1, 2)
    assert (found.network.correct, found.network.marks_in_lesion, found.network.marks) == (2, 0, 1)
    assert found.reader.brier == pytest.approx(brier_score_loss([1, 1, 0], [0.9, 0.6, 0.3]))
    assert found.network.brier == pytest.approx(brier_score_loss([1, 1, 0], [0.6, 0.2, 0.1]))


def test_without_known_truth_there_is_agreement_only() -> None:
    found = reader_study.compare_reads([PairedRead("1", Answer("NORMAL", 0.1, None), Answer("NORMAL", 0.2, None))])
    assert (found.agreed, found.with_truth) == (1, 0)
    assert found.reader is found.network is found.chance is None
