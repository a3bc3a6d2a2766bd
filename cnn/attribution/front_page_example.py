"""The front page's example: a simulated film, the network's answer, and its map.

    python -m cnn.attribution.front_page_example

computes it with the shipped weights and writes ``front_page_example.png`` (the map, from its lowest value to its
highest) and ``front_page_example.json`` beside this file, so that the front page needs no PyTorch. Run it after a
change of the weights.
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
MAP_FILE, FACTS_FILE = (Path(__file__).with_suffix(suffix) for suffix in (".png", ".json"))


@dataclass(frozen=True)
class FrontPageExample:
    """The prediction, and the range of the map, whose file holds ``lowest`` to ``highest`` as 0 to 255."""

    network: str
    weights_sha256: str
    label: str
    sentence: str
    meaning: Meaning
    lowest: float
    highest: float

    def attribution(self) -> Attribution:
        """Read the map, which is exact to 1/255 of its range."""
        with Image.open(MAP_FILE) as image:
            levels = np.asarray(image, dtype=np.float32)
        values = self.lowest + levels / 255 * (self.highest - self.lowest)
        return Attribution(values, METHOD, self.meaning, TARGET, CLASSES[TARGET], passes=1)


def sample() -> Sample:
    """Return the film of the example."""
    return next(sample for sample in SAMPLES if sample.key == SAMPLE)


def read() -> FrontPageExample:
    """Read the example. Raises ``UserError`` if it is missing."""
    try:
        return FrontPageExample(**json.loads(FACTS_FILE.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise UserError(
            "The front page's example is missing: make it with python -m cnn.attribution.front_page_example."
        ) from error


def main() -> None:
    """Compute the example and write both files."""
    from cnn import cards
    from cnn.attribution.attribute import attribute
    from cnn.imaging.preprocess import to_tensor
    from cnn.imaging.radiograph import read_radiograph
    from cnn.models import loading
    from cnn.predict.prediction import predict, sentence

    model, film = loading.load(cards.DEFAULT_NETWORK), read_radiograph(*sample().read())
    attribution = attribute(model, to_tensor(film, model.input_size), METHOD, TARGET)
    lowest, highest = float(attribution.map.min()), float(attribution.map.max())
    levels = np.round(255 * (attribution.map - lowest) / max(highest - lowest, 1e-9)).astype(np.uint8)
    Image.fromarray(levels).save(MAP_FILE, optimize=True)
    prediction = predict(model, film)
    example = FrontPageExample(
        model.name,
        model.weights_sha256,
        prediction.label,
        sentence(prediction),
        attribution.meaning,
        lowest,
        highest,
    )
    FACTS_FILE.write_text(json.dumps(asdict(example), indent=1) + "\n", encoding="utf-8")
    print(example.sentence)


if __name__ == "__main__":
    main()
