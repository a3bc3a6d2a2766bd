"""From a radiograph to two probabilities, a label, and a sentence that says what they mean."""

from dataclasses import dataclass

import torch
from torch import Tensor

from cnn import text
from cnn.cards import CLASSES
from cnn.imaging.preprocess import to_tensor
from cnn.imaging.radiograph import Radiograph
from cnn.models.inference import device
from cnn.models.loading import LoadedModel

NORMAL, PNEUMONIA = range(len(CLASSES))


@dataclass(frozen=True)
class Prediction:
    """What a model says of one radiograph. Pairs are in the order of :data:`cnn.cards.CLASSES`.

    ``probabilities`` are the softmax of ``logits / temperature``; they add up to 1. ``label`` is PNEUMONIA from
    ``threshold`` on, which P(PNEUMONIA) is compared with.
    """

    logits: tuple[float, float]
    probabilities: tuple[float, float]
    label: str
    threshold: float
    temperature: float
    model: str

    @property
    def p_pneumonia(self) -> float:
        """P(PNEUMONIA), 0..1."""
        return self.probabilities[PNEUMONIA]


def predict(model: LoadedModel, radiograph: Radiograph) -> Prediction:
    """What ``model`` says of ``radiograph``."""
    return classify(model, to_tensor(radiograph, model.input_size))[0]


def classify(model: LoadedModel, pixels: Tensor) -> list[Prediction]:
    """What ``model`` says of each picture of ``pixels`` (B, 1, S, S), standardised by :mod:`cnn.imaging.preprocess`.

    Takes no lock: nothing ever hooks the shared network, because :mod:`cnn.attribution.methods` works on a double of
    its own.
    """
    with torch.inference_mode():
        logits = model.folded(pixels.to(device())).double().cpu()  # (B, 2)
        probabilities = (logits / model.temperature).softmax(dim=1)
    return [
        Prediction(
            logits=(scores[NORMAL], scores[PNEUMONIA]),
            probabilities=(chances[NORMAL], chances[PNEUMONIA]),
            label=CLASSES[PNEUMONIA if chances[PNEUMONIA] >= model.threshold else NORMAL],
            threshold=model.threshold,
            temperature=model.temperature,
            model=model.name,
        )
        for scores, chances in zip(logits.tolist(), probabilities.tolist(), strict=True)
    ]


def percent(probability: float) -> str:
    """A probability as a reader says it; never 0 % or 100 %, which no network can know."""
    if probability < 0.01:
        return "under 1 %"
    if probability > 0.99:
        return "over 99 %"
    return text.percent(probability)


def sentence(prediction: Prediction) -> str:
    """The prediction in plain words."""
    side = "above" if prediction.label == CLASSES[PNEUMONIA] else "below"
    said = (
        f"The network says {prediction.label}: P(PNEUMONIA) is {percent(prediction.p_pneumonia)}, {side} the threshold "
        f"of {percent(prediction.threshold)}."
    )
    likelier = CLASSES[PNEUMONIA if prediction.p_pneumonia > 0.5 else NORMAL]
    if likelier != prediction.label:
        said += f" {likelier} is the more probable of the two, but the threshold does not lie at one half."
    return said
