"""Measures of localisation: cases by hand, scikit-learn, and maps that are right or constant."""

import numpy as np
import pytest
from sklearn.metrics import auc, jaccard_score, precision_recall_curve

from cnn.attribution import localisation

TRUTH = np.zeros((4, 4), dtype=bool)
TRUTH[1:3, 1:3] = True


def test_boxes_of_a_film_become_pixels_of_the_square() -> None:
    mask = localisation.box_mask([(128, 256, 256, 128)], height=512, width=512, side=4)
    np.testing.assert_array_equal(np.argwhere(mask), [[2, 1], [2, 2]])
    wide = localisation.box_mask([(0, 0, 200, 50)], height=100, width=400, side=4)  # squeezed: half as wide and high
    np.testing.assert_array_equal(np.argwhere(wide), [[0, 0], [0, 1], [1, 0], [1, 1]])


def test_several_boxes_are_joined() -> None:
    mask = localisation.box_mask([(0, 0, 2, 2), (1, 0, 2, 2)], height=4, width=4, side=4)
    assert mask.sum() == 6


@pytest.mark.parametrize("name", localisation.MEASURES)
def test_the_ground_truth_itself_scores_1(name: str) -> None:
    top = {"top": TRUTH.mean()} if name == "iou" else {}
    assert localisation.MEASURES[name](TRUTH.astype(float), TRUTH, **top) == 1


def test_a_constant_map_scores_the_share_of_the_ground_truth() -> None:
    scores = localisation.measure(np.ones((4, 4)), TRUTH)
    assert scores == pytest.approx(dict.fromkeys(localisation.MEASURES, TRUTH.mean()))


def test_only_the_largest_value_counts_in_the_pointing_game() -> None:
    heat = TRUTH * 1.0
    heat[0, 0] = 2
    assert localisation.pointing_game(heat, TRUTH) == 0
    heat[1, 1] = 2  # a tie counts half
    assert localisation.pointing_game(heat, TRUTH) == 0.5


def test_overlap_is_scikit_learn_s_jaccard_of_the_strongest_pixels() -> None:
    heat = np.random.default_rng(0).random((20, 20))
    truth = heat + np.random.default_rng(1).random((20, 20)) > 1.2
    strongest = heat >= np.sort(heat, axis=None)[-40]
    assert localisation.iou_of_top(heat, truth, 0.1) == pytest.approx(jaccard_score(truth.ravel(), strongest.ravel()))


def test_average_precision_is_near_the_area_under_the_curve() -> None:
    heat = np.random.default_rng(0).random((40, 40))
    truth = heat + np.random.default_rng(1).random((40, 40)) > 1.2
    precision, recall, _ = precision_recall_curve(truth.ravel(), heat.ravel())
    assert localisation.pixel_auprc(heat, truth) == pytest.approx(auc(recall, precision), abs=0.005)


def test_energy_counts_evidence_for_the_class() -> None:
    heat = np.where(TRUTH, 3.0, -1.0)
    heat[0, 0] = 4  # 4 * 3 inside, 4 outside
    assert localisation.energy_inside(heat, TRUTH) == 0.75
    assert localisation.energy_inside(-TRUTH.astype(float), TRUTH) == 0


def test_the_sign_counts_only_where_it_means_for_or_against() -> None:
    values = np.array([[-2.0, 1.0]])
    assert localisation.as_heatmap(values, "evidence").argmax() == 1
    assert localisation.as_heatmap(values, "strength").argmax() == 0
