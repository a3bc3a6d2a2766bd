"""The command gives every file its row, whatever the file is; killed, it resumes."""

import csv
import dataclasses
import io
import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
from PIL import Image
from pyarrow import parquet

from cnn.errors import ImageRejected
from cnn.imaging.radiograph import MAX_BYTES, Radiograph, read_radiograph
from cnn.models import loading, ood_gate
from cnn.predict import command, outcomes
from cnn.predict.outcomes import BATCH_SIZE
from cnn.predict.output import NUMBERS
from cnn.predict.prediction import predict
from cnn.predict.resumable import shards_folder
from tests.support.random_weights import dying, write_gate

pytestmark = pytest.mark.usefixtures("random_networks")
FILES = 3 * BATCH_SIZE + 2


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """Files for three batches and a bit: films, half of them one folder down, and three that cannot be read."""
    generator = np.random.default_rng(0)
    folder = tmp_path / "films"
    (folder / "deeper").mkdir(parents=True)
    for number in range(FILES):
        pixels = generator.integers(0, 255, (8 if number == 3 else 80, 70)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / ("deeper" if number % 2 else "") / f"{number:02}.png")
    (folder / "20.png").write_bytes(b"")
    (folder / "40.png").write_text("no film")
    (folder / ".hidden").write_text("not listed")
    return folder


def run(*arguments: str | Path) -> int:
    return command.main([*map(str, arguments), "--model", "lecture"])


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_every_file_has_one_row_and_parquet_says_what_csv_says(films: Path, tmp_path: Path) -> None:
    out, table = tmp_path / "x.csv", tmp_path / "x.parquet"
    assert run(films, "--out", out) == run(films, "--out", table) == 0
    rows = rows_of(out.read_text())
    assert list(rows[0])[:7] == ["file", "status", "reason", "p_pneumonia", "label", "threshold", "model"]
    assert len({row["file"] for row in rows}) == len(rows) == FILES
    refused = [row for row in rows if row["status"] == "refused"]
    assert sorted(Path(row["file"]).name for row in refused) == ["03.png", "20.png", "40.png"]
    for row in refused:
        assert Path(row["file"]).name in row["reason"]
        assert row["p_pneumonia"] == row["label"] == ""
    expected = [{k: (float(v) if k in NUMBERS else v) if v else None for k, v in row.items()} for row in rows]
    assert parquet.read_table(table).to_pylist() == expected


def test_a_rejected_film_is_classified_if_the_user_insists(
    films: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    strict = copytree(weights, tmp_path / "strict")
    write_gate(strict, lungs=2.0)  # no film is lung twice over
    gate = ood_gate.load_from(strict)
    monkeypatch.setattr(ood_gate, "load", lambda *_: gate)
    assert run(films / "00.png") == 0
    (row,) = rows_of(capsys.readouterr().out)
    assert (row["status"], row["p_pneumonia"]) == ("refused", "")
    assert row["reason"].startswith("“00.png” does not look like a frontal chest radiograph, because")
    assert run(films / "00.png", "--insist") == 0
    (insisted,) = rows_of(capsys.readouterr().out)
    assert (insisted["status"], insisted["reason"]) == ("ok", row["reason"])
    assert 0 <= float(insisted["p_pneumonia"]) <= 1


def test_rows_say_what_the_app_says(films: Path, capsys: pytest.CaptureFixture[str], weights: Path) -> None:
    assert run(films / "00.png", films / "deeper") == 0
    model = loading.load_from(weights, "lecture")
    rows = rows_of(capsys.readouterr().out)
    assert rows[0]["file"] == str(films / "00.png")
    assert [row["file"] for row in rows[1:]] == sorted(row["file"] for row in rows[1:])
    for row in rows:
        if row["status"] == "ok":
            path = Path(row["file"])
            prediction = predict(model, read_radiograph(path.read_bytes(), path.name))
            assert float(row["p_pneumonia"]) == pytest.approx(prediction.p_pneumonia, abs=1e-5)
            assert (row["label"], row["model"]) == (prediction.label, "lecture")


def test_a_file_that_is_too_large_or_gone_is_not_opened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (tmp_path / "large.png").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    assert run(tmp_path) == 0
    large, loop = (row["reason"] for row in rows_of(capsys.readouterr().out))
    assert large.startswith("“large.png” is larger than")
    assert loop.startswith("“loop.png” cannot be read (")


def test_a_killed_run_resumes_to_the_same_rows(
    films: Path, tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The kill is a real one, in a process of its own, in the third forward pass."""
    out, died = tmp_path / "killed.csv", tmp_path / "died"
    monkeypatch.setattr(loading, "load", lambda name: dying(loading.load_from(weights, name), died, 3))
    process = multiprocessing.get_context("fork").Process(target=run, args=(films, "--out", out))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert not out.exists()
    finished = len(list(shards_folder(out).glob("0*.csv")))
    assert finished in (1, 2)  # the second may not have reached the disk
    capsys.readouterr()
    assert run(films, "--out", out) == 0
    assert f"{finished * BATCH_SIZE} of {FILES} files have their row" in capsys.readouterr().err
    assert run(films, "--out", tmp_path / "whole.csv") == 0
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert not shards_folder(out).exists()


@pytest.mark.parametrize("to_file", [True, False])
def test_an_interrupted_run_says_how_to_resume(
    to_file: bool, films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ood_gate, "check_batch", interrupt)
    output = ["--out", str(tmp_path / "x.csv")] if to_file else []
    assert run(films, *output) == command.INTERRUPTED
    advice = "the same command goes on from here" if to_file else "a run with --out can be gone on with"
    assert capsys.readouterr().err.splitlines()[-1] == f"stopped; {advice}"
    assert not (tmp_path / "x.csv").exists()


def test_an_output_within_the_archive_is_not_read(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a shell names its shards when the run is resumed."""
    monkeypatch.chdir(films)
    with monkeypatch.context() as patch:
        patch.setattr(ood_gate, "check_batch", interrupt)
        assert run(*films.glob("[!.]*"), "--out", "x.csv") == command.INTERRUPTED
    assert films / "x.csv.parts" in films.glob("*")
    assert run(*films.glob("[!.]*"), "--out", "x.csv") == 0
    assert len(Path("x.csv").read_text().splitlines()) == 1 + FILES
    Path("x.csv").unlink()
    Path("x.csv").symlink_to("nowhere")
    assert run(films, "--out", "x.csv") == 2


def test_rows_keep_notes_also_where_the_film_is_rejected(
    films: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    film = read_radiograph((films / "00.png").read_bytes(), "00.png")

    def read(_: bytes, name: str, max_bytes: int) -> Radiograph:
        if name == "02.png":
            raise ImageRejected("“02.png” is black.", notes=["Inverted.", "=1"])
        return dataclasses.replace(film, notes=("Inverted.", "Cut."))

    monkeypatch.setattr(outcomes, "read_radiograph", read)
    assert run(films / "00.png", films / "02.png", "--insist") == 0
    rows = rows_of(capsys.readouterr().out)
    assert [row["status"] for row in rows] == ["ok", "refused"]
    assert rows[0]["notes"].startswith("Inverted. Cut.")  # what the gate warns of may follow
    assert rows[1]["notes"] == "Inverted. =1"


def test_notes_of_the_decoder_are_kept_where_the_greys_are_rejected() -> None:
    data = io.BytesIO()
    Image.new("L", (80, 80), 100).save(data, "JPEG")
    with pytest.raises(ImageRejected, match="grey") as rejection:
        read_radiograph(data.getvalue()[:-2], "cut.jpg")
    assert rejection.value.notes


def test_ctrl_c_during_imports_ends_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("print('importing', flush=True)\nimport time\ntime.sleep(60)")
    with subprocess.Popen(
        [sys.executable, "-m", "cnn.predict", str(tmp_path)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "importing\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (command.INTERRUPTED, "stopped before it began\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere"], "There is no nowhere"),
        ([".", "--out", "taken.csv"], "taken.csv exists already"),
        ([".", "--out", "missing/out.csv"], "cannot be written"),
        ([".", "--model", "resnet"], "There is no model named “resnet”"),
        ([".", "--ray"], "--ray works on parts of an output; name it with --out FILE."),
    ],
)
def test_what_cannot_be_done_is_a_sentence(
    arguments: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken.csv").write_text("kept")
    assert command.main(arguments) == 2
    assert sentence in capsys.readouterr().err
    assert (tmp_path / "taken.csv").read_text() == "kept"
    assert os.listdir() == ["taken.csv"]


def test_a_folder_without_files_is_a_header_and_a_note(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path) == 4
    printed = capsys.readouterr()
    assert printed.out.startswith("file,status,reason,p_pneumonia,label,threshold,model,notes")
    assert printed.out.count("\n") == 1
    assert "No files were found" in printed.err
