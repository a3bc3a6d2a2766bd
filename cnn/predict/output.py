"""Write outcomes as text, CSV or Parquet."""

import csv
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import IO, TextIO

from cnn.errors import CommandFailed
from cnn.predict.outcomes import Outcome
from cnn.predict.prediction import NORMAL, PNEUMONIA
from cnn.text import FORMULA, text_cell

COLUMNS = (
    *("file", "status", "reason", "p_pneumonia", "label", "threshold", "model", "notes"),
    *("outcome", "logit", "sha256", "width", "height"),
)
NUMBERS = ("p_pneumonia", "threshold", "logit", "width", "height")
_BLOCK = 2**23  # bytes of CSV in memory at once while it is turned into Parquet


def write_rows(outcomes: Iterable[Outcome], file: TextIO) -> None:
    """Write a header, and a row of CSV for each outcome as it comes."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(map(_row, outcomes))


def _row(outcome: Outcome) -> tuple[str, ...]:
    file, reason, notes = map(text_cell, (outcome.file, outcome.reason, " ".join(outcome.notes)))
    size = ("" if side is None else str(side) for side in (outcome.width, outcome.height))
    prediction = outcome.prediction
    if prediction is None:
        return file, "refused", reason, "", "", "", "", notes, outcome.kind, "", outcome.sha256, *size
    probability, threshold = f"{prediction.p_pneumonia:.6f}", f"{prediction.threshold:.6f}"
    logit = f"{prediction.logits[PNEUMONIA] - prediction.logits[NORMAL]:.6f}"
    ends = outcome.kind, logit, outcome.sha256, *size
    return file, "ok", reason, probability, prediction.label, threshold, prediction.model, notes, *ends


def print_rows(outcomes: Iterable[Outcome]) -> None:
    """Write CSV to standard output, as rows come.

    Raises:
        CommandFailed: It cannot be written: the disk is full, or the process that reads it has ended.
    """
    try:
        write_rows(outcomes, sys.stdout)
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python fails when it flushes at its end
        raise CommandFailed(f"The rows cannot be written to standard output ({error.strerror}).") from error


def join_csv(shards: Iterable[Path], target: Path) -> None:
    """Write the rows of all shards, CSV files with headers, to ``target``."""
    with target.open("wb") as file:
        file.write((",".join(COLUMNS) + "\n").encode())
        for shard in shards:
            with shard.open("rb") as rows:
                rows.readline()
                shutil.copyfileobj(rows, file)
        sync(file)


def count_outcomes(path: Path) -> Counter[str]:
    """Return the number of rows of a CSV file by outcome."""
    with path.open(newline="", encoding="utf-8") as file:
        return Counter(row["outcome"] for row in csv.DictReader(file))


def csv_to_parquet(source: Path, target: Path) -> None:
    """Write the rows of a CSV file as Parquet: numbers as float64, null for what is empty, text unescaped."""
    import pyarrow
    from pyarrow import compute, parquet
    from pyarrow import csv as arrow_csv

    schema = pyarrow.schema([(name, pyarrow.float64() if name in NUMBERS else pyarrow.string()) for name in COLUMNS])
    batches = arrow_csv.open_csv(
        source,
        read_options=arrow_csv.ReadOptions(block_size=_BLOCK),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(column_types=schema, null_values=[""], strings_can_be_null=True),
    )
    with batches, target.open("wb") as file:
        with parquet.ParquetWriter(file, schema) as writer:
            for batch in batches:
                columns = [
                    column
                    if name in NUMBERS
                    else compute.replace_substring_regex(column, f"^'({FORMULA})", r"\1", max_replacements=1)
                    for name, column in zip(COLUMNS, batch.columns, strict=True)
                ]
                writer.write_batch(pyarrow.record_batch(columns, schema=schema))
        sync(file)


def sync(file: IO[str] | IO[bytes]) -> None:
    """Flush ``file`` to the disk itself."""
    file.flush()
    os.fsync(file.fileno())
