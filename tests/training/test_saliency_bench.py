"""The bench from end to end on tiny films and random weights: unseen patients, results that can be read, going on."""

import csv
import json
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from cnn.attribution import methods
from cnn.evaluation import bootstrap, saliency_report
from cnn.training.classifier import ADULT_FOLDS, Split
from cnn.training.data import patient_fold
from cnn.training.saliency_bench import __main__, films
from tests.support.tiny_dataset import make_adults, make_children

SHOWN = ("grad_cam", "saliency")


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


def test_every_film_goes_to_the_seed_that_left_out_its_patient(folders: tuple[Path, Path, Path]) -> None:
    children, adults, _ = folders
    splits = {seed: Split.of(children, adults, seed) for seed in range(ADULT_FOLDS)}
    for source in films.SOURCES:
        cases = films.boxed(adults, source, list(splits), 32)
        assert len(cases) == 12
        assert all(patient_fold(case.patient, ADULT_FOLDS) == case.seed for case in cases)
        assert all(case.truth is not None and case.truth.any() for case in cases)
        films.check_unseen(cases, splits)
    one = films.boxed(adults, "rsna", [1], 32)
    assert {case.seed for case in one} == {1}
    assert len(films.boxed(adults, "rsna", [0, 1, 2], 32, count=1)) == ADULT_FOLDS


def test_a_film_that_was_trained_on_is_not_explained(folders: tuple[Path, Path, Path]) -> None:
    _, adults, _ = folders
    (case, *_) = films.boxed(adults, "rsna", [0], 32)
    wrong = {0: SimpleNamespace(train=[SimpleNamespace(patient=case.patient)], validation=[])}
    with pytest.raises(RuntimeError, match=case.name):
        films.check_unseen([case], wrong)  # type: ignore[arg-type]


def test_children_are_of_different_patients(folders: tuple[Path, Path, Path]) -> None:
    cases = films.unseen_children(folders[0], 4, 32)
    assert len({case.patient for case in cases}) == len(cases) == 4


def test_the_bench_writes_results_and_goes_on_where_it_stopped(
    folders: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    children, adults, runs = folders
    monkeypatch.setattr(methods, "METHODS", {name: methods.METHODS[name] for name in SHOWN})
    monkeypatch.setattr(bootstrap, "REPEATS", 20)
    monkeypatch.setattr(__main__, "SUBSET", 2)
    monkeypatch.setattr(__main__, "STAGES", 2)
    monkeypatch.setattr(__main__, "RANDOM_DRAWS", 1)
    monkeypatch.setattr(sys, "argv", [
        "bench", str(children), "--adults", str(adults), "--runs", str(runs), "--seeds", "0", "1",
        "--networks", "lecture", "--films", "2", "--out", str(runs / "saliency_bench.json"),
    ])  # fmt: skip
    __main__.main()
    report = saliency_report.read(runs / "saliency_bench.json")["lecture"]
    assert list(report.titles) == list(SHOWN)
    for name in SHOWN:
        assert 0 <= report.localisation("rsna", name, "auprc").value <= 1
        assert list(report.similarity_by_stage(name, "ssim")) == ["fc", "conv1"]
        assert report.lesion_map(name).map.shape == (128, 128)
        assert report.lesion_hits(name)[1] == 2
        assert report.verdicts(name).repeatable is not None
        assert report.cost(name)[1] > 0
    assert report.film_count("rsna") <= 4
    for measure in ("measure_method", "measure_control"):  # kept results are not measured again
        monkeypatch.setattr(__main__, measure, lambda *given: pytest.fail("measured again"))
    first = json.loads((runs / "saliency_bench.json").read_text())
    __main__.main()
    assert json.loads((runs / "saliency_bench.json").read_text()) == first


def test_other_weights_are_measured_anew(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    assert __main__.kept(path, "a", lambda: {"value": 1}) == {"value": 1}
    assert __main__.kept(path, "a", lambda: {"value": 2}) == {"value": 1}
    assert __main__.kept(path, "b", lambda: {"value": 3}) == {"value": 3}
