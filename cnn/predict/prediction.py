"""From a radiograph to two probabilities, a label, and a sentence that says what they mean."""

from dataclasses import dataclass

from torch import Tensor

from cnn import text
from cnn.cards import CLASSES
from cnn.imaging.preprocess import to_tensor
from cnn.imaging.radiograph import Radiograph
from cnn.models.loading import LoadedModel

NORMAL, PNEUMONIA = range(len(CLASSES))


@dataclass(frozen=True)
class Prediction:
    """The output of a model for one radiograph.

    Attributes:
        logits: Scores in the order of :data:`cnn.cards.CLASSES`.
        probabilities: The softmax of ``logits / temperature``, in the same order.
        label: PNEUMONIA if P(PNEUMONIA) is at least ``threshold``, else NORMAL.
        threshold: The operating point, 0..1.
        temperature: The divisor that calibrates the logits (Guo et al., ICML 2017).
        model: The name of the model.
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
    """Return the prediction of ``model`` for ``radiograph``."""
    return classify(model, to_tensor(radiograph, model.input_size))[0]


def classify(model: LoadedModel, pixels: Tensor) -> list[Prediction]:
    """Return the prediction of ``model`` for each film of ``pixels``.

    No lock is needed: nothing hooks the shared network, because :mod:`cnn.attribution.methods` works on a copy.

    Args:
        model: The classifier.
        pixels: (B, 1, S, S), standardised by :mod:`cnn.imaging.preprocess`.

    Raises:
        UserError: ``pixels`` have another shape, or are not standardised.
    """
    model.check_input(pixels)
    logits = model.logits(pixels)  # (B, 2)
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
    """Return a probability in percent; never 0 % or 100 %, because no network can be certain."""
    if probability < 0.01:
        return "under 1 %"
    if probability > 0.99:
        return "over 99 %"
    return text.percent(probability)


def sentence(prediction: Prediction) -> str:
    """Return the prediction in plain words."""
    side = "above" if prediction.label == CLASSES[PNEUMONIA] else "below"
    probability, threshold = _in_percent(prediction.p_pneumonia, prediction.threshold)
    said = f"The network says {prediction.label}: P(PNEUMONIA) is {probability}, {side} the threshold of {threshold}."
    more_probable = CLASSES[PNEUMONIA if prediction.p_pneumonia > 0.5 else NORMAL]
    if more_probable != prediction.label:
        said += f" {more_probable} is the more probable of the two, but the threshold is not one half."
    return said


def _in_percent(probability: float, threshold: float) -> tuple[str, str]:
    """Return both in percent, with as many decimals, at most three, as tell them apart."""
    shown = percent(probability), percent(threshold)
    for decimals in range(1, 4):
        if shown[0] != shown[1]:
            break
        shown = text.percent(probability, decimals), text.percent(threshold, decimals)
    return shown
