"""What makes a run over an archive safe to kill: its list of files, its finished parts, and the whole at the end.

The rule, for an output ``x.csv``:

1. A run first lists its files, once, into ``x.csv.parts/files.jsonl``, and writes down what it was asked in
   ``run.json``. The list is the run's: a file that comes later is not read, one that goes is a row that says so.
2. The list is cut into parts of equal length, at most :data:`MOST_PARTS`. The rows of part 7 go to ``000007.csv``,
   under another name until they are whole and on disk. Who finishes a part, and in which order, makes no difference.
3. The same command goes on with the parts that are missing. It holds a lock, so that two runs never share a folder.
4. When none is missing, the parts are joined in order, the whole gets its name, and the folder is removed.

So every file has its row once, in the order of the list, however often the run was killed, and nothing called
``x.csv`` is less than everything. What a kill costs is the parts that were being worked on.
"""

import csv
import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from cnn.errors import CommandFailed
from cnn.predict.outcomes import BATCH, Row
from cnn.predict.output import join_csv, join_parquet, read_rows, shown, to_disk, write_rows

MOST_PARTS = 2000
"""Files in one folder, and tasks for one cluster, that no file system and no scheduler minds."""


@dataclass(frozen=True)
class Part:
    """A stretch of the list of files, with its place in it."""

    number: int
    files: list[str]


def shard_size(total: int) -> int:
    """Files in a part of ``total``: whole batches, so that a film meets the same neighbours however a run is cut."""
    return BATCH * max(1, -(-total // (BATCH * MOST_PARTS)))


def check_output(out: Path) -> None:
    """Raises CommandFailed where ``out`` is taken, or its name is of neither kind."""
    if out.suffix.lower() not in (".csv", ".parquet"):
        raise CommandFailed(f"{out} is neither CSV nor Parquet by its name; end it in .csv or .parquet.")
    if out.exists():
        raise CommandFailed(f"{out} exists already; name another file, or remove it first.")


def shards_folder(out: Path) -> Path:
    """Where the parts of ``out`` are while it is not whole."""
    return out.with_name(out.name + ".parts")


class Run:
    """A run over an archive, begun or gone on with; made by :func:`open_run`."""

    def __init__(self, out: Path, total: int) -> None:
        self.out, self.total, self.size = out, total, shard_size(total)
        self.folder = shards_folder(out)
        self._finished = {part.number: len(part.files) for part in self._parts() if self._is_whole(part)}

    @property
    def done(self) -> int:
        """Files that have their row."""
        return sum(self._finished.values())

    def missing(self) -> Iterator[Part]:
        """The parts that are to be worked on, in order."""
        return (part for part in self._parts() if part.number not in self._finished)

    def keep(self, number: int, rows: Iterable[Row]) -> None:
        """Writes the rows of a part as they come; the part counts when it is whole and on disk."""
        unfinished = self._path(number).with_suffix(".unfinished")
        with _writing(self.out):
            with unfinished.open("w", newline="", encoding="utf-8") as file:
                written = write_rows(rows, file)
                to_disk(file)
            unfinished.replace(self._path(number))
        self._finished[number] = written

    def finish(self) -> None:
        """Joins the parts and gives the whole its name.

        Raises:
            CommandFailed: the output cannot be written, or has come into being meanwhile; the parts stay.
        """
        whole = self.folder / "whole"
        paths = (self._path(number) for number in sorted(self._finished))
        with _writing(self.out):
            (join_parquet if self.out.suffix.lower() == ".parquet" else join_csv)(paths, whole)
            check_output(self.out)
            whole.replace(self.out)
            (self.folder / "run.json").unlink()

    def _parts(self) -> Iterator[Part]:
        with (self.folder / "files.jsonl").open(encoding="utf-8") as lines:
            number = 0
            while chunk := list(islice(lines, self.size)):
                yield Part(number, [json.loads(line) for line in chunk])
                number += 1

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:06}.csv"

    def _is_whole(self, part: Part) -> bool:
        """Whether the part's file holds its files in their order; a folder may have been copied, or a disk been ill."""
        try:
            return [row.file for row in read_rows(self._path(part.number))] == [shown(file) for file in part.files]
        except (OSError, ValueError, TypeError, csv.Error):
            return False


@contextmanager
def open_run(out: Path, asked: dict[str, Any], files: Iterable[Path]) -> Iterator[Run]:
    """The run that makes ``out``: a new one over ``files``, or the unfinished one, if it was asked the same.

    Args:
        out: a CSV or Parquet file that does not exist.
        asked: all that the rows depend on, fit for JSON.
        files: listed once, when a run begins; not touched when one goes on.

    Raises:
        CommandFailed: ``out`` is taken or cannot be written; its unfinished run was asked something else, is being
            worked on, or is none of ours.
    """
    check_output(out)
    folder = shards_folder(out)
    lock = FileLock(folder / "lock", timeout=0)
    with _writing(out):
        folder.mkdir(exist_ok=True)
        if strange := _strangers(folder):
            raise CommandFailed(f"{folder} holds {strange}, which is not of a run; name another output.")
        try:
            lock.acquire()
        except Timeout:
            raise CommandFailed(f"Another run is writing {out}; wait for it, or name another output.") from None
    try:
        yield Run(out, _begin_or_go_on(out, folder, asked, files))
    finally:
        lock.release()
        if not (folder / "run.json").exists():  # nothing worth going on with
            shutil.rmtree(folder, ignore_errors=True)


def _strangers(folder: Path) -> str:
    """A file in ``folder`` that no run puts there, or an empty string."""
    ours = {"lock", "run.json", "run.unfinished", "files.jsonl", "whole"}
    names = (path.name for path in folder.iterdir() if path.name not in ours)
    return next((name for name in names if not name[:6].isdigit()), "")


def _begin_or_go_on(out: Path, folder: Path, asked: dict[str, Any], files: Iterable[Path]) -> int:
    """How many files the run has; its list and its question are in ``folder`` afterwards."""
    card = folder / "run.json"
    if card.exists():
        begun = _read_card(card)
        differing = [name for name in asked if begun.get(name) != asked[name]]
        if differing:
            raise CommandFailed(f"{folder} was begun with other {' and '.join(differing)}; ask the same to go on, "
                                f"name another output, or remove the folder.")  # fmt: skip
        return int(begun["files"])
    unfinished = card.with_suffix(".unfinished")
    with _writing(out):
        with (folder / "files.jsonl").open("w", encoding="utf-8") as listing:
            total = 0
            for file in files:
                listing.write(json.dumps(str(file)) + "\n")
                total += 1
            to_disk(listing)
        with unfinished.open("w", encoding="utf-8") as begun_card:
            json.dump(asked | {"files": total}, begun_card)
            to_disk(begun_card)
        unfinished.replace(card)  # from here on there is a run to go on with
    return total


def _read_card(card: Path) -> dict[str, Any]:
    try:
        begun = json.loads(card.read_text(encoding="utf-8"))
        int(begun["files"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandFailed(f"{card} cannot be read; name another output, or remove {card.parent}.") from error
    return dict(begun)


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    """Says in a sentence what the disk objects to."""
    try:
        yield
    except OSError as error:
        raise CommandFailed(f"{out} cannot be written ({error.strerror}); make room for it, or choose another place. "
                            f"What was finished is kept.") from error  # fmt: skip
