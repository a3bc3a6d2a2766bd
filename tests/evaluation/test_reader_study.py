"""A reader beside a network: boxes, overlaps and scores of known cases."""

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss

from cnn.attribution.attribution import Attribution
from cnn.evaluation import reader_study
from cnn.evaluation.reader_study import STRONGEST, Answer, PairedRead, ReaderScore

LESION = (0.25, 0.25, 0.25, 0.5)


def map_of(values: np.ndarray) -> Attribution:
    return Attribution(values.astype(np.float32), "grad_cam", "evidence", 1, "PNEUMONIA", 1)


def test_the_strongest_box_lies_around_the_largest_value_and_inside_the_film() -> None:
    values = np.zeros((32, 32))
    values[9, 31] = 1
    values[0, 0] = -5
    x, y, width, height = reader_study.strongest_box(map_of(values))
    assert (width, height) == (STRONGEST, STRONGEST)
    assert (x + width, y + height / 2) == pytest.approx((1, 9.5 / 32))
    assert reader_study.strongest_box(map_of(-np.abs(values))) is None
    assert reader_study.strongest_box(map_of(np.zeros((32, 32)))) is None


def test_the_box_of_a_mask_holds_it() -> None:
    mask = np.zeros((100, 50), bool)
    mask[25:75, 10] = mask[50, 10:20] = True
    assert reader_study.box_of(mask) == pytest.approx((0.2, 0.25, 0.2, 0.5))


@pytest.mark.parametrize(
    ("box", "others", "expected"),
    [
        (LESION, [LESION], 1),
        ((0, 0, 0.2, 0.2), [LESION], 0),
        ((0.25, 0.25, 0.25, 0.25), [LESION], 0.5),
        ((0, 0, 1, 1), [(0, 0, 0.5, 0.5), (0.5, 0.5, 0.5, 0.5)], 0.5),
        ((0, 0, 0.5, 1), [(0.25, 0, 0.5, 1)], 1 / 3),
    ],
)
def test_overlap_is_the_shared_area_over_the_joined_one(box: tuple, others: list, expected: float) -> None:
    assert reader_study.intersection_over_union(box, others) == pytest.approx(expected, abs=0.01)


def test_confidence_becomes_a_probability_and_normal_has_no_box() -> None:
    assert Answer.from_confidence("PNEUMONIA", 80, LESION) == Answer("PNEUMONIA", 0.8, LESION)
    normal = Answer.from_confidence("NORMAL", 80, LESION)
    assert (normal.p_pneumonia, normal.box) == (pytest.approx(0.2), None)


def test_agreement_of_known_reads() -> None:
    far = (0.8, 0.8, 0.1, 0.1)
    agreement = reader_study.compare_reads(
        [
            PairedRead("1", Answer("PNEUMONIA", 0.9, LESION), Answer("PNEUMONIA", 0.6, far), "PNEUMONIA", (LESION,)),
            PairedRead("2", Answer("PNEUMONIA", 0.6, far), Answer("NORMAL", 0.2, None), "PNEUMONIA", (LESION,)),
            PairedRead("3", Answer("NORMAL", 0.3, None), Answer("NORMAL", 0.1, None), "NORMAL"),
            PairedRead("4", Answer("NORMAL", 0.0, None), Answer("PNEUMONIA", 1.0, far)),
        ]
    )
    assert (agreement.films, agreement.agreed, agreement.with_truth) == (4, 2, 3)
    reader_brier = brier_score_loss([1, 1, 0], [0.9, 0.6, 0.3])
    network_brier = brier_score_loss([1, 1, 0], [0.6, 0.2, 0.1])
    assert agreement.reader == ReaderScore(3, pytest.approx(reader_brier), hits=1, boxes=2, overlap=pytest.approx(0.5))
    assert agreement.network == ReaderScore(2, pytest.approx(network_brier), hits=0, boxes=1, overlap=0)


def test_without_a_known_label_there_is_agreement_only() -> None:
    read = PairedRead("1", Answer("NORMAL", 0.1, None), Answer("NORMAL", 0.2, None))
    agreement = reader_study.compare_reads([read])
    assert (agreement.agreed, agreement.with_truth) == (1, 0)
    assert agreement.reader is agreement.network is None
