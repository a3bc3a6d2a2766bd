"""Make a run over an archive safe to kill: its list of files, its finished shards, and the output at the end.

For an output ``x.csv``:

1. A run first lists its files, once, in ``x.csv.parts/files.jsonl``, and writes its settings to ``run.json``. A file
   that appears later is not read; one that disappears gets a row that says so.
2. The list is cut into shards of equal size, at most :data:`MAX_SHARDS`. The rows of shard 7 go to ``000007.csv``,
   which has this name only when it is complete and on disk. Shards may finish in any order.
3. The same command resumes with the shards that are missing. A lock keeps two runs apart.
4. When none is missing, the shards are joined in order, the output gets its name, and the folder is removed.

So every file has one row, in the order of the list, however often the run was killed, and ``x.csv`` is never
incomplete. A kill costs the shards that were in progress.
"""

import csv
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from filelock import FileLock, Timeout

from cnn.errors import CommandFailed
from cnn.predict.files import Shard, cut_into_shards
from cnn.predict.outcomes import BATCH_SIZE, Outcome
from cnn.predict.output import COLUMNS, count_outcomes, csv_to_parquet, join_csv, sync, write_rows
from cnn.predict.provenance import file_hash, now
from cnn.text import text_cell

MAX_SHARDS = 2000
"""Files in a folder that any file system copes with."""
_FILES = {
    *("lock", "run.json", "run.unfinished", "files.jsonl", "files.unfinished", "whole", "whole.parquet"),
    *("provenance.json", "provenance.unfinished"),
}


def shard_size(total: int, batch: int = BATCH_SIZE) -> int:
    """Return the files in a shard of ``total``: whole batches, so that none is filled up but the last."""
    return batch * max(1, -(-total // (batch * MAX_SHARDS)))


def shards_folder(out: Path) -> Path:
    """Return the folder of the shards of ``out``."""
    return out.with_name(out.name + ".parts")


def provenance_file(out: Path) -> Path:
    """Return the file beside ``out`` that says how its rows were made."""
    return out.with_name(out.name + ".json")


def check_output(out: Path) -> None:
    """Raise CommandFailed if ``out`` exists, or is neither CSV nor Parquet by its name."""
    if out.suffix.lower() not in (".csv", ".parquet"):
        raise CommandFailed(f"{out} is neither CSV nor Parquet by its name; end it in .csv or .parquet.")
    if os.path.lexists(out):
        raise CommandFailed(f"{out} exists already; name another file, or remove it first.")


class ResumableRun:
    """A run over ``total`` files, new or resumed; made by :func:`open_run`."""

    def __init__(self, out: Path, card: dict[str, Any]) -> None:
        self.out, self.total = out, int(card["files"])
        self._card = card
        self._finished = {shard.number: len(shard.files) for shard in self._shards() if self._is_complete(shard)}

    @property
    def done(self) -> int:
        """The number of files that have their row."""
        return sum(self._finished.values())

    def missing(self) -> Iterator[Shard]:
        """Yield the shards that have no rows yet, in order."""
        return (shard for shard in self._shards() if shard.number not in self._finished)

    def write(self, number: int, outcomes: Sequence[Outcome]) -> None:
        """Write the rows of a shard."""
        with _explained(self.out), _replacing(self._path(number)) as file:
            write_rows(outcomes, file)
        self._finished[number] = len(outcomes)

    def finish(self, record: Mapping[str, Any] | None = None) -> Counter[str]:
        """Join the shards and give the output its name.

        Args:
            record: What made the rows; it is written beside the output, with when and what came out.

        Returns:
            The number of files by outcome.

        Raises:
            CommandFailed: The output cannot be written or exists by now; the shards stay.
        """
        folder = shards_folder(self.out)
        joined, converted = folder / "whole", folder / "whole.parquet"
        with _explained(self.out):
            join_csv((self._path(number) for number in sorted(self._finished)), joined)
            counts = count_outcomes(joined)
            if self.out.suffix.lower() == ".parquet":
                csv_to_parquet(joined, converted)
                joined = converted
            check_output(self.out)
            if record is not None:
                with _replacing(folder / "provenance.json") as file:
                    ends = {"started": self._card.get("started"), "finished": now(), "files": self.total}
                    made = {"outcomes": counts, "columns": COLUMNS, "sha256": file_hash(joined)}
                    json.dump({"output": self.out.name, **record, **ends, **made}, file, indent=1)
                (folder / "provenance.json").replace(provenance_file(self.out))
            joined.replace(self.out)
            (folder / "run.json").unlink()
        return counts

    def _shards(self) -> Iterator[Shard]:
        with (shards_folder(self.out) / "files.jsonl").open(encoding="utf-8") as lines:
            yield from cut_into_shards(
                map(json.loads, lines), shard_size(self.total, self._card.get("batch", BATCH_SIZE))
            )

    def _path(self, number: int) -> Path:
        return shards_folder(self.out) / f"{number:06}.csv"

    def _is_complete(self, shard: Shard) -> bool:
        """Return whether the shard's rows are all on disk and undamaged."""
        try:
            with self._path(shard.number).open(newline="", encoding="utf-8") as file:
                _, *rows = csv.reader(file, strict=True)
        except (OSError, ValueError, csv.Error):
            return False
        files = [row[0] for row in rows if len(row) == len(COLUMNS)]
        return files == [text_cell(file) for file in shard.files]


@contextmanager
def open_run(out: Path, settings: dict[str, Any], files: Iterable[Path]) -> Iterator[ResumableRun]:
    """Open the run that makes ``out``: a new one, or the unfinished one if its settings are the same.

    Args:
        out: A CSV or Parquet file that does not exist.
        settings: All that the rows depend on, fit for JSON.
        files: Listed once, when a run begins; not touched when one is resumed.

    Raises:
        CommandFailed: ``out`` exists or cannot be written; its unfinished run has other settings, is in progress or
            damaged; or its folder holds other files.
    """
    check_output(out)
    folder = shards_folder(out)
    lock = FileLock(folder / "lock", timeout=0)
    with _explained(out):
        folder.mkdir(exist_ok=True)
        for path in folder.iterdir():
            if path.name not in _FILES and not path.name[:6].isdigit():
                raise CommandFailed(f"{folder} holds {path.name}, which is not of a run; name another output.")
        try:
            lock.acquire()
        except Timeout:
            raise CommandFailed(f"Another run is writing {out}; wait for it, or name another output.") from None
    try:
        if not (folder / "run.json").exists():
            _begin(out, settings, files)
        yield ResumableRun(out, _read_card(folder, settings))
    finally:
        lock.release()
        if not (folder / "run.json").exists():  # finished, or not begun
            shutil.rmtree(folder, ignore_errors=True)


def _begin(out: Path, settings: dict[str, Any], files: Iterable[Path]) -> None:
    """List ``files`` and then write ``run.json``, which is what makes a run resumable."""
    folder = shards_folder(out)
    with _explained(out):
        with _replacing(folder / "files.jsonl") as listing:
            total = 0
            for file in files:
                listing.write(json.dumps(str(file)) + "\n")
                total += 1
        with _replacing(folder / "run.json") as card:
            json.dump(settings | {"files": total, "columns": COLUMNS, "started": now()}, card)


def _read_card(folder: Path, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the card of the run in ``folder``, with its number of files, after checking its settings."""
    path = folder / "run.json"
    try:
        card: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        card["files"] = int(card["files"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandFailed(f"{path} cannot be read; name another output, or remove {folder}.") from error
    if card.get("columns") != list(COLUMNS):
        raise CommandFailed(
            f"{folder} was begun by another version, whose rows have other columns; finish it with that version, name "
            "another output, or remove the folder."
        )
    differing = [name for name in settings if card.get(name) != settings[name]]
    if differing:
        raise CommandFailed(
            f"{folder} was begun with other {' and '.join(differing)}; give the same command to resume it, "
            "name another output, or remove the folder."
        )
    return card


@contextmanager
def _replacing(path: Path) -> Iterator[TextIO]:
    """Open a file that gets the name ``path`` when it is complete and on disk."""
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("w", newline="", encoding="utf-8") as file:
        yield file
        sync(file)
    unfinished.replace(path)


@contextmanager
def _explained(out: Path) -> Iterator[None]:
    """Turn an error of the file system into a sentence."""
    try:
        yield
    except OSError as error:
        raise CommandFailed(
            f"{out} cannot be written ({error.strerror}); make room for it, or choose another place. What was finished "
            "is kept."
        ) from error
