"""A shipped classifier for films: its reading of one, the maps of the reading, and their checks."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cnn import cards
from cnn.attribution.attribute import attribute
from cnn.attribution.attribution import Attribution, describe
from cnn.attribution.checks import CheckedMap, check_map
from cnn.attribution.methods import METHODS, find_method
from cnn.attribution.record import record
from cnn.errors import UserError
from cnn.imaging.preprocess import to_tensor
from cnn.imaging.radiograph import Radiograph
from cnn.library.films import FilmSource
from cnn.library.films import read as read_film
from cnn.models import loading, ood_gate, registry
from cnn.models.loading import LoadedModel
from cnn.models.ood_gate import GateResult
from cnn.predict.prediction import PNEUMONIA, Prediction, predict, sentence

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def load(network: str = cards.DEFAULT_NETWORK, device: str | None = None) -> "Classifier":
    """Load a shipped classifier.

    Args:
        network: key or title of :data:`cnn.cards.NETWORKS`, or the key of one that was registered.
        device: where it runs, as torch names it; else the GPU where there is one.

    Raises:
        UserError: There is no such network or device, or its weights are missing or damaged.
    """
    titles = {key: cards.network_title(key) for key in registry.REGISTRY}
    return Classifier(loading.load(cards.find_key(network, titles, "network"), device), device)


@dataclass(frozen=True)
class Classifier:
    """A network with its weights, threshold and temperature.

    Attributes:
        model: the network; ``model.module`` is the PyTorch module.
        device: where it was told to run; None for the default.
    """

    model: LoadedModel = field(repr=False)
    device: str | None = None

    @property
    def title(self) -> str:
        """Its name for a reader."""
        return cards.network_title(self.model.name)

    def read(self, film: FilmSource, insist: bool = False) -> "Reading":
        """Predict a film, if it passes the gate that rejects what is no frontal chest radiograph.

        Args:
            film: a path, bytes, greys (H, W), or a film that is read already.
            insist: also predict what the gate rejects; what the network says of it means nothing.

        Raises:
            ImageRejected: The film cannot be read.
        """
        radiograph = read_film(film)
        (gate,) = ood_gate.check_batch(to_tensor(radiograph, ood_gate.INPUT_SIZE), self.device)
        prediction = predict(self.model, radiograph) if gate.accepted or insist else None
        return Reading(radiograph, self.model, gate, prediction)


@dataclass(frozen=True)
class Reading:
    """What a network says of a film.

    Attributes:
        film: the film.
        model: the network.
        gate: whether the film looks like a frontal chest radiograph, and why not.
        prediction: of the network; None for a film that the gate rejects.
    """

    film: Radiograph = field(repr=False)
    model: LoadedModel = field(repr=False)
    gate: GateResult = field(repr=False)
    prediction: Prediction | None

    @property
    def probability(self) -> float | None:
        """Calibrated P(PNEUMONIA), 0..1; None for a film that was rejected."""
        return self.prediction.p_pneumonia if self.prediction else None

    @property
    def label(self) -> str | None:
        """PNEUMONIA from the threshold on, else NORMAL; None for a film that was rejected."""
        return self.prediction.label if self.prediction else None

    @property
    def threshold(self) -> float:
        """P(PNEUMONIA) from which the label is PNEUMONIA."""
        return self.model.threshold

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done to the stored image, why it was rejected, and whether it is cut or turned."""
        rejection = () if self.gate.accepted else (self.gate.sentence(self.film.name),)
        return (*self.film.notes, *rejection, *self.gate.warnings)

    def explain(self, *methods: str, target: str = cards.CLASSES[PNEUMONIA]) -> "Explanation":
        """Compute a saliency map by each method.

        Args:
            methods: keys or titles of :data:`cnn.attribution.methods.METHODS`; Grad-CAM where none is named.
            target: the class whose logit is explained.

        Raises:
            UserError: The film was rejected, or there is no such method or class.
        """
        if self.prediction is None:
            raise UserError(f"{self} To explain what the network says all the same, read it with insist=True.")
        names = [find_method(method) for method in methods or ("grad_cam",)]
        index = cards.CLASSES.index(cards.find_key(target, {each: each for each in cards.CLASSES}, "class"))
        pixels = to_tensor(self.film, self.model.input_size)
        return Explanation(self, tuple(attribute(self.model, pixels, name, index) for name in names))

    def record(self) -> str:
        """Return the reading as JSON, with nothing of the film but its hash: enough to compute it again."""
        return Explanation(self, ()).record()

    def __str__(self) -> str:
        if self.prediction is None:
            return self.gate.sentence(self.film.name)
        return sentence(self.prediction)


@dataclass(frozen=True)
class Explanation:
    """Saliency maps of a reading.

    Attributes:
        reading: the reading.
        maps: one for each method.
        checks: of each map, once :meth:`check` was called.
    """

    reading: Reading = field(repr=False)
    maps: tuple[Attribution, ...]
    checks: tuple[CheckedMap, ...] = field(default=(), repr=False)

    def check(self) -> "Explanation":
        """Compare each map with its controls: random weights, edges, deletion and insertion, lungs, other methods."""
        pixels = to_tensor(self.reading.film, self.reading.model.input_size)
        return replace(self, checks=tuple(check_map(self.reading.model, pixels, each) for each in self.maps))

    @property
    def verdicts(self) -> dict[str, str]:
        """By the method's title, what the checks say of its map; empty before :meth:`check`."""
        return {METHODS[each.attribution.method].title: each.verdict for each in self.checks}

    def plot(self) -> "Figure":
        """Draw film and maps, with the verdicts below them, as a matplotlib figure.

        Raises:
            UserError: matplotlib is not installed.
        """
        try:
            from cnn.library.figures import draw
        except ImportError:
            raise UserError("A figure needs matplotlib, which is not installed: pip install matplotlib.") from None
        return draw(self.reading.film, str(self.reading), self.maps, self.verdicts)

    def record(self) -> str:
        """Return reading and maps as JSON, with nothing of the film but its hash."""
        reading = self.reading
        if reading.prediction is None:
            raise UserError(f"{reading} There is no prediction to record.")
        rejection = "" if reading.gate.accepted else reading.gate.reason
        return record(reading.film, reading.model, reading.prediction, self.maps, rejection)

    def __str__(self) -> str:
        return "\n".join(
            f"{METHODS[each.method].title}: {self.verdicts.get(METHODS[each.method].title) or describe(each)}"
            for each in self.maps
        )
