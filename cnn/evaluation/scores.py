"""Scores of each shipped network on every film that it is evaluated on: ``weights/scores/NAME.json``.

``python -m cnn.training.evaluate`` writes these files, and every published number is computed from them. A page can
therefore compute them again for other thresholds and subgroups without a network and without PyTorch. The files hold
no image and no file name; patients are numbered in an uninformative order.
"""

import json
from collections.abc import Mapping, Sequence
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
"""Regions of the test films that are hidden to see what a prediction depends on."""
METADATA = ("age", "sex", "view", "cause", "text_mined_label", "reading")
"""What the sources state of a film besides its label; an empty text if they do not."""
CHOSEN, BALANCED = "thresholds", "balanced_thresholds"
"""Thresholds in the file, by seed: the one in use, and the earlier one, where sensitivity and specificity are equal on
the validation set with augmentation."""
HARD = "adults_hard"
"""Group of the adults' films that also holds those that are abnormal without an opacity, with label 0; the metadatum
"reading" names the class of the second reading."""
DIGITS = 6
"""Decimals of a logit in the file: enough to keep the order of the films."""


@dataclass(frozen=True)
class Scores:
    """Scores of N films.

    Attributes:
        logits: calibrated logits of P(PNEUMONIA), (N,).
        labels: 0 or 1, (N,).
        patients: patient of each film, (N,).
        seeds: seed of the training whose network scored the film, (N,).
        thresholds: operating point of that network, a probability, (N,).
        metadata: texts (N,) by the names in :data:`METADATA`.
        hidden_logits: logits (N,) with each of :data:`HIDDEN_REGIONS` hidden.
    """

    logits: np.ndarray
    labels: np.ndarray
    patients: np.ndarray
    seeds: np.ndarray
    thresholds: np.ndarray
    metadata: dict[str, np.ndarray] = field(default_factory=dict)
    hidden_logits: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def probabilities(self) -> np.ndarray:
        """P(PNEUMONIA), (N,)."""
        return sigmoid(self.logits)

    def select(self, chosen: np.ndarray) -> "Scores":
        """Return the films of these indices, or of this mask."""
        return Scores(
            logits=self.logits[chosen],
            labels=self.labels[chosen],
            patients=self.patients[chosen],
            seeds=self.seeds[chosen],
            thresholds=self.thresholds[chosen],
            metadata={name: column[chosen] for name, column in self.metadata.items()},
            hidden_logits={region: column[chosen] for region, column in self.hidden_logits.items()},
        )

    def with_text_mined_labels(self) -> "Scores":
        """Return the same scores with the labels that were mined from the text of reports."""
        return replace(self, labels=self.metadata["text_mined_label"].astype(int))

    def with_region_hidden(self, region: str) -> "Scores":
        """Return the scores of the same films with ``region`` hidden."""
        return replace(self, logits=self.hidden_logits[region])


def sigmoid(margins: np.ndarray) -> np.ndarray:
    """Convert margins to P(PNEUMONIA): the softmax of two logits is the sigmoid of their difference."""
    return np.asarray(0.5 * (1 + np.tanh(np.asarray(margins, dtype=np.float64) / 2)))


def concatenate(parts: Sequence[Scores]) -> Scores:
    """Join films of several networks with one recipe, each scored by a network that was not trained on it."""
    return Scores(
        logits=np.concatenate([part.logits for part in parts]),
        labels=np.concatenate([part.labels for part in parts]),
        patients=np.concatenate([part.patients for part in parts]),
        seeds=np.concatenate([part.seeds for part in parts]),
        thresholds=np.concatenate([part.thresholds for part in parts]),
        metadata={name: np.concatenate([part.metadata[name] for part in parts]) for name in parts[0].metadata},
    )


def write(
    folder: Path, name: str, weights_sha256: str, groups: dict[str, Scores], balanced_thresholds: Mapping[int, float]
) -> None:
    """Write ``scores/NAME.json`` with one line per column; ``balanced_thresholds`` are by seed."""
    thresholds = {
        str(seed): float(threshold)
        for part in groups.values()
        for seed, threshold in zip(part.seeds, part.thresholds, strict=True)
    }
    balanced = {str(seed): threshold for seed, threshold in balanced_thresholds.items()}
    head = {"name": name, "sha256": weights_sha256, CHOSEN: thresholds, BALANCED: balanced}
    entries = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    for group, part in groups.items():
        lines = [f" {json.dumps(key)}: {json.dumps(values, separators=(',', ':'))}" for key, values in _to_json(part)]
        entries.append(f"{json.dumps(group)}: {{\n" + ",\n".join(lines) + "\n}")
    (folder / "scores").mkdir(exist_ok=True)
    (folder / "scores" / f"{name}.json").write_text("{\n" + ",\n".join(entries) + "\n}\n", encoding="utf-8")


def read(folder: Path, name: str, groups: Sequence[str], rule: str = CHOSEN) -> dict[str, Scores]:
    """Read groups of films from ``scores/NAME.json``, with the thresholds of ``rule``: CHOSEN or BALANCED.

    Raises:
        WeightsRejected: the file is missing, damaged, or of other weights than the card.
    """
    digest = read_card(folder, name)["sha256"]
    path = folder / "scores" / f"{name}.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["sha256"] != digest:
            raise WeightsRejected(
                f"weights/scores/{name}.json is of other weights; run python -m cnn.training.evaluate again."
            )
        return {group: _from_json(content[group], content[rule]) for group in groups}
    except OSError as error:
        raise WeightsRejected(f"weights/scores/{name}.json is missing; get the whole repository again.") from error
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise WeightsRejected(f"weights/scores/{name}.json is damaged; get the file again.") from error


def _to_json(part: Scores) -> list[tuple[str, list[float] | list[int] | list[str]]]:
    """Return the columns; patients are numbered in order of appearance, and empty metadata is left out."""
    numbers = {patient: number for number, patient in enumerate(dict.fromkeys(part.patients.tolist()))}
    logits = {"logit": part.logits} | part.hidden_logits
    return [
        ("label", part.labels.tolist()),
        ("patient", [numbers[patient] for patient in part.patients.tolist()]),
        ("seed", part.seeds.tolist()),
        *((name, column.tolist()) for name, column in part.metadata.items() if any(column)),
        *((name, np.round(column, DIGITS).tolist()) for name, column in logits.items()),
    ]


def _from_json(columns: dict[str, list[float]], thresholds: dict[str, float]) -> Scores:
    return Scores(
        logits=np.array(columns["logit"], dtype=float),
        labels=np.array(columns["label"]),
        patients=np.array(columns["patient"]),
        seeds=np.array(columns["seed"]),
        thresholds=np.array([thresholds[str(seed)] for seed in columns["seed"]]),
        metadata={name: np.array(columns[name]) for name in METADATA if name in columns},
        hidden_logits={name: np.array(columns[name], dtype=float) for name in HIDDEN_REGIONS if name in columns},
    )
