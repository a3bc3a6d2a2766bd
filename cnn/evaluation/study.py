"""Measure a table of predictions against labels: the figures of a study, with 95 % intervals, and what was left out."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import numpy as np

from cnn.cards import CLASSES
from cnn.errors import CommandFailed
from cnn.evaluation.bootstrap import Estimate
from cnn.evaluation.operating_point import measure_performance
from cnn.evaluation.scores import Scores
from cnn.text import from_text_cell, percent

MEASURES = {
    "auc": "AUC",
    "accuracy": "accuracy",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "ece": "calibration error (ECE)",
    "brier": "Brier score",
}
"""Names of measures for a reader."""
_NEEDED = ("file", "outcome", "logit", "temperature", "threshold", "model")
_LABELS = {name.casefold(): index for index, name in enumerate(CLASSES)} | {"0": 0, "1": 1}


@dataclass(frozen=True)
class Label:
    """What is known of a film: its class, 0 or 1, and whose it is."""

    value: int
    patient: str


@dataclass(frozen=True)
class Study:
    """Predictions against labels.

    Attributes:
        network: key of the network.
        threshold: P(PNEUMONIA) from which a prediction is positive: the operating point.
        measures: by the keys of :data:`MEASURES`, with intervals over patients.
        films: films with prediction and label: negative, positive.
        patients: their patients.
        outcomes: all rows of the table by outcome.
        unlabelled: predictions without a label, which are left out.
        unread: labels whose film has no prediction: rejected, not read, or not in the table.
        scores: logits and labels, for further measures.
    """

    network: str
    threshold: float
    measures: dict[str, Estimate]
    films: tuple[int, int]
    patients: int
    outcomes: dict[str, int]
    unlabelled: int
    unread: int
    scores: Scores

    def __str__(self) -> str:
        negative, positive = self.films
        outcomes = ", ".join(f"{count} {name}" for name, count in sorted(self.outcomes.items()))
        lines = [
            f"{self.network}: {negative + positive} films of {self.patients} patients, {positive} with {CLASSES[1]}",
            f"threshold {self.threshold:.3f}; intervals are 95 %, over patients",
            *(f"{MEASURES[key]:<24}{_format(estimate)}" for key, estimate in self.measures.items()),
            f"rows: {outcomes}; {self.unlabelled} predictions without label, {self.unread} labels without prediction",
        ]
        if self.unread:
            share = self.unread / (self.unread + negative + positive)
            lines.append(f"{percent(share, 1)} of the labelled films are not counted: say so beside these figures.")
        return "\n".join(lines)


def _format(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f})"


def read_labels(path: Path) -> dict[str, Label]:
    """Read a CSV file with the columns file and label, and patient where films share one.

    Raises:
        CommandFailed: It cannot be read, a column is missing, or a label is neither class nor 0 or 1.
    """
    rows = _read_csv(path)
    labels: dict[str, Label] = {}
    for row in rows:
        if not {"file", "label"} <= row.keys():
            raise CommandFailed("%s needs the columns file and label, and may have patient.", str(path))
        value = _LABELS.get(row["label"].strip().casefold())
        if value is None:
            raise CommandFailed(f"%s is no label: write {' or '.join(CLASSES)}, or 0 or 1.", row["label"])
        key = PurePath(row["file"]).as_posix()
        labels[key] = Label(value, row.get("patient") or key)
    return labels


def read_rows(path: Path) -> list[dict[str, str]]:
    """Read a table that ``python -m cnn.predict`` wrote, CSV or Parquet, as text.

    Raises:
        CommandFailed: It cannot be read.
    """
    if path.suffix.lower() != ".parquet":
        return _read_csv(path)
    try:
        from pyarrow import parquet

        columns = parquet.read_table(path).to_pylist()
    except (OSError, ValueError) as error:
        raise CommandFailed("%s cannot be read as Parquet.", str(path)) from error
    return [{name: "" if value is None else str(value) for name, value in row.items()} for row in columns]


def _read_csv(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CommandFailed("%s cannot be read as CSV.", str(path)) from error
    return [{name: from_text_cell(cell or "") for name, cell in row.items() if name} for row in rows]


def evaluate_rows(rows: Sequence[Mapping[str, str]], labels: Mapping[str, Label]) -> Study:
    """Measure predictions against labels; a film's label is found by its path or the end of it.

    Args:
        rows: of the table, by column.
        labels: by file, as in :func:`read_labels`.

    Raises:
        CommandFailed: Columns are missing, a label fits several films, or there are not films of both classes.
    """
    if rows and not set(_NEEDED) <= rows[0].keys():
        missing = ", ".join(name for name in _NEEDED if name not in rows[0])
        raise CommandFailed(f"The table has no column {missing}: make it with this version of python -m cnn.predict.")
    matched = dict(_match(rows, labels))
    scored = [(row, matched[index]) for index, row in enumerate(rows) if row["logit"] and index in matched]
    truth = np.array([labels[key].value for _, key in scored], dtype=int)
    if len(set(truth.tolist())) < 2:
        raise CommandFailed(f"Predictions with labels of both classes are needed, and {len(truth)} have a label.")
    thresholds = {float(row["threshold"]) for row, _ in scored}
    networks = {row["model"] for row, _ in scored}
    if len(networks) > 1 or len(thresholds) > 1:
        raise CommandFailed("The table holds several networks or thresholds: summarise one at a time.")
    (threshold,), (network,) = thresholds, networks
    scores = Scores(
        logits=np.array([float(row["logit"]) / float(row["temperature"]) for row, _ in scored]),
        labels=truth,
        patients=np.array([labels[key].patient for _, key in scored]),
        seeds=np.zeros(len(scored), dtype=int),
        thresholds=np.full(len(scored), threshold),
    )
    return Study(
        network=network,
        threshold=threshold,
        measures=measure_performance(scores),
        films=(int((truth == 0).sum()), int((truth == 1).sum())),
        patients=len(np.unique(scores.patients)),
        outcomes=dict(Counter(row["outcome"] for row in rows)),
        unlabelled=sum(bool(row["logit"]) for row in rows) - len(scored),
        unread=len(labels) - len(scored),
        scores=scores,
    )


def _match(rows: Iterable[Mapping[str, str]], labels: Mapping[str, Label]) -> Iterator[tuple[int, str]]:
    """Yield the index of each row that has a label, and the label's key."""
    used: dict[str, str] = {}
    for index, row in enumerate(rows):
        parts = PurePath(row["file"]).parts
        ends = (PurePath(*parts[start:]).as_posix() for start in range(len(parts)))
        key = next((end for end in ends if end in labels), None)
        if key is None:
            continue
        if key in used:
            raise CommandFailed("The label of %s fits %s and %s: write longer paths.", key, used[key], row["file"])
        used[key] = row["file"]
        yield index, key
