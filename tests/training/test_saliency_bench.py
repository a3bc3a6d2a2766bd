"""The bench from end to end on tiny films and random weights: unseen patients, readable results, resuming."""

import csv
import json
import shutil
from pathlib import Path

import pytest

from cnn.attribution import methods
from cnn.evaluation import bootstrap, saliency_report
from cnn.training.classifier.experiment import ADULT_FOLDS, Split
from cnn.training.data import patient_fold
from cnn.training.saliency_bench import __main__, films, measurements
from tests.support.tiny_dataset import make_adults, make_children

METHODS = ("grad_cam", "saliency")


@pytest.fixture
def folders(tmp_path: Path, weights: Path) -> tuple[Path, Path, Path]:
    """Children, adults of whom some have boxes of both kinds, and random weights for seeds 0 and 1."""
    children, adults = make_children(tmp_path / "children"), make_adults(tmp_path / "adults", 48)
    rows = list(csv.DictReader((adults / "labels.csv").open()))
    for row in rows[3::4]:
        row["nih_boxes"] = "[[10, 20, 15, 12]]"
    with (adults / "labels.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    for seed in (0, 1):
        shutil.copytree(weights, tmp_path / "runs" / f"seed-{seed}")
    return children, adults, tmp_path / "runs"


@pytest.mark.parametrize("source", films.SOURCES)
def test_every_film_gets_the_seed_that_left_out_its_patient(source: str, folders: tuple[Path, Path, Path]) -> None:
    children, adults, _ = folders
    splits = {seed: Split.of(children, adults, seed) for seed in range(ADULT_FOLDS)}
    boxed = films.boxed(adults, source, list(splits), 32)
    assert len(boxed) == 12
    assert all(patient_fold(film.patient, ADULT_FOLDS) == film.seed for film in boxed)
    assert all(film.truth is not None and film.truth.any() for film in boxed)
    films.check_unseen(boxed, splits)
    assert {film.seed for film in films.boxed(adults, source, [1], 32)} == {1}
    assert len(films.boxed(adults, source, [0, 1, 2], 32, limit=1)) == ADULT_FOLDS


def test_a_film_that_was_trained_on_is_not_explained(folders: tuple[Path, Path, Path]) -> None:
    children, adults, _ = folders
    film, *_ = films.boxed(adults, "rsna", [0], 32)
    with pytest.raises(RuntimeError, match=film.name):
        films.check_unseen([film], {0: Split.of(children, adults, seed=1)})


def test_the_bench_writes_results_and_resumes(
    folders: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    children, adults, runs = folders
    out = runs / "saliency_bench.json"
    monkeypatch.setattr(methods, "METHODS", {name: methods.METHODS[name] for name in METHODS})
    monkeypatch.setattr(bootstrap, "REPEATS", 20)
    monkeypatch.setattr(measurements, "SUBSET", 2)
    monkeypatch.setattr(measurements, "RANDOM_DRAWS", 1)
    monkeypatch.setattr(__main__, "STAGES", 2)
    options = ["--seeds", "0", "1", "--networks", "lecture", "--limit", "2", "--out", str(out)]
    monkeypatch.setattr("sys.argv", ["bench", str(children), "--adults", str(adults), "--runs", str(runs), *options])
    __main__.main()
    report = saliency_report.read(out)["lecture"]
    assert list(report.titles) == list(METHODS)
    for name in METHODS:
        assert 0 <= report.localisation("rsna", name, "auprc").value <= 1
        assert list(report.similarity_by_stage(name, "ssim")) == ["fc", "conv1"]
        assert report.lesion_map(name).map.shape == (128, 128)
        assert report.lesion_hits(name)[1] == 2
        assert report.verdicts(name).repeatable is not None
        assert report.cost(name)[1] > 0
    assert report.film_count("rsna") <= 4
    first = json.loads(out.read_text())
    for measure in ("measure_method", "measure_baseline"):
        monkeypatch.setattr(measurements, measure, lambda *_: pytest.fail("measured again"))
    __main__.main()
    assert json.loads(out.read_text()) == first


def test_other_weights_are_measured_anew(tmp_path: Path) -> None:
    path = tmp_path / "stored.json"
    assert __main__.load_or_measure(path, "a", lambda: {"value": 1}) == {"value": 1}
    assert __main__.load_or_measure(path, "a", lambda: {"value": 2}) == {"value": 1}
    assert __main__.load_or_measure(path, "b", lambda: {"value": 3}) == {"value": 3}
