"""The benchmark's arithmetic, and that each row compares two things that do the same work."""

import json
from pathlib import Path

import pytest
import torch

from cnn.models.loading import LoadedModel
from cnn.training import benchmark
from cnn.training.benchmark import Row, compared, table, write


def test_a_row_is_the_ratio_of_medians_taken_in_turns() -> None:
    clock, order = [0.0], []

    def work(name: str, *seconds: float):  # type: ignore[no-untyped-def]
        left = iter(seconds)

        def run() -> None:
            order.append(name)
            clock[0] += next(left)

        return run

    row = compared("a", work("a", 9, 2, 8, 2), "b", work("b", 9, 1, 1, 7), 1.5, repeats=3, clock=lambda: clock[0])
    assert order == ["a", "b"] * 4
    assert (row.value, row.bare) == (2000, 1000), "medians of 2, 8, 2 and of 1, 1, 7; the first round does not count"
    assert row.ratio == 2
    assert not row.met
    assert Row("a", "b", 1.5, 1, 1.5).met


def test_table_and_json_say_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [Row("Grad-CAM", "one forward pass", 12.0, 10.0, 1.25, "9 times each"), Row("memory", "few", 9, 3, 1.1)]
    write(rows, tmp_path / "benchmark.json", model="lecture")
    said = capsys.readouterr().out
    assert table(rows) in said
    assert "| Grad-CAM | one forward pass | 1.20 | 1.25 | met | 12.0 / 10.0 ms, 9 times each |" in said
    assert "| memory | few | 3.00 | 1.1 | MISSED |" in said
    found = json.loads((tmp_path / "benchmark.json").read_text())
    assert [row["ratio"] for row in found["rows"]] == [row.ratio for row in rows]
    assert found["model"] == "lecture"


def test_rows_that_run_the_network(lecture: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "SIDE", 200)
    pixels = torch.zeros(1, 1, lecture.input_size, lecture.input_size)
    rows = [benchmark.upload(lecture, 1), benchmark.grad_cam(lecture, pixels, 1), benchmark.machine(lecture, pixels, 1)]
    assert all(row.value > 0 and row.bare > 0 for row in rows)
    # 3 x 3 x depth x filters x side^2 of five convolutions, and the last layer
    sides, depths = (128, 64, 32, 16, 8), (1, 16, 32, 64, 96, 128)
    sums = sum(9 * a * b * side**2 for a, b, side in zip(depths, depths[1:], sides, strict=False))
    assert f"its {(sums + 128 * 16 * 2) / 1e6:.0f} million" in rows[-1].against
