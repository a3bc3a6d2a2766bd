"""Files are found once and in order, whatever links and hidden names an archive holds."""

import os
from pathlib import Path

import pytest

from cnn.errors import CommandFailed
from cnn.predict.files import Shard, cut_into_shards, find_files


def test_files_are_found_once_and_in_order(tmp_path: Path) -> None:
    b = tmp_path / "b"
    for name in ("b/2.png", "b/1.png", "b/.hidden/3.png", "b/.4.png", "a.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (b / "back").symlink_to(tmp_path, target_is_directory=True)
    (b / "self").symlink_to(b / "self")
    found = [str(path.relative_to(tmp_path)) for path in find_files([b / "2.png", b, tmp_path, b / ".4.png"])]
    assert found == ["b/2.png", "b/1.png", "b/back/a.png", "b/self", "a.png", "b/.4.png"]
    assert list(find_files([b], excluded=b)) == list(find_files([b]))
    assert list(find_files([tmp_path], excluded=b)) == [tmp_path / "a.png"]


def test_a_folder_that_cannot_be_listed_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", closed)
    with pytest.raises(CommandFailed, match=r"cannot be read \(Permission denied\); check its permissions"):
        list(find_files([tmp_path]))


def test_shards_hold_all_files_in_order() -> None:
    assert list(cut_into_shards(iter("abc"), 2)) == [Shard(0, ["a", "b"]), Shard(1, ["c"])]
    assert list(cut_into_shards([], 2)) == []
