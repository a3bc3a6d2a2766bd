"""What each shipped network says of every film that it is measured on: ``weights/scores/NAME.json``.

``python -m cnn.training.evaluate`` writes these files, and every published number is computed from them, so that a
page can do it again for other thresholds and other groups without a network and without PyTorch. They hold no picture
and no file name; patients are numbered in an order that says nothing.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from cnn.cards import read_card
from cnn.errors import WeightsRejected

HIDDEN_REGIONS = (
    "lungs' box filled with the mean grey",
    "lungs blacked out by their mask",
    "nothing but the lungs visible",
)
"""What is hidden of the test films to see what a network leans on."""
METADATA = ("age", "sex", "view", "cause", "text_mined_label")
"""What the sources say of a film besides its label; an empty text where they do not."""
DIGITS = 6
"""Decimals of a logit in the file: enough that no two films change places."""


@dataclass(frozen=True)
class Scores:
    """Logits of P(PNEUMONIA) after calibration (N,), with label (0 or 1), patient and threshold of each film (N,).

    ``seeds`` says which training's network judged a film; ``thresholds`` is the probability from which that network
    says PNEUMONIA. ``facts`` maps :data:`FACTS` to texts (N,), ``hidden`` maps :data:`HIDDEN` to logits (N,).
    """

    logits: np.ndarray
    labels: np.ndarray
    patients: np.ndarray
    seeds: np.ndarray
    thresholds: np.ndarray
    metadata: dict[str, np.ndarray] = field(default_factory=dict)
    hidden: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def probabilities(self) -> np.ndarray:
        """P(PNEUMONIA), (N,)."""
        return sigmoid(self.logits)

    @property
    def predicted_positive(self) -> np.ndarray:
        """Which films are called PNEUMONIA, (N,) bool, each by the threshold of the network that judged it."""
        return np.asarray(self.probabilities >= self.thresholds)

    def select(self, chosen: np.ndarray) -> "Scores":
        """The films of these indices, or of this mask."""
        return Scores(
            self.logits[chosen], self.labels[chosen], self.patients[chosen], self.seeds[chosen],
            self.thresholds[chosen], {key: column[chosen] for key, column in self.metadata.items()},
            {key: column[chosen] for key, column in self.hidden.items()},
        )  # fmt: skip

    def with_text_mined_labels(self) -> "Scores":
        """The same films and answers, judged by the labels that were mined from the text of reports."""
        return replace(self, labels=self.metadata["text_mined_label"].astype(int))

    def with_region_hidden(self, what: str) -> "Scores":
        """The same films with something hidden."""
        return replace(self, logits=self.hidden[what])


def sigmoid(margins: np.ndarray) -> np.ndarray:
    """P(PNEUMONIA) from margins: for two classes, softmax over logits is the sigmoid of their difference."""
    return np.asarray(0.5 * (1 + np.tanh(np.asarray(margins, dtype=np.float64) / 2)))


def concatenate(parts: Sequence[Scores]) -> Scores:
    """Films of several networks of one recipe, each judged by a network that was not trained on it."""
    first = parts[0]
    return Scores(
        np.concatenate([part.logits for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.patients for part in parts]),
        np.concatenate([part.seeds for part in parts]),
        np.concatenate([part.thresholds for part in parts]),
        {key: np.concatenate([part.metadata[key] for part in parts]) for key in first.metadata},
    )


def write(folder: Path, name: str, weights_sha256: str, groups: dict[str, Scores]) -> None:
    """Writes ``scores/NAME.json``, one line a column."""
    thresholds = {str(seed): float(t) for part in groups.values()
                  for seed, t in zip(part.seeds, part.thresholds, strict=True)}  # fmt: skip
    head = [f'"name": {json.dumps(name)}', f'"sha256": {json.dumps(weights_sha256)}',
            f'"thresholds": {json.dumps(thresholds)}']  # fmt: skip
    body = [f'"{group}": {{\n{_block(_columns(part))}\n}}' for group, part in groups.items()]
    (folder / "scores").mkdir(exist_ok=True)
    text = "{\n" + ",\n".join([*head, *body]) + "\n}\n"
    (folder / "scores" / f"{name}.json").write_text(text, encoding="utf-8")


def read(folder: Path, name: str, groups: Sequence[str]) -> dict[str, Scores]:
    """The groups of films in ``scores/NAME.json``.

    Raises:
        WeightsRejected: the file is missing, not readable, or of other weights than the card.
    """
    digest = read_card(folder, name)["sha256"]
    path = folder / "scores" / f"{name}.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["sha256"] != digest:
            raise WeightsRejected(
                f"weights/scores/{name}.json is of other weights; run python -m cnn.training.evaluate again."
            )
        return {group: _scores(found[group], found["thresholds"]) for group in groups}
    except OSError as error:
        raise WeightsRejected(f"weights/scores/{name}.json is missing; get the whole repository again.") from error
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise WeightsRejected(f"weights/scores/{name}.json is damaged; get the file again.") from error


def _columns(part: Scores) -> dict[str, list[float] | list[int] | list[str]]:
    """The film's columns; patients become numbers in the order in which they come."""
    number = {patient: place for place, patient in enumerate(dict.fromkeys(part.patients.tolist()))}
    logits = {"logit": part.logits} | part.hidden
    return {
        "label": part.labels.tolist(),
        "patient": [number[patient] for patient in part.patients.tolist()],
        "seed": part.seeds.tolist(),
        **{key: column.tolist() for key, column in part.metadata.items() if any(column)},
        **{key: np.round(column, DIGITS).tolist() for key, column in logits.items()},
    }


def _block(columns: dict[str, list[float] | list[int] | list[str]]) -> str:
    return ",\n".join(f" {json.dumps(key)}: {json.dumps(column, separators=(',', ':'))}"
                      for key, column in columns.items())  # fmt: skip


def _scores(columns: dict[str, list[float]], thresholds: dict[str, float]) -> Scores:
    seeds = np.array(columns["seed"])
    return Scores(
        np.array(columns["logit"], dtype=float), np.array(columns["label"]), np.array(columns["patient"]), seeds,
        np.array([thresholds[str(seed)] for seed in seeds]),
        {key: np.array(columns[key]) for key in METADATA if key in columns},
        {key: np.array(columns[key], dtype=float) for key in HIDDEN_REGIONS if key in columns},
    )  # fmt: skip
