"""Corruptions of films are those of MedMNIST-C, pixel for pixel."""

import numpy as np
import pytest
import torch
from PIL import Image

from cnn.attribution import corruptions
from cnn.attribution.corruptions import CORRUPTIONS, SIDE
from cnn.imaging.preprocess import resample, standardise
from cnn.models.loading import LoadedModel
from cnn.predict.prediction import classify

CASES = [(name, severity) for name in CORRUPTIONS for severity in (1, 5)]


@pytest.fixture(scope="module")
def film() -> np.ndarray:
    """Smooth greys with some texture."""
    rows, columns = np.mgrid[:SIDE, :SIDE] / SIDE
    texture = np.random.default_rng(0).normal(0, 6, (SIDE, SIDE))
    return np.clip(255 * np.sin(3 * rows) * np.cos(columns) + texture, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("name", "severity"), CASES)
def test_a_corruption_is_that_of_medmnist_c(film: np.ndarray, name: str, severity: int) -> None:
    registry = pytest.importorskip("medmnistc.corruptions.registry", exc_type=ImportError)
    theirs = registry.CORRUPTIONS_DS["pneumoniamnist"]
    assert list(theirs) == list(CORRUPTIONS)
    assert list(CORRUPTIONS[name].levels) == theirs[name].severity_params[: corruptions.SEVERITIES]
    np.random.seed(3)  # noqa: NPY002 - the package draws from here
    theirs[name].rng = np.random.RandomState(3)
    expected = theirs[name].apply(Image.fromarray(film).convert("RGB"), severity - 1)
    expected = np.asarray(Image.fromarray(expected).convert("L"))
    np.testing.assert_array_equal(corruptions.corrupt(film, name, severity, seed=3), expected)


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_film_is_spoilt_more_by_a_higher_severity(film: np.ndarray, name: str) -> None:
    weak, strong = (corruptions.corrupt(film, name, severity).astype(int) for severity in (1, 5))
    assert 0 < np.abs(weak - film).mean() < np.abs(strong - film).mean()


def test_the_clean_film_is_classified_first_and_then_each_severity(film: np.ndarray, lecture: LoadedModel) -> None:
    greys = torch.from_numpy(film).float()[None, None] / 255
    predictions = corruptions.classify_corrupted(lecture, greys, "brightness_down")
    assert len(predictions) == 1 + corruptions.SEVERITIES
    clean = classify(lecture, standardise(resample(greys, lecture.input_size)))[0]
    assert predictions[0].p_pneumonia == pytest.approx(clean.p_pneumonia, abs=1e-6)
    dark = torch.from_numpy(corruptions.corrupt(film, "brightness_down", 5).copy()).float()[None, None] / 255
    dark_prediction = classify(lecture, standardise(resample(dark, lecture.input_size)))[0]
    assert predictions[5].p_pneumonia == pytest.approx(dark_prediction.p_pneumonia, abs=1e-6)
