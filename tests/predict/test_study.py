"""What a study relies on: the same film gives the same row, the run says what made it, exit codes say how it went."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from cnn.predict import command
from cnn.predict.outcomes import BATCH_SIZE

pytestmark = pytest.mark.usefixtures("random_networks")


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """A batch and a bit of films, and a file that is none."""
    generator = np.random.default_rng(0)
    folder = tmp_path / "films"
    folder.mkdir()
    for number in range(BATCH_SIZE + 4):
        Image.fromarray(generator.integers(0, 255, (80, 70)).astype(np.uint8)).save(folder / f"{number:02}.png")
    (folder / "99.png").write_text("no film")
    return folder


def run(*arguments: str | Path) -> int:
    return command.main([*map(str, arguments), "--model", "lecture"])


def rows_of(path: Path) -> dict[str, dict[str, str]]:
    with path.open(newline="") as file:
        return {Path(row["file"]).name: row for row in csv.DictReader(file)}


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_rows_depend_on_no_threads_runs_or_neighbours(films: Path, tmp_path: Path, threads: int) -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(threads)
        assert run(films, "--out", tmp_path / "one.csv") == 0
        assert torch.get_num_threads() == threads, "the process is left as it was"
        torch.set_num_threads(1)
        assert run(films, "--out", tmp_path / "other.csv") == 0
    finally:
        torch.set_num_threads(before)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "other.csv").read_bytes()
    assert run(films / "17.png", "--out", tmp_path / "alone.csv") == 0
    assert rows_of(tmp_path / "alone.csv")["17.png"] == rows_of(tmp_path / "one.csv")["17.png"]


def test_what_made_the_rows_stays_beside_them(films: Path, tmp_path: Path) -> None:
    out, log = tmp_path / "x.csv", tmp_path / "run.jsonl"
    (films / "gone.png").symlink_to(tmp_path / "nowhere")
    assert run(films, "--out", out, "--log", log, "--batch", "5", "--device", "cpu") == 0
    record = json.loads((tmp_path / "x.csv.json").read_text())
    counts = {"ok": BATCH_SIZE + 4, "unreadable": 1, "missing": 1}
    assert record["outcomes"] == counts
    assert record["settings"]["batch"] == 5
    assert {"weights", "gate", "model", "paths"} <= record["settings"].keys()
    assert {"threshold", "threshold_rule", "versions", "machine", "started", "finished", "sha256"} <= record.keys()
    rows = rows_of(out)
    assert {name: rows[name]["outcome"] for name in ("99.png", "gone.png", "00.png")} == {
        "99.png": "unreadable",
        "gone.png": "missing",
        "00.png": "ok",
    }
    assert len(rows["00.png"]["sha256"]) == 64
    assert (rows["00.png"]["width"], rows["00.png"]["height"]) == ("70", "80")
    first, *lines, last = map(json.loads, log.read_text().splitlines())
    assert (first["event"], last["event"], last["outcomes"]) == ("start", "end", counts)
    assert [line["file"] for line in lines] == [row["file"] for row in rows.values()]


@pytest.mark.parametrize(("most", "code"), [("10", 0), ("1", command.TOO_MANY_UNREADABLE)])
def test_too_many_unreadable_files_are_an_exit_code(films: Path, most: str, code: int) -> None:
    assert run(films, "--max-unreadable", most) == code


def test_an_empty_folder_is_an_exit_code(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert run(tmp_path / "empty") == run(tmp_path / "empty", "--out", tmp_path / "x.csv") == command.NOTHING_FOUND


def test_the_size_of_a_file_that_is_read_can_be_chosen(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (1100, 1000)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "large.png")
    assert run(tmp_path / "large.png", "--out", tmp_path / "x.csv", "--max-mb", "1") == 0
    assert rows_of(tmp_path / "x.csv")["large.png"]["outcome"] == "unreadable"
    assert run(tmp_path / "large.png", "--out", tmp_path / "y.csv") == 0
    assert rows_of(tmp_path / "y.csv")["large.png"]["outcome"] == "ok"


def test_a_device_that_is_not_there_is_a_sentence(films: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(films, "--device", "cuda:99") == 2
    assert "cuda:99" in capsys.readouterr().err
