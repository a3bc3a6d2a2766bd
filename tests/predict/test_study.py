"""What a study relies on: the same film gives the same row, the run says what made it, exit codes say how it went."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from pydicom import uid
from pydicom.dataset import Dataset, FileMetaDataset

import cnn
from cnn.library import doctor
from cnn.library.studies import summarise
from cnn.models import loading
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


def test_rows_depend_on_no_threads_runs_or_neighbours(films: Path, tmp_path: Path) -> None:
    before, found = torch.get_num_threads(), set()
    try:
        for number in range(3):
            threads, out = 1 + number, tmp_path / f"{number}.csv"
            torch.set_num_threads(threads)
            assert run(films, "--out", out, "--batch", "7") == 0
            assert torch.get_num_threads() == threads, "the process is left as it was"
            found.add(out.read_bytes())
    finally:
        torch.set_num_threads(before)
    assert len(found) == 1
    assert run(films / "17.png", "--out", tmp_path / "alone.csv", "--batch", "7") == 0
    assert rows_of(tmp_path / "alone.csv")["17.png"] == rows_of(tmp_path / "0.csv")["17.png"]


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


def detector_film(folder: Path) -> Path:
    """A film of a full-size 16-bit detector, 30 MB, with the tags of an archive."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.PhotometricInterpretation = 4280, 3520, 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 0
    ds.PixelSpacing, ds.ViewPosition, ds.Laterality = [0.1, 0.125], "PA", "L"
    ds.SOPInstanceUID, ds.StudyInstanceUID, ds.SeriesInstanceUID = "1.2.3", "1.2", "1.2.4"
    ds.PatientID, ds.PatientName = "=42", "Nobody^Known"
    down, across = np.sin(np.arange(4280) / 250), np.sin(np.arange(3520) / 300)
    ds.PixelData = (32768 + 12000 * (down[:, None] + across)).astype(np.uint16).tobytes()
    ds["PixelData"].VR = "OW"
    ds.save_as(folder / "detector.dcm")
    return folder / "detector.dcm"


@pytest.mark.parametrize("asked", [True, False])
def test_a_detector_s_film_is_read_and_keeps_what_ties_it_to_its_archive(tmp_path: Path, asked: bool) -> None:
    path, out = detector_film(tmp_path), tmp_path / "x.csv"
    assert path.stat().st_size > 30_000_000
    assert run(path, "--out", out, *(["--ids", "--seconds"] if asked else [])) == 0
    row = rows_of(out)["detector.dcm"]
    expected = {"width": "3520", "height": "4280", "row_spacing_mm": "0.1", "column_spacing_mm": "0.125"}
    expected |= {"view": "PA", "laterality": "L", "sop_uid": "1.2.3", "study_uid": "1.2", "series_uid": "1.2.4"}
    expected |= {"outcome": "ok", "error": "", "patient_id": "'=42" if asked else ""}
    assert expected.items() <= row.items()
    assert bool(row["seconds"]) == asked
    assert 1 / (1 + np.exp(-float(row["logit"]) / float(row["temperature"]))) == pytest.approx(
        float(row["p_pneumonia"]), abs=1e-5
    )
    assert "Nobody" not in out.read_text()


def test_a_failure_has_a_word_for_programs(films: Path, tmp_path: Path) -> None:
    (films / "gone.png").symlink_to(tmp_path / "nowhere")
    (films / "cut.png").write_bytes((films / "00.png").read_bytes()[:300])
    (films / "grey.png").write_bytes((films / "00.png").read_bytes())
    Image.new("L", (80, 80)).save(films / "grey.png")
    assert run(films, "--out", tmp_path / "x.csv") == 0
    rows = rows_of(tmp_path / "x.csv")
    codes = {name: rows[name]["error"] for name in ("99.png", "gone.png", "cut.png", "grey.png", "00.png")}
    assert codes == {"99.png": "format", "gone.png": "missing", "cut.png": "decode", "grey.png": "greys", "00.png": ""}


def test_a_table_is_summarised_against_labels(films: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("file,label\n" + "".join(f"{number:02}.png,{number % 2}\n" for number in range(BATCH_SIZE)))
    for name in ("x.csv", "x.parquet"):
        assert run(films, "--out", tmp_path / name) == 0
    tables = []
    for name in ("x.csv", "x.parquet"):
        capsys.readouterr()
        assert summarise([str(tmp_path / name), "--labels", str(labels)]) == 0
        tables.append(capsys.readouterr().out)
    assert tables[0] == tables[1]
    assert "16 films of 16 patients, 8 with PNEUMONIA" in tables[0]
    assert "4 predictions without label, 0 labels without prediction" in tables[0]
    study = cnn.evaluate(films, labels, "lecture")
    assert str(study) == tables[0].rstrip()
    assert summarise([str(films / "00.png"), "--labels", str(labels)]) == 2


def test_the_doctor_finds_what_is_wrong(weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(weights, tmp_path / "weights")
    monkeypatch.setattr(loading, "WEIGHTS_FOLDER", tmp_path / "weights")
    names = [line for passed, line in doctor.checks() if not passed]
    assert names == ["The card weights/logistic_regression.json is missing; get the whole repository again."]
    path = tmp_path / "weights" / "lecture.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    failures = [line for passed, line in doctor.checks() if not passed]
    assert sum("lecture" in line for line in failures) >= 2
    assert doctor.examine() == 1
