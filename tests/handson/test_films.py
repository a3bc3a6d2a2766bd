"""The shipped films are those that the script draws, and no patient crosses a border."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from cnn.cards import CLASSES
from cnn.handson import films
from cnn.handson.films import SPLITS, pneumonia_mnist, shipped
from cnn.handson.preparation import prepare
from cnn.handson.settings import Settings
from cnn.imaging.samples import download
from cnn.training import handson_films
from tests.support.tiny_dataset import make_children

HASHES = {
    films.SHEET: "b15ed2367d51629069465db1d285a0ff8ee7a8f77eba1ac5f309920e6ddbb4fc",
    films.TABLE: "8cdd8933bd217faf42557980f6d7c7b228b3b6d2bb935f57a2ed6ad03ef5115c",
}


@pytest.mark.parametrize("file", HASHES, ids=lambda file: file.name)
def test_the_shipped_files_are_unchanged(file: Path) -> None:
    assert hashlib.sha256(file.read_bytes()).hexdigest() == HASHES[file]


def test_the_set_is_small_and_attributed() -> None:
    assert sum(file.stat().st_size for file in films.FOLDER.iterdir()) < 5_000_000
    assert "CC BY 4.0" in (films.FOLDER / "README.md").read_text(encoding="utf-8")


def test_classes_are_in_balance_and_patients_apart() -> None:
    parts = [getattr(shipped(), split) for split in SPLITS]
    assert [part.counts for part in parts] == [(500, 500), (100, 100), (150, 150)]
    patients = [set(part.patients) for part in parts]
    assert not patients[0] & patients[1]
    assert not (patients[0] | patients[1]) & patients[2]
    for part in parts:
        assert len(set(part.patients)) < len(part), "some patients have several films, so that a leak can be made"
        assert ((part.causes == "") == (part.labels == CLASSES.index("NORMAL"))).all()
    assert len({name for part in parts for name in part.names}) == 1500


def test_a_sheet_is_cut_as_it_was_laid_out() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (123, 64, 64), np.uint8)
    np.testing.assert_array_equal(films.cut_sheet(films.make_sheet(pixels), 123), pixels)


def test_the_script_draws_whole_patients_in_quotas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handson_films, "QUOTAS", {"train": {"train": 6, "validation": 2}, "test": {"test": 4}})
    rows, drawn = handson_films.build(make_children(tmp_path / "films"))
    assert [row["split"] for row in rows] == 2 * (6 * ["train"] + 2 * ["validation"]) + 2 * 4 * ["test"]
    assert [film.path.name for film in drawn] == [row["file"] for row in rows]
    patients = {split: {row["patient"] for row in rows if row["split"] == split} for split in SPLITS}
    assert not patients["train"] & patients["validation"]
    assert not patients["test"] & (patients["train"] | patients["validation"])
    assert {(row["class"], row["cause"]) for row in rows} == {("NORMAL", ""), ("PNEUMONIA", "bacteria")}


def test_pneumonia_mnist_is_read_as_medmnist_stores_it(monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = {}
    for split, count in (("train", 20), ("val", 6), ("test", 8)):
        arrays[f"{split}_images"] = np.full((count, 64, 64), count, np.uint8)
        arrays[f"{split}_labels"] = (np.arange(count) % 2)[:, None].astype(np.uint8)
    monkeypatch.setattr(download, "fetch_arrays", lambda size: arrays)
    film_set = pneumonia_mnist()
    assert [films.counts for films in (film_set.train, film_set.validation, film_set.test)] == [
        (10, 10),
        (3, 3),
        (4, 4),
    ]
    prepared = prepare(Settings(films=10), film_set)
    assert prepared.train.pixels.shape == (10, 64, 64)
    assert prepared.shared_patients == 0
