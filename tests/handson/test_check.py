"""The checks of the exercises: right answers pass, each known mistake is named, anything else is a sentence."""

import numpy as np
import pytest

from cnn.handson import check
from cnn.handson.exercises.judging import BLANK, RETURNS_NOTHING, Exercise, function, value

ALL = {number: exercise for notebook in check.MODULES for number, exercise in check.exercises(notebook).items()}


@pytest.fixture
def _nothing_solved() -> None:
    for number in ALL:
        check.check(number, ...)


@pytest.mark.parametrize("number", ALL)
def test_the_right_answer_is_right_each_mistake_is_named_and_anything_else_a_sentence(number: str) -> None:
    exercise = ALL[number]
    assert exercise.judge(exercise.right) == ""
    assert exercise.hints
    for sentence, wrong in exercise.mistakes.items():
        assert sentence in exercise.judge(wrong)
    for answer in (..., None, "text", [], lambda: 1, lambda *_: 1 / 0, lambda *_: None, object()):
        assert exercise.judge(answer), answer


@pytest.mark.parametrize("exercise", [value(3, {}, "hint"), value([1, 2], {}, "hint"), value("a", {}, "hint")])
def test_a_blank_value_is_named(exercise: Exercise) -> None:
    assert exercise.judge(...) == BLANK


def test_a_function_is_told_what_it_was_called_with() -> None:
    exercise = function(lambda x, n: x * n, [(np.ones((2, 3)), 2)], {}, "hint")
    assert exercise.judge(lambda x, n: None) == RETURNS_NOTHING
    assert "ZeroDivisionError" in exercise.judge(lambda x, n: 1 / 0)
    assert "2 x 3, 2" in exercise.judge(lambda x, n: x)
    assert "shape" in exercise.judge(lambda x, n: x[0] * n)
    assert "nan" in exercise.judge(lambda x, n: x * np.nan)
    assert "without brackets" in exercise.judge(3)


def test_an_answer_cannot_change_what_it_is_compared_with() -> None:
    def greedy(x: np.ndarray) -> np.ndarray:
        x += 1
        return x

    assert function(lambda x: x + 1, [(np.ones(2),)], {}, "hint").judge(greedy) == ""


@pytest.mark.usefixtures("_nothing_solved")
def test_points_grow_and_fall_and_all_of_them_give_a_code(capsys: pytest.CaptureFixture[str]) -> None:
    exercises = check.exercises(1)
    for count, (number, exercise) in enumerate(exercises.items(), start=1):
        assert not check.ready(number)
        check.check(number, exercise.right)
        assert check.points(1, "Ann") == count
    assert check.completion_code(1, " ann ") in capsys.readouterr().out
    check.check("1.2", ...)
    assert check.points(1, "Ann") == len(exercises) - 1
    assert "Still open: 1.2" in capsys.readouterr().out


@pytest.mark.usefixtures("_nothing_solved")
def test_hints_come_one_by_one_and_an_unknown_number_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in ALL["1.1"].hints:
        check.hint("1.1")
    lines = capsys.readouterr().out.splitlines()
    assert len(set(lines)) == len(ALL["1.1"].hints)
    check.hint("9.9")
    check.check("nonsense", 1)
    assert capsys.readouterr().out.count("There is no exercise") == 2
