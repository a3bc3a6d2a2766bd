"""The first page's taste of the classifier: a simulated film, what the network says of it, and where it looked.

    python -m cnn.attribution.front_page_example

computes it from the shipped weights and writes ``front_page_example.png`` (the map, from its lowest value to its
highest) and ``front_page_example.json`` beside this file, so that the first page opens without PyTorch. Run it whenever
weights have changed.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from cnn.attribution.attribution import Attribution, Meaning
from cnn.cards import CLASSES
from cnn.errors import UserError
from cnn.imaging.samples.built_in import SAMPLES, Sample

SAMPLE, METHOD, TARGET = "simulated-consolidation", "grad_cam", 1
_PICTURE, _FACTS = (Path(__file__).parent / name for name in ("front_page_example.png", "front_page_example.json"))


@dataclass(frozen=True)
class Taste:
    """What is shown: ``said`` is the network's sentence; the map's file holds ``lowest`` to ``highest`` as 0 to 255."""

    network: str
    weights_sha256: str
    label: str
    said: str
    meaning: Meaning
    lowest: float
    highest: float

    def attribution(self) -> Attribution:
        """The map, to 1/255 of its range."""
        with Image.open(_PICTURE) as picture:
            levels = np.asarray(picture, dtype=np.float32)
        values = self.lowest + levels / 255 * (self.highest - self.lowest)
        return Attribution(values, METHOD, self.meaning, TARGET, CLASSES[TARGET], passes=1)


def sample() -> Sample:
    """The film that was read."""
    return next(sample for sample in SAMPLES if sample.key == SAMPLE)


def read() -> Taste:
    """What was computed. Raises ``UserError`` where it is missing."""
    try:
        return Taste(**json.loads(_FACTS.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise UserError(
            "The first page's picture is missing: make it with python -m cnn.attribution.front_page_example."
        ) from error


def main() -> None:
    """Computes and writes both files."""
    from cnn.attribution.methods import attribute
    from cnn.imaging.preprocess import to_tensor
    from cnn.imaging.radiograph import read_radiograph
    from cnn.models import loading, registry
    from cnn.predict.prediction import predict, sentence

    model, film = loading.load(registry.DEFAULT), read_radiograph(*sample().read())
    found = attribute(model, to_tensor(film, model.input_size), METHOD, TARGET)
    lowest, highest = float(found.map.min()), float(found.map.max())
    levels = np.round(255 * (found.map - lowest) / max(highest - lowest, 1e-9)).astype(np.uint8)
    Image.fromarray(levels).save(_PICTURE, optimize=True)
    said = predict(model, film)
    taste = Taste(model.name, model.weights_sha256, said.label, sentence(said), found.meaning, lowest, highest)
    _FACTS.write_text(json.dumps(asdict(taste), indent=1) + "\n", encoding="utf-8")
    print(taste.said)


if __name__ == "__main__":
    main()
