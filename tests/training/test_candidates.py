"""Candidates: films drawn without a hint in the view, what each changes, and the rule that decides."""

import dataclasses
import json
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch

from cnn import cards
from cnn.models.efficientnet import EfficientNet
from cnn.models.loading import load_from
from cnn.training.candidates import __main__ as command
from cnn.training.candidates import changes, rule, yardsticks
from cnn.training.classifier import fine_tuning
from cnn.training.classifier.experiment import Experiment
from cnn.training.classifier.training import RECIPES, Training, corrupt_some, train, weigh_views
from cnn.training.film_dataset import FilmDataset


def with_views(experiment: Experiment) -> Experiment:
    """Adults of both views: of those with PNEUMONIA more are AP."""
    films = []
    for number, film in enumerate(experiment.split.train):
        view = ("AP", "PA", "AP")[number % 3] if film.label else ("PA", "AP", "PA")[number % 3]
        films.append(dataclasses.replace(film, facts=film.facts | {"view": view}) if film.adult else film)
    return dataclasses.replace(experiment, split=dataclasses.replace(experiment.split, train=films))


def test_drawn_adults_have_label_and_view_equally_often(experiment: Experiment) -> None:
    dataset = FilmDataset(with_views(experiment).split.train, 32, experiment.reader)
    weights = weigh_views(dataset, adults=0.25)
    assert weights.sum() == pytest.approx(1)
    for label in (0, 1):
        for view in ("PA", "AP"):
            chosen = [film.adult and (film.label, film.facts["view"]) == (label, view) for film in dataset.films]
            assert weights[chosen].sum() == pytest.approx(0.25 / 4)
        assert weights[[not film.adult and film.label == label for film in dataset.films]].sum() == pytest.approx(0.375)


def test_about_half_of_the_films_are_corrupted_and_stay_greys() -> None:
    films = torch.rand(40, 1, 224, 224, generator=torch.Generator().manual_seed(0))
    spoilt = corrupt_some(films, 0.5, torch.Generator().manual_seed(1))
    changed = (spoilt != films).flatten(1).any(dim=1).sum()
    assert 10 <= changed <= 30
    assert spoilt.min() >= 0
    assert spoilt.max() <= 1


@pytest.fixture
def trained(experiment: Experiment, weights: Path) -> Experiment:
    """An experiment whose folder holds the shipped network as the end of the training of its seed."""
    training = Training("transfer", RECIPES["transfer"], experiment.seed, experiment.folder)
    training.average.module.load_state_dict(load_from(weights, "transfer").module.state_dict())
    training.epoch = training.recipe.epochs
    training.save()
    return with_views(experiment)


def test_a_removed_view_no_longer_moves_the_margin(trained: Experiment) -> None:
    network = cast(EfficientNet, train("transfer", trained))
    changed = changes.remove_view(network, trained)
    adults = [film for film in trained.split.train if film.adult]
    logits = yardsticks.margins(changed, trained.reader.pixels(adults, 224))
    groups = {
        (label, view): np.mean(
            [m for m, f in zip(logits, adults, strict=True) if (f.label, f.facts["view"]) == (label, view)]
        )
        for label in (0, 1)
        for view in ("PA", "AP")
    }
    assert sum(groups[label, "AP"] - groups[label, "PA"] for label in (0, 1)) == pytest.approx(0, abs=1e-3)


def test_candidates_are_made_measured_and_judged_by_one_command(
    trained: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = dataclasses.replace(changes.BOTH, films_per_epoch=4, batch=4)
    monkeypatch.setattr(fine_tuning, "FINE_TUNING", {"transfer": short})
    monkeypatch.setitem(changes.CHANGES, "both", changes.tuned(short))
    names = ["trained", "last_layer", "both", "averages"]
    monkeypatch.setattr(changes, "REFITTED_FILMS", 8)
    monkeypatch.setattr(yardsticks, "CORRUPTIONS", ("pixelate",))
    monkeypatch.setattr(yardsticks, "PER_CLASS", 1)
    monkeypatch.setattr(yardsticks, "COPIES", 1)
    adults = tmp_path / "adults"
    command.measure_seed(yardsticks.Yardsticks(trained, adults), names)
    measured = {name: json.loads(command.measured_file(trained.folder, name).read_text()) for name in names}
    assert all(len(each["logits"]) == len(trained.split.adults_out) for each in measured.values())
    assert measured["averages"]["logits"] != measured["both"]["logits"]
    assert measured["both"]["logits"] != measured["trained"]["logits"] != measured["last_layer"]["logits"]
    monkeypatch.setattr(Training, "train_epoch", None)  # nothing is trained twice
    command.measure_seed(yardsticks.Yardsticks(trained, adults), names)


def run(auc: float, corrupted: float, logits: np.ndarray) -> list[dict[str, object]]:
    """Measurements of three seeds with a spread of 0.01."""
    boxes = {"pointing": [0.8], "auprc": [0.6]}
    return [
        {"auc": auc + step, "corrupted": corrupted + step, "logits": part.tolist(), **boxes}
        for step, part in zip((-0.01, 0, 0.01), np.array_split(logits, 3), strict=True)
    ]


def test_the_rule_lets_pass_what_gains_without_a_loss() -> None:
    generator = np.random.default_rng(0)
    labels, in_bed = np.tile([0, 1], 60), np.repeat([True, False], 60)
    signed = np.where(labels == 1, 1.0, -1.0)
    blind = np.where(in_bed, signed, -1.0) + 0.3 * generator.standard_normal(120)  # nothing is found on PA films
    seeing = signed + 0.3 * generator.standard_normal(120)
    adults = rule.Adults(labels, np.arange(120).astype(str), in_bed)
    runs = {
        "trained": run(0.9, 0.1, blind),
        "same": run(0.9, 0.1, blind),
        "sees both": run(0.9, 0.1, seeing),
        "robust": run(0.9, 0.05, blind),
        "forgets": run(0.8, 0.05, seeing),
    }
    figures = rule.summarise(runs, adults)
    assert figures["same"]["gains"] == []
    assert figures["sees both"]["gains"] == ["worse_auc", "gap"]
    assert figures["robust"]["gains"] == ["corrupted"]
    assert figures["forgets"]["losses"] == ["auc"]
    assert rule.list_passed(figures) == ["sees both", "robust"]
    assert len(rule.format_table(figures).splitlines()) == 2 + len(figures)


def test_the_table_of_what_was_tried_is_computed() -> None:
    tried = json.loads((cards.WEIGHTS_FOLDER / "candidates.json").read_text(encoding="utf-8"))
    text = (cards.WEIGHTS_FOLDER / "README.md").read_text(encoding="utf-8")
    assert rule.format_table(tried["candidates"]) in text, "run python -m cnn.training.candidates"
