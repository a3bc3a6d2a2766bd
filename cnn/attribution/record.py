"""What was computed from which picture by which weights, as a small JSON record to keep."""

import json
from collections.abc import Sequence
from typing import Protocol

import captum
import torch

from cnn import __version__
from cnn.attribution.attribution import SCALE_PERCENTILE, Attribution
from cnn.cards import CLASSES
from cnn.models.loading import LoadedModel
from cnn.predict.prediction import Prediction

NOTICE = "For teaching only; not a medical device, and no diagnosis."


class Source(Protocol):
    """What is known of a picture besides its pixels; a :class:`cnn.imaging.radiograph.Radiograph` is one."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def notes(self) -> tuple[str, ...]: ...


def record(
    source: Source, model: LoadedModel, prediction: Prediction, maps: Sequence[Attribution] = (), refused: str = ""
) -> str:
    """One reading as JSON: enough to get the same numbers again, and nothing of the picture but its hash.

    ``refused`` is why the picture does not look like a frontal chest radiograph, where the reader insisted.
    """
    return json.dumps(
        {
            "notice": NOTICE,
            "image": {"name": source.name, "kind": source.kind, "sha256": source.sha256,
                      "notes": list(source.notes), "refused": refused or None},
            "model": {"name": model.name, "weights_sha256": model.weights_sha256, "input_size": model.input_size},
            "versions": {"app": __version__, "torch": torch.__version__, "captum": captum.__version__},
            "prediction": {
                "logits": dict(zip(CLASSES, prediction.logits, strict=True)),
                "temperature": prediction.temperature,
                "probabilities": dict(zip(CLASSES, prediction.probabilities, strict=True)),
                "threshold": prediction.threshold,
                "label": prediction.label,
            },
            "maps": [
                {
                    "method": found.method,
                    "target": found.class_name,
                    "blank": found.blank,
                    "sum": float(found.map.sum(dtype=float)),
                    "change_from_baseline": found.change,
                    "shown_as_1": found.scale,
                    "scale": f"percentile {SCALE_PERCENTILE} of absolute values",
                    "passes": found.passes,
                }
                for found in maps
            ],
        },
        indent=2,
        ensure_ascii=False,
    )  # fmt: skip
