"""A page's settings as typed fields that live in the address bar, so that a link opens the same page for everybody.

    X = Numbers("x", "Signal x", (0, 1, 2, 3, 3), most=12)
    STRIDE = Whole("S", "Stride S", 1, low=1, high=5)
    state = State.open("convolution_1d", X, STRIDE)
    signal, stride = state.numbers(X), state.slider(STRIDE)
    if not state.wrong:
        ...

Streamlit binds each widget to the address bar by itself (``bind="query-params"``): a value that is the default leaves
it, every other one is written there, and the browser's back button works. What is added here: values from a link are
checked against the field and replaced by its default with one sentence, pages do not inherit each other's fields of
the same name, and ``teach=1`` in a link hides the controls, which then read the link alone. A field that no widget
shows, such as the step of a component that writes the address by itself, is read with ``state[STEP]``.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

import streamlit as st

from cnn.errors import UserError
from ui.shell import glossary_popover

T = TypeVar("T")
Word = TypeVar("Word", bound=str)
Vector = tuple[float, ...]
Rows = tuple[Vector, ...]

_ARRIVED, _LEFT, _SENTENCES, _TEACH = "_state_page", "_state_left", "_state_sentences", "_state_teach"
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


class State:
    """The settings of one page for one reader: shows a widget for each field and hands back its value.

    ``wrong`` turns true when a line of text is not what its field asks for. The sentence then stands below the line,
    the default is handed back, and the page shows no result.
    """

    def __init__(self, page: str, fields: tuple[Field[Any], ...], teach: bool) -> None:
        self.page = page
        self.fields = fields
        self.teach = teach
        self.wrong = False

    @classmethod
    def open(cls, page: str, *fields: Field[Any]) -> "State":
        """Reads the address bar for ``page``; call it once, below the header and before any widget of the page.

        A value in the link that its field does not allow is replaced by the default, and a sentence says so.
        """
        if st.session_state.get(_ARRIVED) != page:
            _arrive(page, fields)
        if sentences := st.session_state[_SENTENCES]:
            st.warning("\n\n".join(sentences))
        state = cls(page, fields, st.session_state[_TEACH])
        state.remember()
        return state

    def remember(self) -> None:
        """Keeps the values for this reader's next visit; a fragment calls it too, because it runs without ``open``."""
        st.session_state[_LEFT][self.page] = {
            field.name: self._raw(field) for field in self.fields if self.teach or field.name in st.session_state
        }

    def __getitem__(self, field: Field[T]) -> T:
        """The value of ``field`` as its widget or the link left it. Raises ``UserError`` for text it does not allow."""
        return field.parse(str(self._raw(field)))

    def slider(self, field: Whole) -> int:
        """A slider for a whole number; good where every value makes sense."""
        return self._show(field, lambda: st.slider(min_value=field.low, max_value=field.high, **self._common(field)))

    def real(self, field: Real) -> float:
        """A slider for a number with decimals."""
        return self._show(
            field,
            lambda: st.slider(
                min_value=float(field.low), max_value=float(field.high), step=field.step, **self._common(field)
            ),
        )

    def number(self, field: Whole, unused: bool = False) -> int:
        """A box for a whole number; good where a wrong value may be tried. One that is ``unused`` is greyed out."""
        return self._show(
            field,
            lambda: st.number_input(min_value=field.low, max_value=field.high, disabled=unused, **self._common(field)),
        )

    def boxes(self, *fields: Whole, unused: Sequence[Whole] = ()) -> list[int]:
        """A row of boxes for whole numbers."""
        with st.container(horizontal=True):
            return [self.number(field, field in unused) for field in fields]

    def flag(self, field: Flag, on_change: Callable[[], None] | None = None) -> bool:
        """A switch."""
        return self._show(field, lambda: st.toggle(on_change=on_change, **self._common(field)))

    def choice(self, field: Choice[Word]) -> Word:
        """All options side by side."""
        return self._show(field, lambda: st.radio(horizontal=True, **self._options(field)))

    def select(self, field: Choice[Word]) -> Word:
        """A list that drops down, for many options."""
        return self._show(field, lambda: st.selectbox(**self._options(field)))

    def numbers(self, field: Numbers) -> Vector:
        """A line of text for a row of numbers."""
        return self._show(field, lambda: st.text_input(**self._common(field)))

    def matrix(self, field: Matrix) -> Rows:
        """A line of text for rows of numbers."""
        return self._show(field, lambda: st.text_input(**self._common(field)))

    def lines(self, field: Field[T]) -> T:
        """Several lines of text, for any field that is longer than one."""
        return self._show(field, lambda: st.text_area(**self._common(field), height="content"))

    def names(self, field: Names) -> tuple[str, ...]:
        """A line of text for a row of names."""
        return self._show(field, lambda: st.text_input(**self._common(field)))

    def presets(self, label: str, presets: Mapping[str, Mapping[Field[Any], Any]]) -> None:
        """A row of buttons, each of which puts values into several fields at once."""
        if self.teach:
            return
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=f"presets {label}"):
            st.markdown(label, width="content")
            for name, values in presets.items():
                st.button(name, key=f"preset {name}", on_click=self._put_all, args=(values,))

    def put(self, field: Field[T], value: T) -> None:
        """Sets ``field`` from a callback, before its widget is shown again."""
        st.session_state[field.name] = field.widget_value(value)

    def share(self) -> None:
        """Says how to hand this page to somebody else, by a link that hides the controls; or gets these back."""
        if self.teach:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown("The controls are out of sight, for a class.", width="content")
                st.button("Show the controls", on_click=_show_controls)
            return
        own = {field.name for field in self.fields}
        others = {name: text for name, text in st.query_params.items() if name not in own}  # film and network
        settings = {field.name: str(self._raw(field)) for field in self.fields if self._raw(field) != _default(field)}
        link = f"{st.context.url or ''}?{urlencode(others | settings | {'teach': '1'})}"
        with st.expander("Share this page"):
            st.markdown(
                "The address bar holds every setting of this page: copy it, and others open the same. "
                "This link opens it with the settings fixed and out of sight, for a class:"
            )
            st.code(link, language=None, wrap_lines=True)

    def _put_all(self, values: Mapping[Field[Any], Any]) -> None:
        for field, value in values.items():
            self.put(field, value)

    def _raw(self, field: Field[Any]) -> Any:
        """What the widget holds; while none is shown, what the link says, or said when this reader was last here."""
        if self.teach:
            left = st.session_state[_LEFT].get(self.page, {})
            return st.query_params.get(field.name, left.get(field.name, _default(field)))
        if field.name in st.session_state:
            return st.session_state[field.name]
        return st.query_params.get(field.name, _default(field))

    def _common(self, field: Field[Any]) -> dict[str, Any]:
        return {
            "label": field.label, "value": _default(field), "key": field.name, "bind": "query-params",
            "help": None if isinstance(field, Flag) else glossary_popover.symbol_help(field.label),
        }  # fmt: skip

    def _options(self, field: Choice[Any]) -> dict[str, Any]:
        common = self._common(field)
        del common["value"]
        return common | {"options": field.options, "index": field.options.index(field.default)}

    def _show(self, field: Field[T], widget: Callable[[], Any]) -> T:
        if self.teach:
            return self[field]
        try:
            return field.parse(str(widget()))
        except UserError as error:
            st.error(str(error))
            self.wrong = True
            return field.default


def controls_hidden() -> bool:
    """Whether the reader came by a link that hides the controls, on this page or before."""
    return bool(st.session_state.get(_TEACH, False)) or st.query_params.get("teach") == "1"


def _show_controls() -> None:
    st.session_state[_TEACH] = False
    st.session_state[_ARRIVED] = None  # the page takes its settings from the link once more, this time into widgets
    st.query_params.pop("teach", None)  # the link may have been that of a page before


def _default(field: Field[Any]) -> Any:
    return field.widget_value(field.default)


def _arrive(page: str, fields: tuple[Field[Any], ...]) -> None:
    """First run of a page: check the link, and take back what this reader left here, not what the last page left."""
    st.session_state[_ARRIVED] = page
    teach = st.session_state[_TEACH] = controls_hidden()
    left = st.session_state.setdefault(_LEFT, {}).get(page, {})
    sentences = []
    for field in fields:
        text = st.query_params.get(field.name)
        kept = not teach and (field.name in st.session_state or field.name in left)
        if text is not None:
            try:
                value = field.parse(text)
                if kept:  # Streamlit would show what was left here before what a link of the course brings
                    st.session_state[field.name] = field.widget_value(value)
                continue
            except UserError as error:
                sentences.append(f"In this link, {str(error)[:-1]}; the page opened with {field.text(field.default)}.")
                del st.query_params[field.name]
        if kept:
            st.session_state[field.name] = left.get(field.name, _default(field))
    st.session_state[_SENTENCES] = sentences
    if sentences:
        # Widgets seed themselves from the address that this run began with; the next one begins with the mended one.
        st.rerun()
