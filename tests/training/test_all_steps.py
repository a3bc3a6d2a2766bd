"""One command runs all steps in order, skips what has finished, resumes; a batch asks nothing back of its device."""

import dataclasses
import importlib
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from cnn import cards
from cnn.attribution.corruptions import CORRUPTIONS
from cnn.evaluation import bootstrap
from cnn.evaluation.scores import HARD
from cnn.models import loading
from cnn.training import __main__ as all_steps
from cnn.training import evaluate
from cnn.training.__main__ import Step
from cnn.training.classifier import __main__ as classifier
from cnn.training.classifier import training as classifier_training
from cnn.training.classifier.experiment import Experiment
from cnn.training.classifier.training import RECIPES, Recipe, Training
from cnn.training.stress import corrupted_films, hard_question

RECIPE = Recipe(epochs=1, films_per_epoch=8, batch=4, learning_rate=1e-3, head_learning_rate=1e-3, weight_decay=0)
NAMES = ("logistic_regression", "lecture")
"""The networks that are quick."""
STUBS = ("lung_segmenter", "ood_gate.fit", "saliency_bench.__main__")
"""Steps that need real pictures; each has tests of its own."""


def test_a_stopped_run_goes_on_and_a_finished_step_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    broken = {"two"}

    def run(step: Step) -> None:
        if step.module in broken:
            raise KeyboardInterrupt
        ran.append(step.module)

    monkeypatch.setattr(Step, "run", run)
    steps, finished = [Step(name, ("film",)) for name in ("one", "two", "three")], tmp_path / "runs" / "finished.json"
    with pytest.raises(KeyboardInterrupt):
        all_steps.run_all(steps, finished)
    broken.clear()
    all_steps.run_all(steps, finished)
    all_steps.run_all(steps, finished)
    assert ran == ["one", "two", "three"]
    steps[1] = dataclasses.replace(steps[1], arguments=("another",))
    all_steps.run_all(steps, finished)
    assert ran == ["one", "two", "three", "two", "three"]


def test_a_tiny_set_is_trained_calibrated_and_measured_by_one_command(
    folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, runs = tmp_path / "shipped", tmp_path / "runs"
    out.mkdir()
    monkeypatch.setattr(cards, "WEIGHTS_FOLDER", out)
    monkeypatch.setattr(classifier_training, "RECIPES", dict.fromkeys(RECIPES, RECIPE))
    for module in (classifier, evaluate, corrupted_films, hard_question):
        monkeypatch.setattr(module, "ORDER", NAMES)
    monkeypatch.setattr(corrupted_films, "CORRUPTIONS", {"gamma_corr_up": CORRUPTIONS["gamma_corr_up"]})
    monkeypatch.setattr(corrupted_films, "SEVERITIES", 1)
    monkeypatch.setattr(bootstrap, "REPEATS", 20)
    for name in (*(f"cnn.training.{step}" for step in STUBS), "cnn.attribution.front_page_example"):
        monkeypatch.setattr(importlib.import_module(name), "main", lambda: None)
    children, adults = map(str, folders)
    arguments = [children, "--adults", adults, "--lungs", "none", "--seeds", "0", "1", "--runs", str(runs)]
    monkeypatch.setattr("sys.argv", ["cnn.training", *arguments])
    all_steps.main()
    for name in NAMES:
        card = loading.load_from(out, name).card
        assert card["threshold"] == 0.5
        assert {"test", "adults_left_out", HARD, "test_over_seeds"} <= card["metrics"].keys()
        assert len(card["corrupted_test"]["by_corruption"]["gamma_corr_up"]["balanced_error"]) == 1
        assert len(card["metrics"]["test_over_seeds"][evaluate.AT_BALANCED]["accuracy"]["each"]) == 2


class NothingAskedBack(TorchDispatchMode):
    """Fails where the values of a tensor decide what is done next, for which a GPU would have to be waited for."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.overloadpacket.__name__
        assert name not in ("_local_scalar_dense", "nonzero", "masked_select", "equal"), name
        if name in ("index", "index_put", "index_put_"):
            assert not any(isinstance(each, Tensor) and each.dtype == torch.bool for each in args[1]), "boolean index"
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("name", ["transfer", "lecture"])
def test_a_batch_is_drawn_augmented_and_judged_without_asking_the_device(experiment: Experiment, name: str) -> None:
    films = experiment.dataset(experiment.split.train, name)
    recipe = dataclasses.replace(RECIPE, guidance=RECIPES[name].guidance)
    training = Training(name, recipe, 0, experiment.folder)
    indices = torch.tensor([0, 1, 2, len(films) - 1])
    with NothingAskedBack():
        loss = training.loss_of(*films[indices])
        loss.backward()
    assert torch.isfinite(loss)
    with pytest.raises(AssertionError), NothingAskedBack():
        loss.item()
