"""The lesson plans of ``content/lesson_plans.toml``, with the placeholders in their answers filled in."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

from cnn.layers.presets import PRESETS
from cnn.lecture.content_files import FOLDER, ContentError, locate, read_content
from cnn.lecture.lesson_answers import TEXTS
from cnn.lecture.questions.quiz import draw_quiz

PATH = FOLDER / "lesson_plans.toml"
Values = dict[str, str | int | float | bool]
"""Settings as TOML has them."""


@dataclass(frozen=True)
class Prompt:
    """A question to a class on a page opened with ``settings``, and the answer to expect.

    ``on_page`` is what the page itself says of it once its answers are shown.
    """

    settings: dict[str, str]
    question: str
    answer: str
    on_page: str = ""


@dataclass(frozen=True)
class Unit:
    """A piece of a lesson on one page: what to do first, then the questions in the order to ask them."""

    page: str
    title: str
    do: str
    prompts: tuple[Prompt, ...]

    def link(self, prompt: Prompt, base: str = "") -> str:
        """Return the address that opens the page for ``prompt``; ``base`` is the app's own, with a slash at its end."""
        return f"{base}{self.page}?{urlencode(prompt.settings)}"


@dataclass(frozen=True)
class Stop:
    """Minutes on one page; a stop without a page is a break."""

    minutes: int
    page: str = ""


@dataclass(frozen=True)
class LessonPlan:
    """A lesson of a given length in minutes."""

    minutes: int
    about: str
    stops: tuple[Stop, ...]

    @property
    def name(self) -> str:
        """Return the name as it stands in a link."""
        return f"{self.minutes} minutes"

    def schedule(self) -> Iterator[tuple[int, int, Unit | None]]:
        """Yield (first minute, last minute, unit) of each stop; the unit of a break is None."""
        start = 0
        for stop in self.stops:
            yield start, start + stop.minutes, units()[stop.page] if stop.page else None
            start += stop.minutes


@dataclass(frozen=True)
class Homework:
    """A page to open at home, and what to do there."""

    page: str
    settings: Values
    title: str
    do: str

    @property
    def query(self) -> str:
        """Return the settings as a link has them."""
        return urlencode({key: _as_text(value) for key, value in self.settings.items()})


@dataclass(frozen=True)
class _PromptEntry:
    question: str
    answer: str
    settings: Values = field(default_factory=dict)
    numbers: Values = field(default_factory=dict)
    on_page: str = ""


@dataclass(frozen=True)
class _UnitEntry:
    page: str
    title: str
    do: str
    prompt: tuple[_PromptEntry, ...] = ()
    quiz: int | None = None


@dataclass(frozen=True)
class _LessonPlans:
    plan: tuple[LessonPlan, ...]
    homework: tuple[Homework, ...]
    unit: tuple[_UnitEntry, ...]


_LESSONS = read_content(PATH, _LessonPlans)
PLANS, HOMEWORK = _LESSONS.plan, _LESSONS.homework


@cache
def units() -> dict[str, Unit]:
    """Return all units by the file of their page, in the order to teach them."""
    return build_units(PATH)


def build_units(path: Path) -> dict[str, Unit]:
    """Return the units of the content file ``path`` by page.

    Raises:
        ContentError: If a text has a placeholder that its page does not know, or the settings do not fit it.
    """
    units = {}
    for number, entry in enumerate(read_content(path, _LessonPlans).unit):
        prompts: list[Prompt] = []
        for place, prompt in enumerate(entry.prompt):
            try:
                prompts.append(_fill(entry.page, prompt, prompts[-1].settings if prompts else {}))
            except (LookupError, ValueError) as error:
                position = locate(path, (("unit", number), ("prompt", place)))
                raise ContentError(f"{position}: {error!r} while filling in the answer") from error
        quiz = _quiz_prompts(entry.quiz) if entry.quiz is not None else ()
        units[entry.page] = Unit(entry.page, entry.title, entry.do, (*prompts, *quiz))
    return units


def _fill(page: str, entry: _PromptEntry, last_settings: dict[str, str]) -> Prompt:
    """Return the prompt of ``entry`` with its placeholders filled in."""
    settings = {key: _as_text(value).format_map(PRESETS) for key, value in entry.settings.items()} or last_settings
    numbers = {key: _as_text(value) for key, value in entry.numbers.items()}
    texts = TEXTS[page](settings | numbers) if page in TEXTS else {}
    question, answer, on_page = (text.format_map(texts) for text in (entry.question, entry.answer, entry.on_page))
    return Prompt(settings, question, answer, on_page)


def _as_text(value: str | int | float | bool) -> str:
    """Return a value of TOML as a link writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _quiz_prompts(number: int) -> tuple[Prompt, ...]:
    """Return the ten questions of quiz ``number``, of which the page asks one at a time."""
    settings = {"quiz": f"{number}", "predict": "true"}
    questions = [item.question for item in draw_quiz(number)]
    return tuple(
        Prompt(
            settings,
            f"{place}. {question.prompt}",
            f"{question.answer:.10g}. {question.why}",
            question.prompt if place == 1 else "",
        )
        for place, question in enumerate(questions, start=1)
    )
