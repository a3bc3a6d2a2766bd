"""What a question is: it knows its answer, and which wrong answers come from which slip."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Question:
    """``prompt`` asks for one number, ``why`` spells the answer out, ``mistakes`` maps wrong values to their slip.

    ``cell`` is the output cell asked about (filter or channel, row, column), which a page hides until it is told.
    """

    prompt: str
    answer: float
    why: str
    hint: str
    mistakes: Mapping[float, str] = field(default_factory=dict)
    cell: tuple[int, int, int] | None = None

    def check(self, given: float) -> tuple[bool, str]:
        """Whether ``given`` is right, and a sentence to show. Two decimals are enough where the answer has more."""
        if is_close(given, self.answer):
            return True, f"Right. {self.why}"
        for value, slip in self.mistakes.items():
            if is_close(given, value):
                return False, f"Not yet. {slip}"
        return False, f"Not yet: {given:.10g} is not it. {self.hint}"


def build_question(prompt: str, answer: float, why: str, hint: str, slips: Iterable[tuple[float, str]]) -> Question:
    """Keeps the first of the ``slips`` (wrong value, sentence) for each value, and none that leads to the right one."""
    mistakes: dict[float, str] = {}
    for value, slip in slips:
        if not is_close(value, answer) and not any(is_close(value, known) for known in mistakes):
            mistakes[value] = slip
    return Question(prompt, answer, why, hint, mistakes)


def format_number(value: float) -> str:
    """At most four decimals, and no minus zero."""
    return f"{round(value, 4) + 0.0:.15g}"


def is_close(given: float, expected: float) -> bool:
    """Whole numbers must be hit; others to two decimals."""
    tolerance = 1e-9 if float(expected).is_integer() else 0.005 + 1e-9
    return abs(given - expected) <= tolerance
