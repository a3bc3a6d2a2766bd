"""Training: films are drawn and learnt from as the recipe says, and an interrupted training resumes exactly."""

import copy
import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from cnn.evaluation.scores import sigmoid
from cnn.models import architectures, loading
from cnn.models.inference import logit_margins
from cnn.training.classifier import __main__ as command
from cnn.training.classifier import fine_tuning, networks
from cnn.training.classifier.experiment import ADULT_FOLDS, Experiment, Split
from cnn.training.classifier.training import Recipe, Training, auc, smoothed_cross_entropy, train
from cnn.training.data import Film
from cnn.training.film_dataset import FilmDataset

RECIPE = Recipe(epochs=2, films_per_epoch=24, batch=8, learning_rate=1e-3, head_learning_rate=1e-3, weight_decay=0)


def test_seeds_share_validation_patients_and_leave_out_every_adult_once(folders: tuple[Path, Path]) -> None:
    splits = [Split.of(*folders, seed) for seed in range(ADULT_FOLDS)]
    left_out = [film.path for split in splits for film in split.adults_out]
    assert len(left_out) == len(set(left_out)) == 12
    for split in splits:
        assert split.validation == splits[0].validation
        trained_on = {film.patient for film in split.train}
        assert trained_on.isdisjoint(film.patient for film in split.validation + split.adults_out)
        assert not any("test" in film.path.parts for film in split.train + split.validation)


def test_sampling_weights_balance_classes_and_set_the_share_of_adults(experiment: Experiment) -> None:
    films = experiment.split.train + experiment.split.train[:7]
    dataset = FilmDataset(films, 32, experiment.reader)
    weights = dataset.sampling_weights(adult_share=0.25)
    adult = torch.tensor([film.adult for film in films])
    assert weights.sum() == pytest.approx(2)
    assert weights[adult].sum() == pytest.approx(2 * 0.25)
    assert weights[dataset.labels == 1].sum() == pytest.approx(1)


def test_a_batch_holds_pixels_lungs_with_boxes_and_labels_of_its_films(experiment: Experiment) -> None:
    dataset = experiment.dataset(experiment.split.train, "logistic_regression")
    boxed = next(index for index, film in enumerate(dataset.films) if film.boxes)
    pixels, masks, labels = dataset[[0, boxed]]
    assert pixels.shape == (2, 1, 32, 32)
    assert masks.shape == (2, 2, 32, 32)
    assert masks[0, 1].max() == 0
    assert masks[1, 1].max() == 1
    assert (masks[:, 0] >= masks[:, 1]).all()
    assert labels.tolist() == [dataset.films[0].label, 1]


def test_each_film_is_segmented_once(experiment: Experiment, monkeypatch: pytest.MonkeyPatch) -> None:
    films: list[Film] = experiment.split.train
    first = experiment.reader.lung_masks(films[:3])
    monkeypatch.setattr("cnn.models.lung_segmenter.lung_probabilities", lambda films: pytest.fail("segmented again"))
    assert torch.equal(experiment.reader.lung_masks(films[2::-1]), first.flip(0))


def test_the_target_of_a_film_without_lungs_is_a_half() -> None:
    undecided, certain = torch.tensor([[0.0, 0.0]]), torch.tensor([[-4.0, 4.0]])
    label, hidden, visible = torch.tensor([1]), torch.tensor([True]), torch.tensor([False])
    assert smoothed_cross_entropy(undecided, label, hidden, 0.0) < smoothed_cross_entropy(certain, label, hidden, 0.0)
    assert smoothed_cross_entropy(undecided, label, visible, 0.0) > smoothed_cross_entropy(certain, label, visible, 0.0)


def test_an_interrupted_training_resumes_to_the_same_weights(experiment: Experiment, tmp_path: Path) -> None:
    expected = train("lecture", experiment, RECIPE)
    interrupted = dataclasses.replace(experiment, folder=tmp_path)
    first = Training("lecture", RECIPE, 0, tmp_path)
    first.train_epoch(experiment.dataset(experiment.split.train, "lecture"))
    first.save()
    resumed = train("lecture", interrupted, RECIPE)
    for name, value in expected.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name
    assert len((tmp_path / "lecture.log.jsonl").read_text().splitlines()) == 1


def test_a_training_learns_what_distinguishes_the_classes(experiment: Experiment) -> None:
    recipe = dataclasses.replace(RECIPE, epochs=6, films_per_epoch=64, background_swapped=0.3)
    network = train("lecture", experiment, recipe)
    films = experiment.dataset(experiment.split.train, "lecture")
    assert auc(network, films.pixels, films.labels.numpy()) > 0.9


def test_the_command_writes_calibrated_networks_that_load(
    folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    films, adults = map(str, folders)
    monkeypatch.setattr(
        "sys.argv",
        ["classifier", films, "--adults", adults, "--models", "logistic_regression", "--runs", str(tmp_path / "runs")],
    )
    command.main()
    model = loading.load_from(tmp_path / "runs" / "seed-0", "logistic_regression")
    assert model.card["threshold_rule"] == networks.THRESHOLD_RULE
    experiment = Experiment(0, Split.of(*folders, seed=0), tmp_path)
    validation = experiment.dataset(experiment.split.validation, "logistic_regression")
    probabilities = sigmoid(logit_margins(model.module, validation.pixels) / model.temperature)
    positive = probabilities >= model.threshold
    assert (positive == validation.labels.numpy()).mean() > 0.7


def test_an_ensemble_is_calibrated_but_has_no_weights_of_its_own(experiment: Experiment, weights: Path) -> None:
    experiment = dataclasses.replace(experiment, folder=experiment.folder / "copy")
    experiment.folder.mkdir()
    for path in weights.glob("[lt]*.*"):
        (experiment.folder / path.name).write_bytes(path.read_bytes())
    networks.calibrate_and_write("ensemble", networks.load_ensemble(experiment), experiment)
    assert loading.load_from(experiment.folder, "ensemble").threshold > 0
    assert not (experiment.folder / "ensemble.safetensors").exists()


def test_a_shift_moves_every_margin_alike() -> None:
    network = architectures.lecture().eval()
    pixels = torch.randint(0, 256, (3, 1, 128, 128), dtype=torch.uint8)
    before = logit_margins(network, pixels)
    networks.shift_margins(network, 1.5)
    np.testing.assert_allclose(logit_margins(network, pixels), before + 1.5, atol=1e-5)


def test_with_guidance_the_classifier_s_rows_stay_opposite(experiment: Experiment) -> None:
    training = Training("transfer", dataclasses.replace(RECIPE, guidance=0.3), 0, experiment.folder)
    before = training.network.classifier[-1].weight.clone()
    training.network.train()
    training.step(*FilmDataset(experiment.split.train, 64, experiment.reader)[[0, 1, 2, 3]])
    rows = training.network.classifier[-1].weight
    assert not torch.equal(rows, before)
    torch.testing.assert_close(rows[0], -rows[1], atol=1e-6, rtol=0)


def test_a_fine_tuned_network_ships_halfway_to_where_it_began(
    experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one_higher(name: str, network: nn.Module, *_: object) -> nn.Module:
        tuned = copy.deepcopy(network)
        for value in (*tuned.parameters(), *tuned.buffers()):
            value.data += 1
        return tuned

    monkeypatch.setattr(fine_tuning, "fine_tune", one_higher)
    trained = architectures.lecture()
    mean = fine_tuning.average_with_fine_tuned("transfer", trained, experiment).state_dict()
    for key, value in trained.state_dict().items():
        torch.testing.assert_close(mean[key], value + 0.5 if value.is_floating_point() else value, msg=key)


def test_fine_tuning_begins_with_the_given_weights(experiment: Experiment) -> None:
    network = architectures.lecture()
    still = dataclasses.replace(RECIPE, learning_rate=1e-12, head_learning_rate=1e-12, epochs=1, corrupted=0.5)
    tuned = fine_tuning.fine_tune("lecture", network, experiment, still)
    for (key, before), after in zip(network.named_parameters(), tuned.parameters(), strict=True):
        torch.testing.assert_close(before, after, msg=key)
