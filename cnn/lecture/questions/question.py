"""A question with one number as its answer, which knows the usual mistakes that lead to wrong numbers."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from cnn.errors import UserError

MAX_CHARACTERS = 30
"""Longest number that is read."""
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


def read_number(text: str) -> float:
    """Return the number that a reader typed: 7, 2.33, 2,33, 12,345,678 or 7/3.

    Raises:
        UserError: It is none, or a comma before three digits may be of either kind, as in 2,333.
    """
    compact = re.sub(r"\s", "", text).replace("−", "-")
    if re.fullmatch(r"[-+]?[1-9]\d{0,2},\d{3}", compact):
        raise UserError("The comma in %s may be a decimal comma or not: write a point, or no comma.", text)
    plain = re.sub(r",(?=\d{3}(,|$))", "", compact) if compact.count(",") > 1 else compact.replace(",", ".")
    number = re.fullmatch(r"([-+]?(?:\d+\.?\d*|\.\d+))(?:/(\d+))?", plain)
    if number is None or len(plain) > MAX_CHARACTERS or not (divisor := int(number[2] or 1)):
        raise UserError("Enter a number such as 7, 2.33 or 7/3, not %s.", text)
    return float(number[1]) / divisor


def format_number(value: float) -> str:
    """Return ``value`` with at most four decimals and no minus zero."""
    return f"{round(value, 4) + 0.0:.15g}"


def is_close(number: float, expected: float) -> bool:
    """Return whether ``number`` equals a whole ``expected``, or another one to two decimals."""
    tolerance = 1e-9 if float(expected).is_integer() else 0.005 + 1e-9
    return abs(number - expected) <= tolerance
