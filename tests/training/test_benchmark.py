"""The benchmark's arithmetic, and that each task and its bare work run."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from cnn.attribution import methods
from cnn.models import loading
from cnn.models.loading import LoadedModel
from cnn.training import benchmark
from cnn.training.benchmark import Task, compare


def test_a_result_is_the_ratio_of_medians_taken_alternately() -> None:
    clock, order = [0.0], []

    def make(name: str, *seconds: float) -> Callable[[], None]:
        remaining = iter(seconds)

        def run() -> None:
            order.append(name)
            clock[0] += next(remaining)

        return run

    task = Task("a", make("a", 9, 2, 8, 2), "b", make("b", 9, 1, 1, 7), target=1.5, bare_scale=2)
    result = compare(task, repeats=3, clock=lambda: clock[0])
    assert order == ["a", "b"] * 4
    assert (result.value, result.bare) == (2000, 2000), "medians of 2, 8, 2 and twice 1, 1, 7; the first is not counted"
    assert (result.ratio, result.met) == (1, True)


def test_multiply_adds_are_those_of_the_layers(lecture: LoadedModel) -> None:
    task = benchmark.forward_pass(lecture, torch.zeros(1, 1, lecture.input_size, lecture.input_size))
    # 3 x 3 x depth x filters x side^2 of five convolutions, and the last layer
    sides, depths = (128, 64, 32, 16, 8), (1, 16, 32, 64, 96, 128)
    convolutions = sum(9 * a * b * side**2 for a, b, side in zip(depths, depths[1:], sides, strict=False))
    assert f"its {(convolutions + 128 * 16 * 2) / 1e6:.0f} million" in task.bare_title


def test_the_command_measures_every_task(
    random_networks: None, lecture: LoadedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benchmark, "UPLOAD_SIDE", 200)
    monkeypatch.setattr(benchmark, "BATCH_FILMS", 2)
    monkeypatch.setattr(benchmark, "STEPS", 2)
    monkeypatch.setattr(methods, "STEPS", 2)
    monkeypatch.setattr(methods, "occlusion_window", lambda size: (size // 2, size // 2))
    monkeypatch.setattr(loading, "load", lambda name: lecture)
    monkeypatch.setattr(torch, "set_num_threads", lambda count: None)
    benchmark.main(["--model", "lecture", "--repeats", "1", "--out", str(tmp_path / "benchmark.json")])
    results = json.loads((tmp_path / "benchmark.json").read_text())["results"]
    assert len(results) == 8
    assert all(result["value"] > 0 and result["bare"] > 0 for result in results)
