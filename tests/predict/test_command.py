"""The command over a small archive: killed and gone on with, on one machine and on Ray."""

import multiprocessing
import os
import signal
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pyarrow import parquet

from cnn.errors import CommandFailed
from cnn.models import loading
from cnn.predict import __main__
from cnn.predict.files import find_files
from cnn.predict.outcomes import BATCH
from cnn.predict.resumable import shards_folder
from tests.support.random_weights import dying

pytestmark = pytest.mark.usefixtures("random_networks")


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """Films for three parts and a bit, one of them broken."""
    generator = np.random.default_rng(0)
    folder = tmp_path / "films"
    folder.mkdir()
    for number in range(3 * BATCH + 2):
        Image.fromarray(generator.integers(0, 255, (70, 80)).astype(np.uint8)).save(folder / f"{number:02}.png")
    (folder / "20.png").write_bytes(b"")
    return folder


def run(films: Path, out: Path, *more: str) -> int:
    return __main__.main([str(films), "--out", str(out), "--model", "lecture", "--insist", *more])


def test_a_killed_run_goes_on_to_the_same_rows(
    films: Path, tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The kill is a real one, in a process of its own, in the third forward pass."""
    assert run(films, tmp_path / "whole.csv") == 0
    out = tmp_path / "killed.csv"
    with monkeypatch.context() as patch:
        patch.setattr(loading, "load", lambda name: dying(loading.load_from(weights, name), tmp_path / "died", 3))
        process = multiprocessing.get_context("fork").Process(target=run, args=(films, out))
        process.start()
        process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert not out.exists()
    assert len(list(shards_folder(out).glob("0*.csv"))) == 2
    capsys.readouterr()
    assert run(films, out) == 0
    said = capsys.readouterr().err
    assert f"{2 * BATCH} of {3 * BATCH + 2} files have their row" in said
    assert "file/s" in said or "s/file" in said
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert not shards_folder(out).exists()


def test_an_interrupted_run_says_how_to_go_on(
    films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(__main__, "predict_groups", interrupted)
    assert run(films, tmp_path / "x.csv") == __main__.STOPPED
    assert capsys.readouterr().err.splitlines()[-1] == "stopped; the same command goes on from here"
    assert not (tmp_path / "x.csv").exists()


def test_parquet_by_the_name_of_the_output(films: Path, tmp_path: Path) -> None:
    assert run(films, tmp_path / "x.parquet") == 0
    table = parquet.read_table(tmp_path / "x.parquet").to_pylist()
    assert [Path(row["file"]).name for row in table] == sorted(path.name for path in films.iterdir())
    refused = [row for row in table if row["status"] == "refused"]
    assert [(Path(row["file"]).name, row["p_pneumonia"]) for row in refused] == [("20.png", None)]


def test_an_output_within_the_archive_is_not_read(films: Path) -> None:
    assert run(films, films / "x.csv") == 0
    assert len((films / "x.csv").read_text().splitlines()) == 1 + 3 * BATCH + 2


def test_ray_without_an_output_is_a_sentence(films: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main([str(films), "--ray"]) == 2
    assert capsys.readouterr().err == "error: --ray works on parts of an output; name it with --out FILE.\n"


def test_files_are_found_once_and_in_order(tmp_path: Path) -> None:
    for name in ("b/2.png", "b/1.png", "b/.hidden/3.png", "b/.4.png", "a.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "b" / "back").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "b" / "self").symlink_to(tmp_path / "b" / "self")
    b = tmp_path / "b"
    assert [str(path.relative_to(tmp_path)) for path in find_files([b / "2.png", b, tmp_path, b / ".4.png"])] == [
        "b/2.png", "b/1.png", "b/back/a.png", "b/self", "a.png", "b/.4.png",
    ]  # fmt: skip
    assert list(find_files([b], passed_over=b)) == list(find_files([b]))
    assert list(find_files([tmp_path], passed_over=b)) == [tmp_path / "a.png"]


def test_a_folder_that_cannot_be_read_is_said(
    films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = os.scandir

    def closed(path):  # type: ignore[no-untyped-def]
        if path == films:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", closed)
    with pytest.raises(CommandFailed, match="cannot be read"):
        list(find_files([films]))
    assert run(films, tmp_path / "x.csv") == 2
    assert f"The folder {films} cannot be read (Permission denied); check its permissions." in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["films"]
