"""Predictions for many files: the engine behind ``python -m cnn.predict``."""

import argparse
import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TextIO

import torch
from torch import Tensor
from tqdm import tqdm

from cnn import models, refuse
from cnn.errors import UserError
from cnn.images import MAX_BYTES, read_radiograph
from cnn.predict import Prediction, classify
from cnn.preprocess import to_tensor

BATCH = 16
"""Films per forward pass: more gains nothing on a CPU and holds more memory."""


class CommandFailed(UserError):
    """The command cannot do what it was asked, whatever the files say."""


@dataclass(frozen=True)
class Row:
    """One line of the output: a file and what was said of it, or why it was refused; both, where a user insisted."""

    file: str
    status: str
    reason: str
    p_pneumonia: str
    label: str
    threshold: str
    model: str


@dataclass(frozen=True)
class Inputs:
    """A film as the classifier takes it and as it is judged before: (1, 1, S, S) each."""

    name: str
    classified: Tensor
    judged: Tensor


def find_files(paths: Sequence[Path]) -> list[Path]:
    """Every file named, and every file below every folder named, sorted within a folder; each once.

    Hidden files and folders below a folder are passed over; a hidden file that is named itself is not.

    Raises:
        CommandFailed: a path does not exist, or a folder cannot be listed.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if not path.exists():
            raise CommandFailed(f"There is no {path}; name files or folders that exist.")
        if path.is_dir():
            found.update(dict.fromkeys(_files_below(path)))
        else:
            found[path] = None
    return list(found)


def _files_below(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise CommandFailed(f"The folder {folder} cannot be read ({error.strerror}); check its permissions.") from error
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _files_below(entry)
        else:
            yield entry


def predict_files(paths: Iterable[Path], model: models.LoadedModel, insist: bool = False) -> Iterator[Row]:
    """A row for each path, in order. Files are read ahead on other threads, while the network works on a batch.

    What does not look like a frontal chest radiograph is refused; with ``insist`` it is classified, and its row keeps
    the reason.
    """
    remaining = iter(paths)
    waiting: list[tuple[Path, Inputs | str]] = []
    with ThreadPoolExecutor() as pool:
        while chunk := list(islice(remaining, BATCH)):
            coming = pool.map(partial(_read, size=model.input_size), chunk)
            yield from _rows(waiting, model, insist)
            waiting = list(zip(chunk, coming, strict=True))
    yield from _rows(waiting, model, insist)


def _read(path: Path, size: int) -> Inputs | str:
    """What the networks need, or why it cannot be had."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return f"{path.name} is larger than {MAX_BYTES // 2**20} MB; make it smaller."
        radiograph = read_radiograph(path.read_bytes(), path.name)
        return Inputs(radiograph.name, to_tensor(radiograph, size), to_tensor(radiograph, refuse.SIZE))
    except UserError as refusal:
        return str(refusal)
    except OSError as error:
        return f"{path.name} cannot be read ({error.strerror})."


def _rows(chunk: list[tuple[Path, Inputs | str]], model: models.LoadedModel, insist: bool) -> Iterator[Row]:
    inputs = [read for _, read in chunk if isinstance(read, Inputs)]
    verdicts = refuse.judge(torch.cat([each.judged for each in inputs])) if inputs else []
    doubts = ["" if verdict.accepted else verdict.sentence(each.name)
              for each, verdict in zip(inputs, verdicts, strict=True)]  # fmt: skip
    taken = [each.classified for each, doubt in zip(inputs, doubts, strict=True) if insist or not doubt]
    answers = iter(classify(model, torch.cat(taken)) if taken else ())
    judged = iter(doubts)
    for path, read in chunk:
        reason = read if isinstance(read, str) else next(judged)
        if isinstance(read, str) or (reason and not insist):
            yield Row(str(path), "refused", reason, "", "", "", "")
        else:
            yield _row(path, next(answers), reason)


def _row(path: Path, answer: Prediction, reason: str) -> Row:
    return Row(
        str(path), "ok", reason, f"{answer.p_pneumonia:.6f}", answer.label, f"{answer.threshold:.6f}", answer.model
    )  # fmt: skip


def write_csv(rows: Iterable[Row], out: Path | None) -> None:
    """Rows as CSV to ``out``, or to standard output. A file appears under its name when it is whole.

    Raises:
        CommandFailed: ``out`` exists already or cannot be written.
    """
    if out is None:
        _write(rows, sys.stdout)
        return
    unfinished = out.with_name(out.name + ".part")
    try:
        with unfinished.open("w", newline="", encoding="utf-8") as file:
            _write(rows, file)
        unfinished.replace(out)
    except OSError as error:
        raise CommandFailed(f"{out} cannot be written ({error.strerror}); choose another file.") from error


def _write(rows: Iterable[Row], file: TextIO) -> None:
    writer = csv.DictWriter(file, [column.name for column in fields(Row)], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(asdict(row))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0 when every file got its row, 2 when the command itself cannot be done."""
    parser = argparse.ArgumentParser(prog="python -m cnn.predict", description="Read chest radiographs; teaching only.")
    parser.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="files or folders")
    parser.add_argument("--out", type=Path, help="CSV file to write (default: standard output)")
    parser.add_argument("--model", default=models.DEFAULT, help=f"one of {', '.join(models.REGISTRY)}")
    parser.add_argument(
        "--insist", action="store_true", help="classify what does not look like a frontal chest radiograph, too"
    )
    given = parser.parse_args(arguments)
    try:
        if given.out is not None and given.out.exists():
            raise CommandFailed(f"{given.out} exists already; name another file, or remove it first.")
        files = find_files(given.paths)
        model = models.load(given.model)
        rows = predict_files(files, model, given.insist)
        write_csv(tqdm(rows, total=len(files), unit="file", file=sys.stderr), given.out)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0
