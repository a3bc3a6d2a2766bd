"""Write rows as text, CSV or Parquet."""

import csv
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from cnn.errors import CommandFailed
from cnn.predict.outcomes import Row

if TYPE_CHECKING:
    import pyarrow

_GROUP = 50_000  # rows that are in memory at once when a Parquet file is put together


COLUMNS = [column.name for column in fields(Row)]


def shown(text: str) -> str:
    """A name, or a sentence with one, as the output has it: without what is no text, or would end a line of CSV."""
    return text.replace("\r", "\\r").encode("utf-8", "backslashreplace").decode("utf-8")


def write_rows(rows: Iterable[Row], file: TextIO) -> int:
    """Rows as CSV under a header, each as it comes; returns how many there were."""
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
    writer.writeheader()
    written = 0
    for row in rows:
        writer.writerow({name: shown(text) for name, text in asdict(row).items()})
        written += 1
    return written


def print_rows(rows: Iterable[Row]) -> None:
    """Rows as CSV on standard output.

    Raises:
        CommandFailed: it cannot be written: a full disk, or a reader that has gone.
    """
    try:
        write_rows(rows, sys.stdout)
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python tries again at its end, and fails
        raise CommandFailed(f"The rows cannot be written to standard output ({error.strerror}).") from error


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a CSV file that :func:`write_rows` wrote; ``TypeError`` where a row has other columns."""
    with path.open(newline="", encoding="utf-8") as file:
        yield from (Row(**row) for row in csv.DictReader(file, strict=True))


def join_csv(parts: Iterable[Path], whole: Path) -> None:
    """The rows of all parts, in order, as one CSV file."""
    with whole.open("w", newline="", encoding="utf-8") as file:
        write_rows((row for part in parts for row in read_rows(part)), file)
        to_disk(file)


def join_parquet(parts: Iterable[Path], whole: Path) -> None:
    """The rows of all parts, in order, as one Parquet file: numbers as float64, and null where CSV has nothing."""
    from pyarrow import parquet

    rows = (row for part in parts for row in read_rows(part))
    with whole.open("wb") as file:
        with parquet.ParquetWriter(file, _schema()) as writer:
            while group := list(islice(rows, _GROUP)):
                writer.write_table(_table(group))
        file.flush()
        os.fsync(file.fileno())


def _schema() -> "pyarrow.Schema":
    import pyarrow

    numbers = {"p_pneumonia", "threshold"}
    return pyarrow.schema([(name, pyarrow.float64() if name in numbers else pyarrow.string()) for name in COLUMNS])


def _table(rows: list[Row]) -> "pyarrow.Table":
    import pyarrow

    schema = _schema()
    columns = [[_value(getattr(row, field.name), field.type) for row in rows] for field in schema]
    return pyarrow.table(columns, schema=schema)


def _value(text: str, kind: "pyarrow.DataType") -> str | float | None:
    if not text:
        return None
    return text if kind == "string" else float(text)


def to_disk(file: TextIO) -> None:
    """Write what is buffered to the disk itself."""
    file.flush()
    os.fsync(file.fileno())
