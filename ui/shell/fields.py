"""A page's settings as typed fields: each reads its value from text and writes it as text."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from typing_extensions import override

from cnn.errors import UserError

T = TypeVar("T")
Number = TypeVar("Number", int, float)
Word = TypeVar("Word", bound=str)
Vector = tuple[float, ...]
Rows = tuple[Vector, ...]

MAX_TEXT = 20_000
"""Most characters of a text that is read; a network of 200 layers has about 5,000."""
_MOST_LISTED = 12
"""Options that a sentence lists."""


@dataclass(frozen=True)
class Field(Generic[T]):
    """One setting.

    Attributes:
        name: Its name in the address bar, and the key of its widget.
        label: Its label on the page.
        default: The value that the page opens with.
    """

    name: str
    label: str
    default: T

    def parse(self, text: str) -> T:
        """Return the value that ``text`` means.

        Raises:
            UserError: ``text`` is not allowed; the sentence names the field and what is.
        """
        raise NotImplementedError

    def text(self, value: T) -> str:
        """Return ``value`` as the address bar shows it."""
        return str(value)

    def described(self, value: T) -> str:
        """Return ``value`` as a sentence names it."""
        return self.text(value)

    def widget_value(self, value: T) -> Any:
        """Return ``value`` as the field's widget holds it."""
        return value

    def note(self, text: str) -> str:  # noqa: ARG002
        """Return a sentence on how ``text`` is read where that may surprise, or nothing."""
        return ""

    def limited(self, text: str) -> str:
        """Return ``text``, which is never cut: a cut could fall into a number. Raises ``UserError`` if it is long."""
        if len(text) > MAX_TEXT:
            raise self.error(f"a text of up to {MAX_TEXT:,} characters", text)
        return text

    def error(self, expected: str, text: str) -> UserError:
        """Return the error for a ``text`` that is not what is ``expected``."""
        label = f"“{self.label}”" if re.search(r"[,:=]", self.label) else self.label
        return UserError(f"{label} must be {expected}, not %s.", text)


@dataclass(frozen=True)
class Range(Field[Number]):
    """A number from ``low`` to ``high``, moved in steps of ``step``."""

    low: Number
    high: Number
    step: Number


@dataclass(frozen=True)
class Whole(Range[int]):
    """A whole number from ``low`` to ``high``."""

    step: int = 1

    @override
    def parse(self, text: str) -> int:
        if re.fullmatch(r"-?\d{1,12}", text) and self.low <= int(text) <= self.high:
            return int(text)
        raise self.error(f"a whole number from {self.low} to {self.high}", text)


@dataclass(frozen=True)
class Real(Range[float]):
    """A number from ``low`` to ``high``, moved in steps of ``step``."""

    @override
    def parse(self, text: str) -> float:
        value = _number(text)
        if self.low <= value <= self.high:
            return value
        raise self.error(f"a number from {self.low:g} to {self.high:g}", text)

    @override
    def widget_value(self, value: float) -> float:
        return float(value)


@dataclass(frozen=True)
class Flag(Field[bool]):
    """A switch."""

    @override
    def parse(self, text: str) -> bool:
        if text.lower() in ("true", "false"):
            return text.lower() == "true"
        raise self.error("true or false", text)

    @override
    def text(self, value: bool) -> str:
        return str(value).lower()


@dataclass(frozen=True)
class Choice(Field[Word]):
    """One of a few words, which the address bar shows as they are, and the page by their ``title``."""

    options: tuple[Word, ...]
    title: Callable[[str], str] = str

    @override
    def parse(self, text: str) -> Word:
        for option in self.options:
            if text in (option, self.title(option)):
                return option
        few = len(self.options) <= _MOST_LISTED
        raise self.error(f"one of {', '.join(map(self.title, self.options))}" if few else "one of those offered", text)

    @override
    def described(self, value: Word) -> str:
        return self.title(value)


@dataclass(frozen=True)
class Several(Field[tuple[str, ...]]):
    """Any number of a few words; links may give a word or its ``title``, with commas between."""

    options: tuple[str, ...]
    title: Callable[[str], str] = str

    @override
    def parse(self, text: str) -> tuple[str, ...]:
        one = Choice(self.name, self.label, "", self.options, self.title)
        return tuple(one.parse(word) for word in self.limited(text).split(",") if word)

    @override
    def text(self, value: tuple[str, ...]) -> str:
        return ",".join(value)

    @override
    def widget_value(self, value: tuple[str, ...]) -> list[str]:
        return list(value)


@dataclass(frozen=True)
class TextField(Field[T]):
    """A value that is typed as text."""

    @override
    def widget_value(self, value: T) -> str:
        return self.text(value)


@dataclass(frozen=True)
class Words(TextField[str]):
    """Any text of up to 40 characters."""

    @override
    def parse(self, text: str) -> str:
        if len(text) <= 40:
            return text
        raise self.error("a text of up to 40 characters", text)


@dataclass(frozen=True)
class Numbers(TextField[Vector]):
    """A row of 1 to ``most`` numbers of size up to ``limit``, separated by commas or spaces; brackets are ignored."""

    most: int
    limit: float = 1000

    @override
    def parse(self, text: str) -> Vector:
        numbers = tuple(_number(word) for word in re.sub(r"[,()\[\]]", " ", self.limited(text)).split())
        if 1 <= len(numbers) <= self.most and all(abs(number) <= self.limit for number in numbers):
            return numbers
        example = self.text(self.default[:3])
        raise self.error(f"1 to {self.most} numbers up to {self.limit:g}, such as {example}", text)

    @override
    def note(self, text: str) -> str:
        mixed = re.search(r"\d,\d", text) and re.search(r"\d \d", text)
        return "A comma separates two numbers: write 1.5 with a point." if mixed else ""

    @override
    def text(self, value: Vector) -> str:
        return " ".join(map(_text, value))


@dataclass(frozen=True)
class Matrix(TextField[Rows]):
    """Rows of equally many numbers, at most ``most`` by ``most``, with / or ; or a new line between rows.

    Pasted rows may keep the brackets of Python, or the tabs of a spreadsheet: a text box of one line turns their line
    breaks into spaces. Several rows of nothing but digits, such as 111/010/111, are rows of single digits, as the
    lecture writes them; a comma behind a number, 111,/10,/11, makes it a number of several digits.
    """

    most: int
    limit: float = 1000

    @override
    def parse(self, text: str) -> Rows:
        row_field = Numbers(self.name, self.label, self.default[0], self.most, self.limit)
        lines = re.split(r"[;/\]\n]| +" if "\t" in text else r"[;/\]\n]", self.limited(text))
        lines = [line for line in lines if line.strip(" ,[\t\r")]
        if _are_digits(lines):
            lines = [" ".join(line.strip()) for line in lines]
        rows = tuple(row_field.parse(line) for line in lines)
        if 1 <= len(rows) <= self.most and len({len(row) for row in rows}) == 1:
            return rows
        raise self.error(f"1 to {self.most} rows of equally many numbers, with / between rows", text)

    @override
    def text(self, value: Rows) -> str:
        text = " / ".join(" ".join(map(_text, row)) for row in value)
        return text.replace(" /", ", /") + "," if _are_digits(text.split("/")) else text

    @override
    def note(self, text: str) -> str:
        digits = _are_digits([line for line in re.split(r"[;/\n]", text) if line.strip()])
        return "Rows without spaces are read digit by digit, as the lecture writes them." if digits else ""


@dataclass(frozen=True)
class Names(TextField[tuple[str, ...]]):
    """2 to ``most`` different short names, typed with commas between."""

    most: int

    @override
    def parse(self, text: str) -> tuple[str, ...]:
        names = tuple(" ".join(name.split()) for name in self.limited(text).split(","))
        short = all(re.fullmatch(r"[^\W_]([^\W_]|[ -]){0,19}", name) for name in names)
        if short and 2 <= len(set(names)) == len(names) <= self.most:
            return names
        example = self.text(self.default)
        raise self.error(f"2 to {self.most} different names of up to 20 letters, such as {example}", text)

    @override
    def text(self, value: tuple[str, ...]) -> str:
        return ", ".join(value)


def _are_digits(lines: list[str]) -> bool:
    """Return whether these are several rows of digits without separators, all of the same length above one."""
    rows = [line.strip() for line in lines]
    return (
        len(rows) > 1 and len({len(row) for row in rows}) == 1 and all(re.fullmatch("[0-9]{2,}", row) for row in rows)
    )


def _text(number: float) -> str:
    """Return ``number`` with the 15 figures that a double keeps of any decimal number."""
    return f"{number:.15g}"


def _number(text: str) -> float:
    """Return a number without the sign of -0, or NaN, which lies in no range."""
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value + 0.0 if math.isfinite(value) else math.nan
