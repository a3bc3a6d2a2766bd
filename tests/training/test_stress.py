"""Corrupted films are measured once for all networks; the harder question holds patients apart."""

from pathlib import Path

import numpy as np
import pytest

from cnn import cards
from cnn.attribution import corruptions
from cnn.errors import UserError
from cnn.evaluation import scores
from cnn.evaluation.scores import HARD
from cnn.training import evaluate
from cnn.training.classifier.experiment import Split
from cnn.training.data import neither_films
from cnn.training.stress import corrupted_films, hard_question

NAME = "logistic_regression"


@pytest.fixture
def shipped(folders: tuple[Path, Path], runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one evaluated network, of two seeds."""
    out = tmp_path / "shipped"
    out.mkdir()
    for module in (evaluate, corrupted_films, hard_question):
        monkeypatch.setattr(module, "ORDER", (NAME,))
    run(evaluate, monkeypatch, folders[0], "--adults", folders[1], "--runs", runs, "--seeds", 0, 1, "--weights", out)
    return out


def run(module: object, monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr("sys.argv", ["command", *map(str, arguments)])
    module.main()


def test_corrupted_films_are_measured_and_a_stopped_run_resumes(
    folders: tuple[Path, Path], shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {name: corruptions.CORRUPTIONS[name] for name in ("pixelate", "gaussian_noise")}
    monkeypatch.setattr(corrupted_films, "CORRUPTIONS", few)
    monkeypatch.setattr(corrupted_films, "SEVERITIES", 2)
    arguments = (folders[0], "--weights", shipped, "--kept", tmp_path / "kept.json")
    run(corrupted_films, monkeypatch, *arguments)
    measured = cards.read_card(shipped, NAME)["corrupted_test"]
    test = scores.read(shipped, NAME, ["test"])["test"]
    positive = test.probabilities >= test.thresholds
    rates = [(positive == test.labels)[test.labels == label].mean() for label in (0, 1)]
    assert measured["clean"]["balanced_error"] == pytest.approx(1 - np.mean(rates))
    cells = [error for each in measured["by_corruption"].values() for error in each["balanced_error"]]
    assert len(cells) == 4
    assert measured["mean"]["balanced_error"] == pytest.approx(np.mean(cells))
    assert measured["mean"]["interval_95"][0] <= np.mean(cells) <= measured["mean"]["interval_95"][1]

    monkeypatch.setattr(corrupted_films, "corrupt", None)  # nothing is left to be spoilt
    run(corrupted_films, monkeypatch, *arguments)
    assert cards.read_card(shipped, NAME)["corrupted_test"] == measured


@pytest.mark.parametrize("seeds", [(0,), (0, 1)])
def test_a_film_of_the_harder_question_is_scored_by_a_network_that_has_not_seen_its_patient(
    folders: tuple[Path, Path], shipped: Path, runs: Path, seeds: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, adults = folders
    neither = neither_films(adults)
    trained = {seed: {film.patient for film in Split.of(*folders, seed).train} for seed in (0, 1)}
    monkeypatch.setattr(hard_question, "neither_films", lambda _: [*neither, *Split.of(*folders, 0).train[-2:]])
    chosen = hard_question.choose_seeds(adults, list(seeds))
    films = [film for group in chosen.values() for film in group]
    assert len(films) == len(set(films))
    assert all(film.patient not in trained[seed] for seed, group in chosen.items() for film in group)
    assert set(neither) <= set(films)

    monkeypatch.undo()
    monkeypatch.setattr(hard_question, "ORDER", (NAME,))
    before = scores.read(shipped, NAME, evaluate.GROUPS)
    run(hard_question, monkeypatch, "--adults", adults, "--weights", shipped, "--runs", runs, "--seeds", *seeds)
    hard, easy = scores.read(shipped, NAME, [HARD])[HARD], before["adults_left_out"]
    assert len(hard.labels) == len(easy.labels) + len(neither)
    assert hard.labels.sum() == easy.labels.sum()
    assert (hard.metadata["reading"] == "No Lung Opacity / Not Normal").sum() == len(neither)
    after = scores.read(shipped, NAME, evaluate.GROUPS)
    assert all((after[group].logits == before[group].logits).all() for group in before)
    assert cards.read_card(shipped, NAME)["metrics"][HARD]["films"] == len(hard.labels)


def test_scores_of_other_adults_are_noticed(folders: tuple[Path, Path], shipped: Path) -> None:
    known = scores.read(shipped, NAME, ["adults_left_out"])["adults_left_out"]
    with pytest.raises(UserError, match="run python"):
        hard_question.name_patients(known.select(known.labels == 1), folders[1])
