"""Compare an answer with what is right, and name a known mistake: for a value, for a function, or by a rule.

A judge returns an empty sentence for a right answer. It never prints what is right.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Judge = Callable[[Any], str]
Arguments = Sequence[tuple[Any, ...]]
BLANK = "it is still blank. Put your answer in place of the dots."
RETURNS_NOTHING = "the function is still blank, or it returns nothing. Put your lines in place of the dots."


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes:
        judge: Says what is wrong with an answer.
        hints: Shown one after the other, when asked for.
        right: An answer that is right, for the tests.
        mistakes: Answers that are known to be wrong, by the sentence that names the mistake.
    """

    judge: Judge
    hints: tuple[str, ...]
    right: Any
    mistakes: Mapping[str, Any] = field(default_factory=dict)


def value(right: Any, mistakes: Mapping[str, Any], *hints: str, tolerance: float = 1e-6) -> Exercise:
    """Return an exercise whose answer is a number, a word, an array, or a sequence of them."""

    def judge(answer: Any) -> str:
        return _name(lambda wrong: compare(answer, wrong, tolerance), mistakes, compare(answer, right, tolerance))

    return Exercise(judge, hints, right, mistakes)


def function(
    right: Callable[..., Any],
    cases: Arguments,
    mistakes: Mapping[str, Callable[..., Any]],
    *hints: str,
    tolerance: float = 1e-6,
) -> Exercise:
    """Return an exercise whose answer is a function that gives the same as ``right`` for all ``cases``."""

    def judge(answer: Any) -> str:
        if not callable(answer):
            return f"a function is expected here, and this is {_kind(answer)}. Give its name, without brackets."
        results = []
        for case in cases:
            try:
                results.append(answer(*copy.deepcopy(case)))
            except Exception as error:  # a learner's function may do anything
                return f"your function stops with {type(error).__name__}: {error}. It was called with {_list(case)}."
            if results[-1] is None or results[-1] is ...:
                return RETURNS_NOTHING

        def differs(other: Callable[..., Any]) -> str:
            pairs = zip(cases, results, strict=True)
            found = ((case, compare(result, other(*copy.deepcopy(case)), tolerance)) for case, result in pairs)
            return next((f"{why} It was called with {_list(case)}." for case, why in found if why), "")

        return _name(differs, mistakes, differs(right))

    return Exercise(judge, hints, right, mistakes)


def outcome(
    run: Callable[[Any], Any], right: Any, mistakes: Mapping[str, Any], *hints: str, tolerance: float = 1e-5
) -> Exercise:
    """Return an exercise whose answer is judged by what ``run`` makes of it, where a function changes what it is given.

    ``run`` may raise ``AssertionError`` with the sentence for a mistake that no comparison finds.
    """
    expected = run(right)
    wrong = {sentence: run(answer) for sentence, answer in mistakes.items()}

    def judge(answer: Any) -> str:
        if not callable(answer):
            return f"a function is expected here, and this is {_kind(answer)}. Give its name, without brackets."
        try:
            result = run(answer)
        except AssertionError as error:
            return str(error)
        except Exception as error:  # as above
            return f"your function stops with {type(error).__name__}: {error}."
        return _name(lambda other: compare(result, other, tolerance), wrong, compare(result, expected, tolerance))

    return Exercise(judge, hints, right, mistakes)


def returned(result: Any) -> Any:
    """Return what a learner's function returned; raise ``AssertionError`` if that is nothing."""
    if result is None or result is ...:
        raise AssertionError(RETURNS_NOTHING)
    return result


def choice(right: str, mistakes: Mapping[str, str], *hints: str) -> Exercise:
    """Return an exercise whose answer is a letter; ``mistakes`` say why another letter is wrong."""

    def judge(answer: Any) -> str:
        if answer is ... or answer is None:
            return BLANK
        letter = str(answer).strip().lower()
        if letter == right:
            return ""
        return next((why for why, wrong in mistakes.items() if wrong == letter), 'answer with one letter, such as "a".')

    return Exercise(judge, hints, right, mistakes)


def rule(judge: Judge, right: Any, mistakes: Mapping[str, Any], *hints: str) -> Exercise:
    """Return an exercise that more than one answer fits: ``judge`` looks at the answer's properties.

    The sentences of ``mistakes`` are those that ``judge`` has, so that the tests can compare them.
    """

    def guarded(answer: Any) -> str:
        if answer is ... or answer is None:
            return BLANK
        try:
            return judge(answer)
        except AssertionError as error:
            return str(error)
        except Exception as error:  # as above
            return f"the answer cannot be used: {type(error).__name__}: {error}."

    return Exercise(guarded, hints, right, mistakes)


def _name(differs: Callable[[Any], str], mistakes: Mapping[str, Any], difference: str) -> str:
    """Return the sentence of the mistake that was made, or in general how the answer differs; empty if it does not."""
    if not difference:
        return ""
    return next((sentence for sentence, wrong in mistakes.items() if not differs(wrong)), difference)


def compare(answer: Any, expected: Any, tolerance: float) -> str:
    """Return how ``answer`` differs from ``expected``, without telling the expected numbers; empty if it does not."""
    if answer is ... or answer is None:
        return BLANK
    if isinstance(expected, str | bool):
        return "" if answer == expected else "that is not it."
    if isinstance(expected, list | tuple) and not _is_flat(expected):
        if not isinstance(answer, list | tuple) or len(answer) != len(expected):
            return f"{len(expected)} parts are expected, and this is {_kind(answer)}."
        parts = (compare(one, other, tolerance) for one, other in zip(answer, expected, strict=True))
        return next((f"part {number}: {why}" for number, why in enumerate(parts, 1) if why), "")
    try:
        ours, theirs = as_numbers(answer), as_numbers(expected)
    except (TypeError, ValueError):
        return f"numbers are expected here, and this is {_kind(answer)}."
    if ours.shape != theirs.shape:
        return f"its shape is {_shape(ours)}, and {_shape(theirs)} is expected."
    if not np.isfinite(ours).all() and np.isfinite(theirs).all():
        return "it contains values that are no finite numbers (nan or inf)."
    wrong = ~np.isclose(ours, theirs, rtol=1e-5, atol=tolerance)
    if not wrong.any():
        return ""
    if not wrong.shape:
        return "that is not the number."
    first = ", ".join(str(place) for place in np.argwhere(wrong)[0])
    return f"{int(wrong.sum())} of {wrong.size} values differ, the first at index [{first}]."


def as_numbers(values: Any) -> np.ndarray:
    """Return a number, a sequence, an array or a tensor as an array of floats."""
    if hasattr(values, "detach"):
        values = values.detach().cpu().numpy()
    return np.asarray(values, dtype=np.float64)


def _is_flat(values: Sequence[Any]) -> bool:
    return all(isinstance(each, int | float) for each in values)


def _kind(answer: Any) -> str:
    if isinstance(answer, list | tuple):
        return f"a {type(answer).__name__} of {len(answer)}"
    return f"of type {type(answer).__name__}"


def _list(case: tuple[Any, ...]) -> str:
    return ", ".join(_describe(argument) for argument in case)


def _describe(argument: Any) -> str:
    shape = getattr(argument, "shape", None)
    if shape is not None and len(shape):
        return f"an array of shape {_shape(argument)}"
    text = repr(argument)
    return text if len(text) < 60 else f"a {type(argument).__name__}"


def _shape(values: Any) -> str:
    return " x ".join(map(str, values.shape)) or "that of a single number"
