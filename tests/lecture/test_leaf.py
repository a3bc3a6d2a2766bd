"""The leaf: inside its outline, the same on both sides, and made of its levels."""

import numpy as np
import pytest

from cnn.lecture import leaf


@pytest.mark.parametrize("level", leaf.LEVELS)
def test_every_level_is_drawn_and_the_same_on_both_sides(level: str) -> None:
    drawn = leaf.draw_leaf(level)
    assert drawn.shape == (leaf.SIDE, leaf.SIDE)
    assert drawn.min() == 0
    assert 0.4 < drawn.max() <= 1
    assert np.allclose(drawn, drawn[:, ::-1])
    assert not drawn[:, [0, -1]].any()


def test_the_leaf_is_its_three_levels_together() -> None:
    assert np.array_equal(
        leaf.draw_leaf("the leaf"), np.max([leaf.draw_leaf(level) for level in leaf.LEVELS[:3]], axis=0)
    )


def test_veins_stay_within_the_outline_but_for_the_stalk() -> None:
    edge = leaf.draw_leaf("outline") > 0.5
    reach = {row: np.flatnonzero(edge[row]) for row in range(leaf.SIDE) if edge[row].any()}
    for level in ("veins", "fine veins"):
        for row, ink in enumerate(leaf.draw_leaf(level) > 0.5):
            across = np.flatnonzero(ink)
            if row in reach and len(across):
                assert reach[row][0] <= across[0]
                assert across[-1] <= reach[row][-1]
            elif len(across):
                assert level == "veins"
                assert len(across) <= 4
