"""The command line gives every file its row, whatever the file is."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnn.imaging.radiograph import read_radiograph
from cnn.models import loading, ood_gate
from cnn.predict import __main__
from cnn.predict import outcomes as batch
from cnn.predict.prediction import predict
from tests.support import random_weights

pytestmark = pytest.mark.usefixtures("random_networks")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twenty films, more than a batch, some of them one folder down, and three files that are none."""
    generator = np.random.default_rng(0)
    films = tmp_path / "films"
    (films / "deeper").mkdir(parents=True)
    for number in range(20):
        pixels = generator.integers(0, 255, (80, 70)).astype(np.uint8)
        Image.fromarray(pixels).save(films / ("deeper" if number % 2 else "") / f"{number:02}.png")
    (films / "empty.png").write_bytes(b"")
    (films / "notes.txt").write_text("not a film")
    (films / "deeper" / "small.png").write_bytes(small_png())
    (films / ".hidden").write_text("not found")
    return films


def small_png() -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(out, "PNG")
    return out.getvalue()


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_every_file_has_one_row(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "predictions.csv"
    assert __main__.main([str(folder), "--out", str(out), "--model", "lecture"]) == 0
    rows = rows_of(out.read_text())
    assert list(rows[0]) == ["file", "status", "reason", "p_pneumonia", "label", "threshold", "model"]
    assert len(rows) == len({row["file"] for row in rows}) == 23
    refused = [row for row in rows if row["status"] == "refused"]
    assert sorted(Path(row["file"]).name for row in refused) == ["empty.png", "notes.txt", "small.png"]
    for row in refused:
        assert Path(row["file"]).name in row["reason"]
        assert row["p_pneumonia"] == row["label"] == ""


def test_what_is_no_chest_film_is_refused_unless_the_user_insists(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    strict = tmp_path / "strict"
    strict.mkdir()
    random_weights.write_weights(strict)
    random_weights.write_gate(strict, lungs=2.0)  # no picture is lung twice over
    monkeypatch.setattr(ood_gate, "load", lambda: ood_gate.load_from(strict))
    film = str(folder / "00.png")
    assert __main__.main([film, "--model", "lecture"]) == 0
    (row,) = rows_of(capsys.readouterr().out)
    assert (row["status"], row["p_pneumonia"]) == ("refused", "")
    assert row["reason"].startswith("“00.png” does not look like a frontal chest radiograph, because")
    assert __main__.main([film, "--model", "lecture", "--insist"]) == 0
    (insisted,) = rows_of(capsys.readouterr().out)
    assert (insisted["status"], insisted["reason"]) == ("ok", row["reason"])
    assert 0 <= float(insisted["p_pneumonia"]) <= 1


def test_rows_say_what_the_app_says(folder: Path, capsys: pytest.CaptureFixture[str], weights: Path) -> None:
    assert __main__.main([str(folder / "00.png"), str(folder / "deeper"), "--model", "lecture"]) == 0
    model = loading.load_from(weights, "lecture")
    rows = rows_of(capsys.readouterr().out)
    assert rows[0]["file"] == str(folder / "00.png")
    for row in rows:
        if row["status"] == "ok":
            path = Path(row["file"])
            prediction = predict(model, read_radiograph(path.read_bytes(), path.name))
            assert float(row["p_pneumonia"]) == pytest.approx(prediction.p_pneumonia, abs=1e-5)
            assert (row["label"], row["model"]) == (prediction.label, "lecture")
    assert [row["file"] for row in rows[1:]] == sorted(row["file"] for row in rows[1:])


def test_a_file_that_is_too_large_is_not_opened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.truncate(batch.MAX_BYTES + 1)
    assert __main__.main([str(path), "--model", "lecture"]) == 0
    assert rows_of(capsys.readouterr().out)[0]["reason"] == "large.png is larger than 20 MB; make it smaller."


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere"], "There is no nowhere"),
        ([".", "--out", "taken.csv"], "taken.csv exists already"),
        ([".", "--out", "missing/out.csv"], "cannot be written"),
        ([".", "--model", "resnet"], "There is no model named 'resnet'"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    arguments: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken.csv").write_text("kept")
    assert __main__.main(arguments) == 2
    assert sentence in capsys.readouterr().err
    assert (tmp_path / "taken.csv").read_text() == "kept"
    assert [path.name for path in tmp_path.iterdir()] == ["taken.csv"]
