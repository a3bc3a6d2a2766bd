"""A page's settings as typed fields: each reads its value from text and writes it as text."""

import re
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from cnn.errors import UserError

T = TypeVar("T")


Word = TypeVar("Word", bound=str)


Vector = tuple[float, ...]


Rows = tuple[Vector, ...]


_LONGEST_TEXT = 2000


@dataclass(frozen=True)
class Field(Generic[T]):
    """One setting: its name in the address bar, its label on the page and the value it opens with."""

    name: str
    label: str
    default: T

    def parse(self, text: str) -> T:
        """The value that ``text`` stands for; raises ``UserError`` with a sentence that names the field."""
        raise NotImplementedError

    def text(self, value: T) -> str:
        """``value`` as it stands in the address bar."""
        return str(value)

    def widget_value(self, value: T) -> Any:
        """``value`` as the field's widget holds it."""
        return value

    def refuse(self, wanted: str, text: str) -> UserError:
        """The sentence for a ``text`` that is not what is ``wanted``."""
        plain = re.sub(r"[^\w\s.,;/+-]", "?", text)  # a link must not smuggle Markdown into the sentence
        shown = plain if len(plain) <= 40 else f"{plain[:40]}..."
        label = f"“{self.label}”" if re.search(r"[,:=]", self.label) else self.label
        return UserError(f'{label} must be {wanted}, not "{shown}".')


@dataclass(frozen=True)
class Whole(Field[int]):
    """A whole number from ``low`` to ``high``."""

    low: int
    high: int

    def parse(self, text: str) -> int:
        """See :meth:`Field.parse`."""
        if re.fullmatch(r"-?\d{1,12}", text) and self.low <= int(text) <= self.high:
            return int(text)
        raise self.refuse(f"a whole number from {self.low} to {self.high}", text)


@dataclass(frozen=True)
class Real(Field[float]):
    """A number from ``low`` to ``high``, moved in steps of ``step``."""

    low: float
    high: float
    step: float

    def widget_value(self, value: float) -> float:
        """See :meth:`Field.widget_value`."""
        return float(value)

    def parse(self, text: str) -> float:
        """See :meth:`Field.parse`."""
        value = _number(text)
        if value is None or not self.low <= value <= self.high:
            raise self.refuse(f"a number from {self.low:g} to {self.high:g}", text)
        return value


@dataclass(frozen=True)
class Flag(Field[bool]):
    """A switch."""

    def parse(self, text: str) -> bool:
        """See :meth:`Field.parse`."""
        if text.lower() not in ("true", "false"):
            raise self.refuse("true or false", text)
        return text.lower() == "true"

    def text(self, value: bool) -> str:
        """See :meth:`Field.text`."""
        return str(value).lower()


@dataclass(frozen=True)
class Choice(Field[Word]):
    """One of a few words; they are shown, and stand in the address bar, as they are."""

    options: tuple[Word, ...]

    def parse(self, text: str) -> Word:
        """See :meth:`Field.parse`."""
        for option in self.options:
            if option == text:
                return option
        raise self.refuse(f"one of {', '.join(self.options)}", text)


@dataclass(frozen=True)
class Numbers(Field[Vector]):
    """A row of 1 to ``most`` numbers of size up to ``limit``, commas or spaces between; brackets may stay."""

    most: int
    limit: float = 1000

    def parse(self, text: str) -> Vector:
        """See :meth:`Field.parse`."""
        values = [_number(part) for part in re.sub(r"[,()\[\]]", " ", text[:_LONGEST_TEXT]).split()]
        found = tuple(value for value in values if value is not None and abs(value) <= self.limit)
        if not 1 <= len(found) <= self.most or len(found) < len(values):
            example = self.text(self.default[:3])
            raise self.refuse(f"1 to {self.most} numbers up to {self.limit:g}, such as {example}", text)
        return found

    def text(self, value: Vector) -> str:
        """See :meth:`Field.text`."""
        return " ".join(f"{number:g}" for number in value)

    def widget_value(self, value: Vector) -> str:
        """See :meth:`Field.widget_value`."""
        return self.text(value)


@dataclass(frozen=True)
class Matrix(Field[Rows]):
    """Rows of equally many numbers, at most ``most`` by ``most``, typed with / or ; or a new line between rows.

    Pasted rows may keep the brackets of Python, or the tabs of a spreadsheet: a line of text turns their line breaks
    into spaces.
    """

    most: int
    limit: float = 1000

    def parse(self, text: str) -> Rows:
        """See :meth:`Field.parse`."""
        line = Numbers(self.name, self.label, self.default[0], self.most, self.limit)
        rows = re.split(r"[;/\]\n]| +" if "\t" in text else r"[;/\]\n]", text[:_LONGEST_TEXT])
        found = tuple(line.parse(row) for row in rows if row.strip(" ,[\t\r"))
        if not 1 <= len(found) <= self.most or len({len(row) for row in found}) > 1:
            raise self.refuse(f"1 to {self.most} rows of equally many numbers, with / between rows", text)
        return found

    def text(self, value: Rows) -> str:
        """See :meth:`Field.text`."""
        return " / ".join(" ".join(f"{number:g}" for number in row) for row in value)

    def widget_value(self, value: Rows) -> str:
        """See :meth:`Field.widget_value`."""
        return self.text(value)


@dataclass(frozen=True)
class Names(Field[tuple[str, ...]]):
    """2 to ``most`` different short names, typed with commas between."""

    most: int

    def parse(self, text: str) -> tuple[str, ...]:
        """See :meth:`Field.parse`."""
        names = tuple(" ".join(part.split()) for part in text[:_LONGEST_TEXT].split(","))
        short = all(re.fullmatch(r"[^\W_]([^\W_]|[ -]){0,19}", name) for name in names)
        if not short or not 2 <= len(set(names)) == len(names) <= self.most:
            example = self.text(self.default)
            raise self.refuse(f"2 to {self.most} different names of up to 20 letters, such as {example}", text)
        return names

    def text(self, value: tuple[str, ...]) -> str:
        """See :meth:`Field.text`."""
        return ", ".join(value)

    def widget_value(self, value: tuple[str, ...]) -> str:
        """See :meth:`Field.widget_value`."""
        return self.text(value)


def _number(text: str) -> float | None:
    """A finite number, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value + 0.0 if abs(value) < float("inf") else None
