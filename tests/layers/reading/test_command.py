"""The table of a network on the command line."""

import os
from pathlib import Path

import pytest

from cnn.layers.__main__ import main

SOURCE = "import torch.nn as nn\nnn.Sequential(nn.Conv2d(3, 8, 3), nn.Flatten(), nn.Linear(8 * 4 * 4, 10))\n"


def test_the_table_ends_with_the_totals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "net.py"
    file.write_text(SOURCE, encoding="utf-8")
    assert main([str(file), "--input", "3x6x6"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert len(rows) == 1 + 3 + 1
    parameters, multiply_adds = 3 * 3 * 3 * 8 + 8 + 128 * 10 + 10, 27 * 8 * 16 + 1280
    assert rows[-1] == f"total,10,{parameters},{multiply_adds}"


@pytest.mark.parametrize(
    ("text", "shape"),
    [(SOURCE, "3x7x7"), (SOURCE, "3 x 6"), ("print('no network')", "3x6x6"), ("def (", "3x6x6"), ("", "3x6x6")],
)
def test_what_cannot_be_read_is_one_sentence(
    text: str, shape: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "net.py"
    file.write_text(text, encoding="utf-8")
    assert main([str(file), "--input", shape]) == 2
    captured = capsys.readouterr()
    assert not captured.out
    assert len(captured.err.splitlines()) == 1


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe", "link to a device"])
def test_what_is_no_file_is_one_sentence(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.py"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "link to a device":
        path.symlink_to("/dev/zero")
    assert main([str(path), "--input", "3x6x6"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
