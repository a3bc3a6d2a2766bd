"""A small JSON record of one reading: enough to compute the same numbers again."""

import json
from collections.abc import Sequence
from importlib import metadata
from typing import Any, Protocol

import torch

from cnn import __version__
from cnn.attribution.attribution import SCALE_PERCENTILE, Attribution
from cnn.cards import CLASSES
from cnn.models.loading import LoadedModel
from cnn.predict.prediction import Prediction
from cnn.text import NOTICE


class Source(Protocol):
    """A film without its pixels; a :class:`cnn.imaging.radiograph.Radiograph` is one."""

    @property
    def name(self) -> str:
        """File name."""

    @property
    def kind(self) -> str:
        """File format."""

    @property
    def sha256(self) -> str:
        """Hash of the file."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks on how the file was read."""


def record(
    source: Source, model: LoadedModel, prediction: Prediction, maps: Sequence[Attribution] = (), rejection: str = ""
) -> str:
    """Return a reading as JSON, with nothing of the film but its hash.

    Args:
        source: the film.
        model: the network.
        prediction: its answer.
        maps: saliency maps of the same film and network.
        rejection: why the film does not look like a frontal chest radiograph, if the reader chose to classify anyway.
    """
    reading = {
        "notice": NOTICE,
        "image": {
            "name": source.name,
            "kind": source.kind,
            "sha256": source.sha256,
            "notes": list(source.notes),
            "refused": rejection or None,
        },
        "model": {"name": model.name, "weights_sha256": model.weights_sha256, "input_size": model.input_size},
        "versions": {"app": __version__, "torch": torch.__version__, "captum": metadata.version("captum")},
        "prediction": {
            "logits": dict(zip(CLASSES, prediction.logits, strict=True)),
            "temperature": prediction.temperature,
            "probabilities": dict(zip(CLASSES, prediction.probabilities, strict=True)),
            "threshold": prediction.threshold,
            "label": prediction.label,
        },
        "maps": [_map_entry(attribution) for attribution in maps],
    }
    return json.dumps(reading, indent=2, ensure_ascii=False)


def _map_entry(attribution: Attribution) -> dict[str, Any]:
    return {
        "method": attribution.method,
        "target": attribution.class_name,
        "blank": attribution.blank,
        "sum": float(attribution.map.sum(dtype=float)),
        "change_from_baseline": attribution.score_change,
        "shown_as_1": attribution.scale,
        "scale": f"percentile {SCALE_PERCENTILE} of absolute values",
        "passes": attribution.passes,
    }
