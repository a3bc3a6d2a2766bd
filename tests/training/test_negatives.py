"""Images that are no chest films: assigned by kind, the same every time."""

from importlib.util import find_spec

import numpy as np
import pytest

from cnn.training.ood_gate import negatives
from cnn.training.ood_gate.drawn_negatives import FIT, REPORT
from cnn.training.ood_gate.negatives import INSTALLED


def test_no_kind_is_both_fitted_and_reported() -> None:
    assert (set(FIT) | set(INSTALLED["fit"])).isdisjoint(set(REPORT) | set(INSTALLED["report"]))


@pytest.mark.parametrize("kind", FIT | REPORT)
def test_a_drawing_has_greys_and_follows_its_seed(kind: str) -> None:
    if kind == "bar charts and colour maps":
        pytest.importorskip("matplotlib")
    draw = (FIT | REPORT)[kind].draw
    first, second, other = (np.asarray(draw(np.random.default_rng(seed)), dtype=float) for seed in (1, 1, 2))
    assert first.ndim == 2
    assert min(first.shape) >= 64
    assert np.ptp(first) > 0
    np.testing.assert_array_equal(first, second)
    assert other.shape != first.shape or not np.array_equal(first, other)


@pytest.mark.skipif(find_spec("skimage") is None, reason="scikit-image is not installed")
def test_images_are_stretched_to_greys_from_0_to_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(negatives.DRAWN, "fit", {kind: drawing._replace(images=1) for kind, drawing in FIT.items()})
    for kind, greys in negatives.images("fit"):
        assert greys.dtype == np.float32
        assert (greys.min(), greys.max()) == pytest.approx((0, 1)), kind
