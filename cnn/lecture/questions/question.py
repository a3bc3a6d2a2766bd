"""A question with one number as its answer, which knows the usual mistakes that lead to wrong numbers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

NO_FIT: Literal["does not fit"] = "does not fit"
Answer = float | Literal["does not fit"]
"""A number, or that the sizes do not fit."""


class Misfit(NamedTuple):
    """Whether "it does not fit" is a right answer to a question for a size, and the sentence that answers it."""

    right: bool
    sentence: str


@dataclass(frozen=True)
class Question:
    """A question for one number.

    Attributes:
        prompt: The question.
        answer: The right number.
        why: A sentence that works the answer out.
        hint: A sentence for a wrong answer that no known mistake leads to.
        mistakes: For wrong numbers, the sentence that names the mistake.
        cell: The output cell asked about (filter or channel, row, column), hidden on the page until it is answered.
        accepted: Other right numbers, each with the sentence that tells the conventions apart.
        misfit: What is said to "it does not fit"; None where this cannot be an answer.
    """

    prompt: str
    answer: float
    why: str
    hint: str
    mistakes: Mapping[float, str] = field(default_factory=dict)
    cell: tuple[int, int, int] | None = None
    accepted: Mapping[float, str] = field(default_factory=dict)
    misfit: Misfit | None = None

    def check(self, number: Answer) -> tuple[bool, str]:
        """Return whether ``number`` is right, to two decimals, and a sentence to show."""
        if isinstance(number, str):
            return self.misfit or (False, f"Not quite. {self.hint}")
        if is_close(number, self.answer):
            return True, f"Right. {self.why}"
        for value, sentence in self.accepted.items():
            if is_close(number, value):
                return True, f"Right. {sentence}"
        for value, mistake in self.mistakes.items():
            if is_close(number, value):
                return False, f"Not quite. {mistake}"
        return False, f"Not quite: {number:.10g} is not it. {self.hint}"


def build_question(prompt: str, answer: float, why: str, hint: str, mistakes: Iterable[tuple[float, str]]) -> Question:
    """Build a question; of ``mistakes`` (wrong number, sentence) keep the first for each number that is not right."""
    distinct: dict[float, str] = {}
    for value, mistake in mistakes:
        if not any(is_close(value, other) for other in (answer, *distinct)):
            distinct[value] = mistake
    return Question(prompt, answer, why, hint, distinct)


def format_number(value: float) -> str:
    """Return ``value`` with at most four decimals and no minus zero."""
    return f"{round(value, 4) + 0.0:.15g}"


def is_close(number: float, expected: float) -> bool:
    """Return whether ``number`` equals a whole ``expected``, or another one to two decimals."""
    tolerance = 1e-9 if float(expected).is_integer() else 0.005 + 1e-9
    return abs(number - expected) <= tolerance
