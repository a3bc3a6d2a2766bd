"""Write outcomes as text, CSV or Parquet."""

import csv
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import IO, TextIO

from cnn.errors import CommandFailed
from cnn.predict.outcomes import Outcome
from cnn.predict.prediction import NORMAL, PNEUMONIA
from cnn.text import FORMULA, text_cell

COLUMNS = (
    *("file", "status", "reason", "p_pneumonia", "label", "threshold", "model", "notes"),
    *("outcome", "logit", "sha256", "width", "height", "temperature", "error", "row_spacing_mm", "column_spacing_mm"),
    *("view", "laterality", "sop_uid", "study_uid", "series_uid", "patient_id", "seconds"),
)
NUMBERS = (
    *("p_pneumonia", "threshold", "logit", "width", "height", "temperature", "row_spacing_mm", "column_spacing_mm"),
    "seconds",
)
_BLOCK = 2**23  # bytes of CSV in memory at once while it is turned into Parquet


def write_rows(outcomes: Iterable[Outcome], file: TextIO) -> None:
    """Write a header, and a row of CSV for each outcome as it comes."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for outcome in outcomes:
        row = row_of(outcome)
        writer.writerow(row[name] if name in NUMBERS else text_cell(row[name]) for name in COLUMNS)


def row_of(outcome: Outcome) -> dict[str, str]:
    """Return an outcome as text by column; what is not known is empty."""
    facts, prediction = outcome.facts, outcome.prediction
    spacing = facts.spacing_mm or (None, None)
    row = {
        "file": outcome.file,
        "status": "ok" if prediction else "refused",
        "reason": outcome.reason,
        "notes": " ".join(outcome.notes),
        "outcome": outcome.kind,
        "error": outcome.code,
        "sha256": facts.sha256,
        **asdict(facts.identifiers),
    }
    numbers: dict[str, float | None] = {
        "width": facts.width,
        "height": facts.height,
        "row_spacing_mm": spacing[0],
        "column_spacing_mm": spacing[1],
    }
    row |= {name: "" if number is None else f"{number:.6g}" for name, number in numbers.items()}
    row["seconds"] = "" if facts.seconds is None else f"{facts.seconds:.4f}"
    if prediction:
        row |= {
            "p_pneumonia": f"{prediction.p_pneumonia:.6f}",
            "label": prediction.label,
            "threshold": f"{prediction.threshold:.6f}",
            "model": prediction.model,
            "logit": f"{prediction.logits[PNEUMONIA] - prediction.logits[NORMAL]:.6f}",
            "temperature": f"{prediction.temperature:.6f}",
        }
    return {name: row.get(name, "") for name in COLUMNS}


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
