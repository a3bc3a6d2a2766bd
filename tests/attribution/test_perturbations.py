"""Changes to a film: which pixels change and which stay."""

import numpy as np
import pytest
import torch

from cnn.attribution import perturbations
from cnn.attribution.attribution import Attribution
from cnn.attribution.perturbations import CHANGES, PATCHES, Patch, measure_effect
from cnn.errors import UserError
from cnn.imaging.preprocess import standardise, to_tensor
from cnn.models import lung_segmenter
from cnn.predict.prediction import Prediction
from tests.support.random_weights import film

SIDE = 128


@pytest.fixture
def pixels() -> torch.Tensor:
    return to_tensor(film(), SIDE)


@pytest.fixture
def mask(monkeypatch: pytest.MonkeyPatch) -> torch.Tensor:
    """Two lungs, and a segmenter that finds them."""
    lungs = torch.zeros(1, 1, SIDE, SIDE, dtype=torch.bool)
    lungs[:, :, 30:100, 20:55] = lungs[:, :, 34:96, 70:110] = True
    monkeypatch.setattr(lung_segmenter, "lung_mask", lambda pixels: lungs)
    return lungs


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_standardised_and_always_the_same(
    change: str, pixels: torch.Tensor, mask: torch.Tensor
) -> None:
    before = pixels.clone()
    changed = perturbations.apply(pixels, change)
    torch.testing.assert_close(pixels, before)
    assert changed.shape == pixels.shape
    assert abs(changed.mean()) < 1e-4
    assert changed.std() == pytest.approx(1, abs=1e-2)
    torch.testing.assert_close(perturbations.apply(pixels, change), changed)
    assert torch.allclose(changed, pixels, atol=1e-4) == (change == "nothing")


def test_hidden_lungs_are_hidden(pixels: torch.Tensor, mask: torch.Tensor) -> None:
    greys = perturbations.to_greys(pixels)
    black = CHANGES["black_lungs"].run(greys, mask)
    assert not black[mask].any()
    torch.testing.assert_close(black[~mask], greys[~mask])
    box = torch.zeros_like(mask)
    box[:, :, 30:100, 20:110] = True
    grey = CHANGES["grey_box"].run(greys, mask)
    torch.testing.assert_close(grey[box], greys.mean().expand(int(box.sum())))
    torch.testing.assert_close(grey[~box], greys[~box])
    lungs = CHANGES["only_lungs"].run(greys, mask)
    torch.testing.assert_close(lungs[mask], greys[mask])
    torch.testing.assert_close(lungs[~mask], greys.mean().expand(int((~mask).sum())))


def test_geometry_and_tone(pixels: torch.Tensor) -> None:
    torch.testing.assert_close(perturbations.apply(pixels, "mirror"), pixels.flip(-1), atol=1e-4, rtol=0)
    torch.testing.assert_close(perturbations.apply(pixels, "invert"), -pixels, atol=1e-4, rtol=0)
    greys = perturbations.to_greys(pixels)
    assert (float(greys.min()), float(greys.max())) == (0, 1)
    frame = perturbations.only_frame(greys, 0.25)
    assert frame[:, :, 32:96, 32:96].std() < 1e-6
    torch.testing.assert_close(frame[:, :, :32], greys[:, :, :32])
    ramp = torch.linspace(0, 1, SIDE).expand(1, 1, SIDE, SIDE)
    cut = perturbations.crop(ramp, 0.25)
    assert cut.shape == ramp.shape
    assert float(cut.min()) == pytest.approx(0.25, abs=0.01)
    assert float(cut.max()) == pytest.approx(0.75, abs=0.01)


def test_blur_spreads_a_point_by_the_given_share_of_the_side() -> None:
    point = torch.zeros(1, 1, SIDE, SIDE)
    point[0, 0, 64, 64] = 1
    profile = perturbations.blur(point, 0.05)[0, 0].sum(0)
    positions = torch.arange(SIDE) - 64.0
    assert float(profile.sum()) == pytest.approx(1, abs=1e-3)
    assert float((profile * positions**2).sum().sqrt()) == pytest.approx(0.05 * SIDE, rel=0.02)


@pytest.mark.parametrize("kind", PATCHES)
def test_a_patch_changes_its_square_and_nothing_else(kind: str, pixels: torch.Tensor) -> None:
    greys = perturbations.to_greys(pixels)
    for x, y in ((0, 0), (1, 1), (0.3, 0.8)):
        patch = Patch(kind, 0.2, x, y)
        rows, columns = patch.window(SIDE)
        assert 0 <= rows.start < rows.stop <= SIDE
        assert 0 <= columns.start < columns.stop <= SIDE
        pasted = perturbations.paste(greys, patch)
        outside = torch.ones(SIDE, SIDE, dtype=torch.bool)
        outside[rows, columns] = False
        torch.testing.assert_close(pasted[0, 0][outside], greys[0, 0][outside])
        assert not torch.equal(pasted, greys)
        assert pasted.min() >= 0
        assert pasted.max() <= 1


def test_the_eraser_removes_a_marker_from_smooth_ground() -> None:
    ground = torch.linspace(0.2, 0.6, SIDE).expand(1, 1, SIDE, SIDE).clone()
    marked = perturbations.paste(ground, Patch("a letter R", 0.15, 0.9, 0.1))
    assert (marked - ground).abs().max() > 0.3
    erased = perturbations.paste(marked, Patch("an eraser", 0.15, 0.9, 0.1))
    np.testing.assert_allclose(erased, ground, atol=0.01)


def test_without_lungs_or_with_an_unknown_change_there_is_a_sentence(
    pixels: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lung_segmenter, "lung_mask", lambda pixels: torch.zeros_like(pixels, dtype=torch.bool))
    with pytest.raises(UserError, match="No lungs were found"):
        perturbations.apply(pixels, "only_lungs")
    with pytest.raises(UserError, match="no change named"):
        perturbations.apply(pixels, "melt")


def test_an_effect_is_the_difference(pixels: torch.Tensor) -> None:
    values = standardise(pixels)[0, 0].numpy()
    old_map, new_map = (Attribution(factor * values, "saliency", "strength", 1, "PNEUMONIA", 1) for factor in (1, 0.5))
    before = Prediction((0, 0), (0.2, 0.8), "PNEUMONIA", 0.5, 1, "lecture"), old_map
    after = Prediction((0, 0), (0.7, 0.3), "NORMAL", 0.5, 1, "lecture"), new_map
    effect = measure_effect("invert", before, after)
    assert effect.points == pytest.approx(-50)
    assert effect.flipped
    assert effect.rank_correlation == pytest.approx(1)
    assert effect.strength == pytest.approx(0.5)
    assert measure_effect("mirror", before, after).rank_correlation is None
    assert not measure_effect("mirror", before, before).flipped
