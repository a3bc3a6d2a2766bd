"""Find the files of an archive, cut their list into shards, and read a file without waiting for ever."""

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

from cnn.errors import CommandFailed, ImageRejected
from cnn.imaging.radiograph import MAX_BYTES, display_name

Identity = tuple[int, int]
"""Device and inode of a file or folder."""

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


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


def find_files(paths: Sequence[Path], excluded: Iterable[Path | int] = ()) -> Iterator[Path]:
    """Yield every file named and every file below every folder named, each once, sorted within a folder.

    Hidden files and folders are skipped unless they are named themselves. A link to a folder that contains the link is
    not followed. A folder that cannot be listed is yielded itself, so that it gets a row that says so. Nothing is
    opened: pipes and devices are files here.

    Args:
        paths: Files and folders; the same one may be named relatively, absolutely or through a link.
        excluded: Files and folders, or descriptors of open files, that are skipped: the outputs of this run.

    Raises:
        CommandFailed: A path does not exist.
    """
    for path in paths:
        try:
            path.stat()
        except (FileNotFoundError, NotADirectoryError):
            raise CommandFailed(f"There is no {path}; name files or folders that exist.") from None
        except OSError:
            pass  # whoever reads it says why not
    outputs = frozenset(_output_identities(excluded))
    finished: set[Path] = set()
    for path in paths:
        names = {path.absolute(), _resolve_folder(path)}
        for file in _files_below(path, outputs):
            below = file.relative_to(path)
            if not (finished and any(_is_listed(name / below, finished) for name in names)):
                yield file
        finished |= names


def _resolve_folder(path: Path) -> Path:
    """Return ``path`` without links, but for a file that is a link itself: its name is its own."""
    if os.path.isdir(path):
        return Path(os.path.realpath(path))
    return Path(os.path.realpath(path.parent), path.name)


def _output_identities(paths: Iterable[Path | int]) -> Iterator[Identity]:
    for path in paths:
        try:
            status = os.stat(path)
        except OSError:
            continue
        if stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode):  # a terminal or /dev/null is no output
            yield status.st_dev, status.st_ino


def _is_listed(file: Path, folders: set[Path]) -> bool:
    """Return whether listing ``folders`` yields ``file``, which may be one of them."""
    return any(
        not any(part.startswith(".") for part in file.relative_to(folder).parts)
        for folder in folders.intersection((file, *file.parents))
    )


def _files_below(root: Path, excluded: frozenset[Identity]) -> Iterator[Path]:
    """Yield the files below ``root``, or ``root`` itself if it is none; folders may be nested to any depth."""
    levels: dict[Identity | None, Iterator[tuple[Path, bool]]] = {None: iter([(root, os.path.isdir(root))])}
    while levels:
        path, is_folder = next(next(reversed(levels.values())), (None, False))
        if path is None:
            levels.popitem()
        elif not is_folder:
            yield path
        else:
            try:
                identity, entries = _list_folder(path, excluded)
            except OSError:
                yield path  # whoever reads it says why not
                continue
            if identity not in levels and identity not in excluded:
                levels[identity] = entries


def _list_folder(folder: Path, excluded: frozenset[Identity]) -> tuple[Identity, Iterator[tuple[Path, bool]]]:
    """Return the identity of ``folder``, and its entries in order: path, and whether it is a folder."""
    status = folder.stat()
    with os.scandir(folder) as listing:
        names = sorted(
            (entry.name, _is_folder(entry))
            for entry in listing
            if entry.name[0] != "." and (status.st_dev, entry.inode()) not in excluded
        )
    return (status.st_dev, status.st_ino), ((folder / name, is_folder) for name, is_folder in names)


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself, which is rejected later as a file that cannot be read
        return False


def read_regular_file(path: Path, max_bytes: int = MAX_BYTES) -> bytes:
    """Return the bytes of a file, at most one more than ``max_bytes``.

    Only regular files are opened: reading a pipe, a socket or a device may change it, or wait for ever.

    Raises:
        ImageRejected: ``path`` cannot be read, is no regular file or is too large.
    """
    name = display_name(path.name)
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            os.scandir(path).close()  # raises the reason why it was not listed
        if not stat.S_ISREG(status.st_mode):
            kind = _KINDS.get(stat.S_IFMT(status.st_mode), "no file")
            raise ImageRejected(f"%s is {kind} and was not opened: name a PNG, JPEG or DICOM file.", name)
        if status.st_size > max_bytes:
            raise ImageRejected(f"%s is larger than {max_bytes // 2**20} MB: make it smaller.", name, code="size")
        with open(path, "rb", opener=_open_without_waiting) as file:
            return file.read(max_bytes + 1) or b""  # None where a file of the kernel has nothing to say yet
    except OSError as error:
        advice = "shorten its path" if error.errno == errno.ENAMETOOLONG else "check that it is there and may be read"
        raise ImageRejected(f"%s cannot be read ({error.strerror}): {advice}.", name) from error


def _open_without_waiting(path: str, flags: int) -> int:
    """Open a file that may have become a pipe since it was looked at."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
