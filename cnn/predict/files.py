"""Find the files of an archive."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from cnn.errors import CommandFailed


def find_files(paths: Sequence[Path], passed_over: Path | None = None) -> Iterator[Path]:
    """Every file named, and every file below every folder named, sorted within a folder; each once, one at a time.

    Hidden files and folders below a folder are passed over; a hidden file that is named itself is not. So is the folder
    ``passed_over``, which exists, and a link to a folder that it lies in.

    Raises:
        CommandFailed: a path does not exist, or a folder cannot be listed.
    """
    for path in paths:
        if not path.exists():
            raise CommandFailed(f"There is no {path}; name files or folders that exist.")
    before: set[Path] = set()
    for path in paths:
        for file in _files_below(path, (), passed_over) if path.is_dir() else (path,):
            if not any(_finds(above, file) for above in before.intersection((file, *file.parents))):
                yield file
        before.add(path)


def _finds(above: Path, file: Path) -> bool:
    """Whether ``file``, which is ``above`` or lies below it, is found where ``above`` is named."""
    return not any(part.startswith(".") for part in file.relative_to(above).parts)


def _files_below(folder: Path, above: tuple[tuple[int, int], ...], passed_over: Path | None) -> Iterator[Path]:
    """The files below ``folder``; ``above`` are device and inode of the folders that it lies in."""
    try:
        status = folder.stat()
        with os.scandir(folder) as listed:
            entries = sorted((entry.name, _is_folder(entry)) for entry in listed if entry.name[0] != ".")
    except OSError as error:
        raise CommandFailed(f"The folder {folder} cannot be read ({error.strerror}); check its permissions.") from error
    here = (status.st_dev, status.st_ino)
    if here in above:  # a link back up
        return
    for name, is_folder in entries:
        path = folder / name
        if not is_folder:
            yield path
        elif not (passed_over and name == passed_over.name and path.samefile(passed_over)):
            yield from _files_below(path, (*above, here), passed_over)


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself: left to be refused as a file
        return False
