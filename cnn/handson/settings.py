"""The settings of one training, checked before anything runs. Imports no PyTorch."""

import math
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal, get_args

from cnn.errors import UserError
from cnn.handson.films import SIDE
from cnn.layers import network_text
from cnn.layers.layer import Layer, Vector, Volume
from cnn.layers.layers import Linear
from cnn.layers.network import Block, Network

Split = Literal["patient", "film"]
Optimiser = Literal["adam", "sgd"]

VOLUME = Volume(SIDE, SIDE, 1)
WIDTHS = (16, 32, 64, 96)
"""Filters of the lecture's chain, layer by layer."""
MAX_PARAMETERS = 2_000_000
MAX_MULTIPLY_ADDS = 100_000_000
MAX_ACTIVATION_BYTES = 32 * 2**20
"""Limits of a network that a server can train for a learner: parameters; and for one film multiply-adds and bytes."""
MAX_SECONDS = 120
"""The longest training, in seconds."""
FINE_TUNED = "fine-tuned"
AS_TEXT = "own"
"""The choice of a network that is given as text."""
OWN_NETWORK = "My network"
"""What the pages that read a film call a learner's network."""


def _chain(between: str = ", relu", before_last: str = "", widths: tuple[int, ...] = WIDTHS) -> str:
    convolutions = "".join(f"conv {width} 3 p1{between}, max 2, " for width in widths)
    return f"{VOLUME}, {convolutions}flatten, {before_last}fc 2"


NETWORKS: dict[str, str] = {
    "lecture": _chain(),
    "batch norm": _chain(", norm, relu"),
    "dropout": _chain(before_last="drop 0.5, "),
    "no ReLU": _chain("").replace("max 2", "avg 2"),
    "fully connected": f"{VOLUME}, flatten, fc 128, relu, fc 2",
    "logistic regression": f"{VOLUME}, flatten, fc 2",
    FINE_TUNED: _chain(widths=(16, 32, 64, 96, 128)),
}
"""Named networks in the language of the builder. Without ReLU the pools average, because a maximum is not linear."""
TITLES = {
    "lecture": "Lecture's chain, 4 CONV",
    "batch norm": "Chain + batch norm",
    "dropout": "Chain + dropout",
    "no ReLU": "Chain without ReLU",
    "fully connected": "Fully connected",
    "logistic regression": "Logistic regression",
    FINE_TUNED: "Lecture CNN, fine-tuned",
}


@dataclass(frozen=True)
class Settings:
    """What a learner chooses for one training; an object of this class is valid.

    Learning rate, epochs and batch size of the baseline have the highest mean validation AUC over seeds 0 and 1 among
    those tried with ``python -m tests.performance.handson choose``, which never looks at the test films.

    Attributes:
        films: Training films asked for, both classes together; fewer where a class has not enough.
        pneumonia: Share of PNEUMONIA among the films for training and validation, from 0.1 to 0.9.
        split: Whether validation films are of other patients, or drawn film by film.
        augment: Whether training films are changed at random each time they are seen.
        wrong_labels: Share of the training labels that are flipped, from 0 to 0.5.
        letter: Whether an "R" is stamped on every NORMAL film for training and validation.
        network: A key of NETWORKS, or a network in the language of the builder.
        optimiser: AdamW, or stochastic gradient descent with momentum 0.9.
        learning_rate: Peak of the schedule: a fifth of the steps to warm up, then down to zero along a cosine.
        batch_size: Films per step.
        weight_decay: As in torch.optim.AdamW.
        epochs: Passes over the training films.
        seed: Of weights, order of films and augmentation.
        keep_best: Whether the weights of the epoch that is best on validation are kept, or those of the last.
    """

    films: int = 1000
    pneumonia: float = 0.5
    split: Split = "patient"
    augment: bool = True
    wrong_labels: float = 0.0
    letter: bool = False
    network: str = "lecture"
    optimiser: Optimiser = "adam"
    learning_rate: float = 2e-3
    batch_size: int = 32
    weight_decay: float = 0.01
    epochs: int = 12
    seed: int = 0
    keep_best: bool = True

    RANGES: ClassVar[dict[str, tuple[float, float]]] = {
        "films": (10, 1000),
        "pneumonia": (0.1, 0.9),
        "wrong_labels": (0, 0.5),
        "learning_rate": (1e-6, 10),
        "batch_size": (4, 256),
        "weight_decay": (0, 1),
        "epochs": (1, 100),
        "seed": (0, 9999),
    }
    """Lowest and highest value of each number."""

    def __post_init__(self) -> None:
        for name, (low, high) in self.RANGES.items():
            value = getattr(self, name)
            if not (math.isfinite(value) and low <= value <= high):
                raise UserError(f"{_title(name)} must be a number from {low:g} to {high:g}, not {value:g}.")
        for name, allowed in (("split", get_args(Split)), ("optimiser", get_args(Optimiser))):
            if getattr(self, name) not in allowed:
                raise UserError(f"{_title(name)} must be one of {', '.join(allowed)}.")
        check_network(self.described_network)

    @property
    def described_network(self) -> Network:
        """The network, as a description of its layers."""
        return network_text.parse(NETWORKS.get(self.network, self.network))

    @property
    def network_title(self) -> str:
        """The network's name for a reader."""
        return TITLES.get(self.network, "My network")

    @property
    def fine_tunes(self) -> bool:
        """Whether the training starts from the shipped Lecture CNN."""
        return self.network == FINE_TUNED

    def differences(self, other: "Settings") -> dict[str, tuple[Any, Any]]:
        """Return the values that differ, by the name of the setting: this one's, the other's."""
        ours, theirs = asdict(self), asdict(other)
        return {_title(name): (ours[name], theirs[name]) for name in ours if ours[name] != theirs[name]}


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def check_network(network: Network) -> None:
    """Check that a network reads a film, gives two logits, and is small enough to be trained here.

    Raises:
        UserError: It does not; the sentence says why and what to do.
    """
    if network.volume != VOLUME:
        raise UserError(f"A film is {VOLUME}, not {network.volume}: begin the network with {VOLUME}.")
    infos = network.layer_infos()
    if network.output != Vector(2):
        raise UserError(
            f"The network must end in 2 numbers, one for each class, not in {network.output}: end it with flatten, "
            "fc 2, and no softmax, which the loss brings along."
        )
    if not any(isinstance(layer, Linear) for layer in network.layers[-1:]):
        raise UserError("The last layer must be fc 2: the loss needs its scores as they are.")
    totals = (
        ("parameters", sum(info.parameters.value for info in infos), MAX_PARAMETERS),
        ("multiply-adds for one film", sum(info.multiply_adds.value for info in infos), MAX_MULTIPLY_ADDS),
        ("bytes of activations for one film", sum(i.output.memory.value for i in infos), MAX_ACTIVATION_BYTES),
    )
    for name, total, most in totals:
        if total > most:
            raise UserError(
                f"The network has {total:,} {name}, and at most {most:,} can be trained here: use fewer filters or "
                "units, or pool earlier."
            )


def opens_elsewhere(network: Network) -> bool:
    """Return whether Inside the network and Read a chest X-ray can open it.

    They open CONV, batch norm, ReLU, dropout, pools of any kind and blocks with a shortcut, which end in flatten and
    one fully connected layer: the maps before it are what the score is made of.
    """
    words = [str(layer).split()[0] for part in network.parts for layer in _layers_of(part)]
    return (
        set(words) <= {"conv", "norm", "relu", "max", "avg", "adaptive", "drop", "flatten", "fc"}
        and "conv" in words
        and words.count("fc") == 1
        and [word for word in words if word != "drop"][-2:] == ["flatten", "fc"]
    )


def _layers_of(part: Layer | Block) -> tuple[Layer, ...]:
    return (*part.main, *part.shortcut) if isinstance(part, Block) else (part,)
