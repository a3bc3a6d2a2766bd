"""Pictures that are no chest films: enough of them, dealt out by kind, the same every time."""

import numpy as np
import pytest

from cnn.training.ood_gate import drawn_negatives, negatives

KINDS = negatives.DRAWN | negatives.SHIPPED


def test_every_part_has_kinds_of_its_own() -> None:
    assert {part for part, *_ in KINDS.values()} == {"learn", "choose", "report"}
    assert len(KINDS) == len(negatives.DRAWN) + len(negatives.SHIPPED)


@pytest.mark.parametrize("kind", [kind for kind in negatives.DRAWN if "plots" not in kind and "charts" not in kind])
def test_a_drawing_has_greys_in_it_and_follows_its_seed(kind: str) -> None:
    draw = negatives.DRAWN[kind][-1]
    first, second, other = (np.asarray(draw(np.random.default_rng(seed)), dtype=float) for seed in (1, 1, 2))
    assert first.ndim == 2
    assert min(first.shape) >= 64
    assert np.ptp(first) > 0
    np.testing.assert_array_equal(first, second)
    assert other.shape != first.shape or not np.array_equal(first, other)


def test_a_rod_is_as_thick_as_a_rod() -> None:
    rod = drawn_negatives._rod((0.2, 0.5), (0.8, 0.5), 0.1)
    assert rod[128].max() == pytest.approx(0.2, rel=0.01), "through its axis: twice the radius"
    assert (rod[:, :90] == 0).all()
