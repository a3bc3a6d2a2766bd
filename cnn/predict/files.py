"""Find the files of an archive, and cut a list of files into shards."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

from cnn.errors import CommandFailed


@dataclass(frozen=True)
class Shard:
    """A numbered stretch of a list of files."""

    number: int
    files: list[str]


def cut_into_shards(files: Iterable[str], size: int) -> Iterator[Shard]:
    """Yield ``files`` in order, in shards of ``size`` files; the last one may be smaller."""
    remaining = iter(files)
    for number in count():
        chunk = list(islice(remaining, size))
        if not chunk:
            return
        yield Shard(number, chunk)


def find_files(paths: Sequence[Path], excluded: Path | None = None) -> Iterator[Path]:
    """Yield every file named and every file below every folder named, each once, sorted within a folder.

    Hidden files and folders are skipped unless they are named themselves. A link to a folder that contains the link is
    not followed.

    Args:
        paths: Files and folders.
        excluded: A folder that exists and is skipped.

    Raises:
        CommandFailed: A path does not exist, or a folder cannot be listed.
    """
    for path in paths:
        if not path.exists():
            raise CommandFailed(f"There is no {path}; name files or folders that exist.")
    finished: set[Path] = set()
    for path in paths:
        for file in _files_below(path, (), excluded) if path.is_dir() else (path,):
            if not any(_is_listed_under(folder, file) for folder in finished.intersection((file, *file.parents))):
                yield file
        finished.add(path)


def _is_listed_under(folder: Path, file: Path) -> bool:
    """Return whether listing ``folder``, which is ``file`` or contains it, yields ``file``."""
    return not any(part.startswith(".") for part in file.relative_to(folder).parts)


def _files_below(folder: Path, ancestors: tuple[tuple[int, int], ...], excluded: Path | None) -> Iterator[Path]:
    """Yield the files below ``folder``; ``ancestors`` are device and inode of the folders that contain it."""
    try:
        status = folder.stat()
        with os.scandir(folder) as listing:
            entries = sorted((entry.name, _is_folder(entry)) for entry in listing if entry.name[0] != ".")
    except OSError as error:
        raise CommandFailed(f"The folder {folder} cannot be read ({error.strerror}); check its permissions.") from error
    identity = (status.st_dev, status.st_ino)
    if identity in ancestors:
        return
    for name, is_folder in entries:
        path = folder / name
        if not is_folder:
            yield path
        elif not (excluded and name == excluded.name and path.samefile(excluded)):
            yield from _files_below(path, (*ancestors, identity), excluded)


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself, which is rejected later as a file that cannot be read
        return False
