"""The record says what was computed, from what, by what."""

import json

import captum
import torch

from cnn import __version__
from cnn.attribution.attribute import attribute
from cnn.attribution.attribution import SCALE_PERCENTILE
from cnn.attribution.record import record
from cnn.imaging.preprocess import to_tensor
from cnn.models.loading import LoadedModel
from cnn.predict.prediction import predict
from tests.support.random_weights import film


def test_a_record_holds_what_is_needed_to_compute_it_again(lecture: LoadedModel) -> None:
    radiograph = film()
    prediction = predict(lecture, radiograph)
    map_ = attribute(lecture, to_tensor(radiograph, 128), "saliency", 0)
    found = json.loads(record(radiograph, lecture, prediction, [map_]))
    assert found["image"] == {"name": "film-0.png", "kind": "PNG", "sha256": radiograph.sha256, "notes": [],
                              "refused": None}  # fmt: skip
    assert found["model"] == {"name": "lecture", "weights_sha256": lecture.card["sha256"], "input_size": 128}
    assert found["versions"] == {
        "app": __version__, "torch": torch.__version__, "captum": captum.__version__,
    }  # fmt: skip
    assert found["prediction"] == {
        "logits": {"NORMAL": prediction.logits[0], "PNEUMONIA": prediction.logits[1]},
        "temperature": lecture.temperature,
        "probabilities": {"NORMAL": prediction.probabilities[0], "PNEUMONIA": prediction.probabilities[1]},
        "threshold": lecture.threshold,
        "label": prediction.label,
    }
    (one,) = found["maps"]
    assert (one["method"], one["target"], one["blank"], one["passes"]) == ("saliency", "NORMAL", False, 1)
    assert one["shown_as_1"] == map_.scale
    assert str(SCALE_PERCENTILE) in one["scale"]
    assert "diagnosis" in found["notice"]


def test_a_record_without_maps_is_a_record(lecture: LoadedModel) -> None:
    assert json.loads(record(film(), lecture, predict(lecture, film())))["maps"] == []


def test_a_picture_that_was_refused_keeps_the_reason(lecture: LoadedModel) -> None:
    kept = record(film(), lecture, predict(lecture, film()), refused="no lungs were found in it")
    assert json.loads(kept)["image"]["refused"] == "no lungs were found in it"


def test_the_app_s_version_is_the_project_s() -> None:
    assert __version__.count(".") == 2
