"""``python -m cnn.handson``: one line of JSON, one sentence for what is wrong."""

import json

import pytest

from cnn.handson import __main__ as command
from tests.support.tiny_films import tiny_film_set


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "shipped", tiny_film_set)


def test_it_prints_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--experiment", "overfit", "--seconds", "1"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    figures = json.loads(line)
    assert {"test_auc", "seconds", "epochs"} <= figures.keys()
    assert 0 <= figures["test_auc"] <= 1


@pytest.mark.parametrize(
    "arguments",
    [["--experiment", "nothing"], ["--seconds", "nan"], ["--seconds", "0"], ["--seed", "-3"]],
)
def test_what_is_wrong_is_one_sentence(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(arguments) == 2
    captured = capsys.readouterr()
    assert not captured.out
    assert len(captured.err.splitlines()) == 1
