"""A tiny data set whose lungs are known without a segmenter."""

import dataclasses
from pathlib import Path

import pytest
import torch
from torch import Tensor

from cnn.models import lung_segmenter
from cnn.training.classifier import experiment as experiment_module
from cnn.training.classifier import networks
from cnn.training.classifier.experiment import Experiment, Split
from tests.support.tiny_dataset import make_adults, make_children


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Folders of children and adults; every film's lungs are segmented where they are drawn."""

    def known_lungs(films: Tensor) -> Tensor:
        lungs = torch.zeros(len(films), 1, lung_segmenter.INPUT_SIZE, lung_segmenter.INPUT_SIZE)
        lungs[:, :, 50:170, 35:98] = 1
        lungs[:, :, 50:170, 125:190] = 1
        return lungs

    monkeypatch.setattr(experiment_module, "VALIDATION_FOLDS", 3)  # a tenth of so few patients may hold one class only
    monkeypatch.setattr(lung_segmenter, "lung_probabilities", known_lungs)
    return make_children(tmp_path / "children"), make_adults(tmp_path / "adults")


@pytest.fixture
def experiment(folders: tuple[Path, Path], tmp_path: Path) -> Experiment:
    """Seed 0, with an empty folder for its results."""
    folder = tmp_path / "seed-0"
    folder.mkdir()
    return Experiment(0, Split.of(*folders, seed=0), folder)


@pytest.fixture
def runs(folders: tuple[Path, Path], experiment: Experiment) -> Path:
    """Folder of a logistic regression trained for two seeds."""
    runs = experiment.folder.parent
    for seed in (0, 1):
        folder = runs / f"seed-{seed}"
        folder.mkdir(exist_ok=True)
        other = dataclasses.replace(experiment, seed=seed, split=Split.of(*folders, seed), folder=folder)
        networks.calibrate_and_write("logistic_regression", networks.fit_logistic_regression(other), other)
    return runs
