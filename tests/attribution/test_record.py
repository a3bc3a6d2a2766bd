"""The record holds what was computed, from what, by what."""

import json

import captum
import torch

from cnn import __version__
from cnn.attribution.attribute import attribute
from cnn.attribution.record import record
from cnn.imaging.preprocess import to_tensor
from cnn.models.loading import LoadedModel
from cnn.predict.prediction import predict
from tests.support.random_weights import film


def test_a_record_holds_what_is_needed_to_compute_it_again(lecture: LoadedModel) -> None:
    radiograph = film()
    prediction = predict(lecture, radiograph)
    attribution = attribute(lecture, to_tensor(radiograph, 128), "saliency", 0)
    reading = json.loads(record(radiograph, lecture, prediction, [attribution], "no lungs were found in it"))
    image = {"name": "film-0.png", "kind": "PNG", "sha256": radiograph.sha256, "notes": []}
    assert reading["image"] == image | {"refused": "no lungs were found in it"}
    assert reading["model"] == {"name": "lecture", "weights_sha256": lecture.card["sha256"], "input_size": 128}
    assert reading["versions"] == {"app": __version__, "torch": torch.__version__, "captum": captum.__version__}
    assert reading["prediction"] == {
        "logits": {"NORMAL": prediction.logits[0], "PNEUMONIA": prediction.logits[1]},
        "temperature": lecture.temperature,
        "probabilities": {"NORMAL": prediction.probabilities[0], "PNEUMONIA": prediction.probabilities[1]},
        "threshold": lecture.threshold,
        "label": prediction.label,
    }
    (saliency_map,) = reading["maps"]
    assert (saliency_map["method"], saliency_map["target"], saliency_map["blank"]) == ("saliency", "NORMAL", False)
    assert saliency_map["sum"] == float(attribution.map.sum(dtype=float))
    assert (saliency_map["shown_as_1"], saliency_map["passes"]) == (attribution.scale, 1)
    assert "diagnosis" in reading["notice"]


def test_a_record_without_maps_and_rejection_is_a_record(lecture: LoadedModel) -> None:
    reading = json.loads(record(film(), lecture, predict(lecture, film())))
    assert reading["maps"] == []
    assert reading["image"]["refused"] is None
