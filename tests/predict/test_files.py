"""Files are found once and in order, whatever links and hidden names an archive holds."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from cnn.errors import ImageRejected
from cnn.predict.files import Shard, cut_into_shards, find_files, read_regular_file


def test_files_are_found_once_and_in_order(tmp_path: Path) -> None:
    b = tmp_path / "b"
    for name in ("b/2.png", "b/1.png", "b/.hidden/3.png", "b/.4.png", "a.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (b / "back").symlink_to(tmp_path, target_is_directory=True)
    (b / "self").symlink_to(b / "self")
    found = [str(path.relative_to(tmp_path)) for path in find_files([b / "2.png", b, tmp_path, b / ".4.png"])]
    assert found == ["b/2.png", "b/1.png", "b/back/a.png", "b/self", "a.png", "b/.4.png"]
    assert list(find_files([tmp_path], excluded=[b])) == [tmp_path / "a.png"]


@pytest.mark.parametrize(
    "form", ["films/a.png", "{}/films/a.png", "films", "{}/films", "link", "films/../films", "link/a.png"]
)
def test_a_file_is_listed_once_however_it_is_named(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("films").mkdir()
    Path("films/a.png").touch()
    Path("link").symlink_to("films")
    named = Path(form.format(tmp_path))
    for first in (Path("films/a.png"), tmp_path / "films"):
        assert len(list(find_files([first, named]))) == len(list(find_files([named, first]))) == 1


def test_a_link_beside_its_film_is_listed_too(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    (tmp_path / "b.png").symlink_to("a.png")
    assert len(list(find_files([tmp_path / "b.png", tmp_path / "a.png"]))) == 2


def test_folders_may_be_nested_deeper_than_python_recurses(tmp_path: Path) -> None:
    folders = [tmp_path]
    for _ in range(1100):
        folders.append(folders[-1] / "d")
        folders[-1].mkdir()
    (folders[-1] / "a.png").touch()
    assert list(find_files([tmp_path])) == [folders[-1] / "a.png"]
    (folders[-1] / "a.png").unlink()
    for folder in reversed(folders[1:]):  # pytest recurses when it clears up
        folder.rmdir()


def test_a_path_that_is_too_long_is_listed_and_rejected(tmp_path: Path) -> None:
    name, descriptor = "d" * 200, os.open(tmp_path, os.O_RDONLY)
    for _ in range(25):
        os.mkdir(name, dir_fd=descriptor)
        deeper = os.open(name, os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = deeper
    os.close(descriptor)
    (tmp_path / "z.png").touch()
    too_long, last = find_files([tmp_path])
    assert last == tmp_path / "z.png"
    assert list(find_files([too_long, last])) == [too_long, last]
    with pytest.raises(ImageRejected, match=r"cannot be read \(File name too long\): shorten"):
        read_regular_file(too_long)


def test_a_folder_that_cannot_be_listed_is_listed_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    list_folder = os.scandir

    def closed(path: Path) -> Iterator[os.DirEntry[str]]:
        if path.name == "b":
            raise PermissionError(13, "Permission denied", str(path))
        return list_folder(path)

    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "film.png").touch()
    monkeypatch.setattr(os, "scandir", closed)
    files = [tmp_path / "a/film.png", tmp_path / "b", tmp_path / "c/film.png"]
    assert list(find_files([tmp_path])) == files
    with pytest.raises(ImageRejected, match=r"“b” cannot be read \(Permission denied\)"):
        read_regular_file(tmp_path / "b")


def test_only_regular_files_are_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "device.png").symlink_to("/dev/zero")
    (tmp_path / "link.png").symlink_to("pipe.png")
    monkeypatch.chdir(tmp_path)  # the path of a socket is short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.png")
        files = list(find_files([tmp_path]))
        kinds = {
            "device.png": "device",
            "link.png": "named pipe",
            "pipe.png": "named pipe",
            "socket.png": "socket",
        }
        assert [file.name for file in files] == list(kinds)
        for file in files:
            with pytest.raises(ImageRejected, match=f"“{file.name}” is a {kinds[file.name]} and was not opened"):
                read_regular_file(file)


def test_a_file_that_becomes_a_pipe_does_not_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "film.png").touch()
    before = (tmp_path / "film.png").stat()
    os.mkfifo(tmp_path / "pipe.png")
    monkeypatch.setattr(Path, "stat", lambda _: before)
    assert read_regular_file(tmp_path / "pipe.png") == b""


def test_an_open_output_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    with (tmp_path / "x.csv").open("w") as output:
        assert list(find_files([tmp_path, tmp_path / "x.csv"], excluded=[output.fileno()])) == [tmp_path / "a.png"]


def test_shards_hold_all_files_in_order() -> None:
    assert list(cut_into_shards(iter("abc"), 2)) == [Shard(0, ["a", "b"]), Shard(1, ["c"])]
    assert list(cut_into_shards([], 2)) == []
