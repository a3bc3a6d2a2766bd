"""Training: what is drawn, what is learnt from, and that a killed run goes on as if nothing had happened."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn

from cnn.models import architectures, loading, lung_segmenter
from cnn.models.inference import logit_margins
from cnn.training import calibration, classifier
from cnn.training.classifier import Films, Recipe, Run, Split
from cnn.training.data import labels_of
from tests.support.tiny_dataset import SIDE, make_adults, make_children

RECIPE = Recipe(epochs=2, films_per_epoch=24, batch=8, learning_rate=1e-3, head_learning_rate=1e-3, weight_decay=0)


@pytest.fixture(autouse=True)
def known_lungs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The drawn lungs stand where they stand; no segmenter is needed to find them."""

    def masks(films: Tensor) -> Tensor:
        found = torch.zeros(len(films), 1, lung_segmenter.INPUT_SIZE, lung_segmenter.INPUT_SIZE)
        found[:, :, 50:170, 35:98] = 1
        found[:, :, 50:170, 125:190] = 1
        return found

    classifier._pixels_and_lungs.cache_clear()
    monkeypatch.setattr(classifier, "VALIDATION_FOLDS", 3)  # a tenth of so few patients may hold one class only
    monkeypatch.setattr(lung_segmenter, "lung_probabilities", masks)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    return make_children(tmp_path / "children"), make_adults(tmp_path / "adults")


@pytest.fixture
def split(folders: tuple[Path, Path]) -> Split:
    return Split.of(*folders, seed=0)


def test_seeds_share_validation_patients_and_leave_out_every_adult_once(folders: tuple[Path, Path]) -> None:
    splits = [Split.of(*folders, seed) for seed in range(classifier.ADULT_FOLDS)]
    left_out = [film.path for split in splits for film in split.adults_out]
    assert len(left_out) == len(set(left_out)) == 12
    for split in splits:
        assert split.validation == splits[0].validation
        trained_on = {film.patient for film in split.train}
        assert trained_on.isdisjoint(film.patient for film in split.validation + split.adults_out)
        assert not any("test" in film.path.parts for film in split.train + split.validation)


def test_classes_and_adults_are_drawn_as_the_recipe_says() -> None:
    labels = torch.tensor([0] * 100 + [1] * 900 + [0] * 10 + [1] * 40)
    adult = torch.arange(1050) >= 1000
    recipe = dataclasses.replace(RECIPE, films_per_epoch=20_000, adults=0.25)
    drawn = classifier.draw(labels, adult, recipe, torch.Generator().manual_seed(0))
    assert adult[drawn].float().mean().item() == pytest.approx(0.25, abs=0.02)
    assert labels[drawn].float().mean().item() == pytest.approx(0.5, abs=0.02)


def test_a_film_without_lungs_is_to_be_answered_half_and_half() -> None:
    undecided, sure = torch.tensor([[0.0, 0.0]]), torch.tensor([[-4.0, 4.0]])
    label, hidden, seen = torch.tensor([1]), torch.tensor([True]), torch.tensor([False])
    assert classifier.loss_of(undecided, label, hidden, 0.0) < classifier.loss_of(sure, label, hidden, 0.0)
    assert classifier.loss_of(undecided, label, seen, 0.0) > classifier.loss_of(sure, label, seen, 0.0)


def test_a_killed_run_goes_on_to_the_same_weights(split: Split, tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    whole.mkdir()
    broken.mkdir()
    expected = classifier.train("lecture", split, 0, whole, RECIPE)
    first = Run("lecture", RECIPE, 0, broken)
    first.train_epoch(Films.read(split.train, 128, "films"), torch.tensor([film.adult for film in split.train]))
    first.save()
    resumed = classifier.train("lecture", split, 0, broken, RECIPE)
    for name, value in expected.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name
    assert len((broken / "lecture.log.jsonl").read_text().splitlines()) == 1


def test_the_chain_learns_what_is_there(split: Split, tmp_path: Path) -> None:
    recipe = dataclasses.replace(RECIPE, epochs=6, films_per_epoch=64, background_swapped=0.3)
    network = classifier.train("lecture", split, 0, tmp_path, recipe)
    films = Films.read(split.train, 128, "films")
    assert roc_auc_score(films.labels, logit_margins(network, films.pixels)) > 0.9


def test_finishing_writes_a_calibrated_network_that_loads(split: Split, tmp_path: Path) -> None:
    classifier.finish("logistic_regression", classifier.fit_floor(split), split, 0, tmp_path)
    model = loading.load_from(tmp_path, "logistic_regression")
    assert model.card["threshold_rule"] == classifier.THRESHOLD_RULE
    films = Films.read(split.validation, 32, "films")
    scores = calibration.sigmoid(logit_margins(model.module, films.pixels) / model.temperature)
    assert roc_auc_score(films.labels, scores) > 0.8


def test_calibration_is_of_the_margins_given() -> None:
    generator = np.random.default_rng(0)
    margins = generator.normal(0, 2, 5000)
    labels = (generator.random(5000) < calibration.sigmoid(margins)).astype(int)
    found = classifier.calibrate(margins * 2, labels)
    assert found["temperature"] == pytest.approx(2, rel=0.1)


def test_centring_moves_every_margin_alike() -> None:
    network = architectures.lecture().eval()
    pixels = torch.randint(0, 256, (3, 1, 128, 128), dtype=torch.uint8)
    before = logit_margins(network, pixels)
    classifier.centre(network, 1.5)
    np.testing.assert_allclose(logit_margins(network, pixels), before + 1.5, atol=1e-5)


def test_depthwise_in_float32_computes_the_same_network() -> None:
    network = architectures.lite0().eval()
    picture = torch.randn(1, 1, SIDE, SIDE)
    with torch.no_grad():
        before = network(picture)
        classifier._depthwise_in_float32(network)
        torch.testing.assert_close(network(picture), before)
        depthwise = [part for part in network.modules() if isinstance(part, nn.Conv2d) and part.groups > 1]
        with torch.autocast("cpu", torch.bfloat16):
            assert depthwise[0](torch.randn(1, 32, 8, 8).bfloat16()).dtype == torch.float32


def test_labels_follow_the_films(split: Split) -> None:
    assert torch.equal(Films.read(split.train, 32, "films").labels, labels_of(split.train))


def test_a_guided_network_keeps_its_two_answers_opposite(split: Split, tmp_path: Path) -> None:
    recipe = dataclasses.replace(RECIPE, guidance=0.3)
    run = Run("transfer", recipe, 0, tmp_path)
    before = run.network.classifier[-1].weight.clone()
    films = Films.read(split.train, SIDE, "films")
    run.network.train()
    run.step(*films.batch(torch.arange(4)))
    rows = run.network.classifier[-1].weight
    assert not torch.equal(rows, before)
    torch.testing.assert_close(rows[0], -rows[1], atol=1e-6, rtol=0)
