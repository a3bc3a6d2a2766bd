"""A page's settings in the address bar, so that a link opens the same page for everybody.

    X = Numbers("x", "Signal x", (0, 1, 2, 3, 3), most=12)
    STRIDE = Whole("S", "Stride S", 1, low=1, high=5)
    state = State.open("convolution_1d", X, STRIDE)
    signal, stride = state.text(X), state.slider(STRIDE)
    if not state.invalid:
        ...

Settings that differ from their defaults are written into the address bar, and Back and Forward restore them
(:mod:`ui.shell.address`). Values from a link are checked against the field and replaced by its default with one
sentence, pages do not inherit each other's fields of the same name, and ``teach=1`` in a link hides the controls, which
then read the link alone. A field without a widget, such as the step of a component that writes the address by itself,
is read with ``state[STEP]``.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from cnn.errors import UserError
from ui.shell import address, glossary_popover
from ui.shell.fields import MAX_TEXT, Choice, Field, Flag, Number, Range, T, TextField, Whole, Word
from ui.shell.text import sentence_of

_LEFT, _TEACH, _GOOD = "_state_left", "_state_teach", "_state_good"
_EXAMPLES = "_state_examples"
"""Keys of the session: the values that each page was left with, whether the controls are hidden, the last values that
each page's fields allowed, and how often an example or Reset was pressed."""


class State:
    """The settings of one page for one reader: shows a widget for each field and returns its value.

    ``invalid`` turns true when a text is not what its field asks for, until the run is remembered. The sentence then
    stands below the widget, and the last value that the field allowed is returned, else its default.
    """

    def __init__(self, page: str, fields: tuple[Field[Any], ...], teach: bool) -> None:
        self.page = page
        self.fields = fields
        self.teach = teach
        self.invalid = False

    @classmethod
    def open(cls, page: str, *fields: Field[Any]) -> "State":
        """Read the address bar for ``page``; call it once, below the header and before any widget of the page.

        A value in the link that its field does not allow is replaced by the default, and a sentence says so.
        """
        address.enter(page)
        if not address.fields().keys() >= {field.name for field in fields}:
            _begin_visit(page, fields)
        if sentences := st.session_state[address.REFUSED]:
            st.warning("\n\n".join(sentences))
        _shorten_texts(fields)
        state = cls(page, fields, st.session_state[_TEACH])
        state.remember()
        return state

    def remember(self) -> None:
        """Write the values into the address and store them for this reader's next visit.

        A fragment calls it too, because it runs without ``open``, again and again.
        """
        self.invalid = False
        address.write()
        st.session_state[_LEFT][self.page] = {
            field.name: self._raw(field) for field in self.fields if self.teach or field.name in st.session_state
        }

    def __getitem__(self, field: Field[T]) -> T:
        """Return the value of the widget or the link, or the last one that was allowed where it is not.

        The widget says what is wrong, where it stands; what is read before or without it must not break the page.
        """
        try:
            return self._parse(field, self._raw(field))
        except UserError:
            return self._last_good(field)

    def slider(self, field: Range[Number]) -> Number:
        """Show a slider; good where every value makes sense."""
        low, high, step = map(field.widget_value, (field.low, field.high, field.step))
        return self._show(field, st.slider, min_value=low, max_value=high, step=step)

    def number(self, field: Whole, disabled: bool = False) -> int:
        """Show a number box; a number outside of the field's limits is answered with a sentence below it."""
        return self._show(field, st.number_input, step=1, disabled=disabled)

    def boxes(self, *fields: Whole, disabled: Sequence[Whole] = ()) -> list[int]:
        """Show number boxes, two in a row."""
        columns = st.columns(2, gap="small")
        values = []
        for index, field in enumerate(fields):
            with columns[index % 2]:
                values.append(self.number(field, field in disabled))
        return values

    def flag(self, field: Flag, on_change: Callable[[], None] | None = None) -> bool:
        """Show a switch."""
        return self._show(field, st.toggle, on_change=on_change)

    def choice(self, field: Choice[Word]) -> Word:
        """Show all options side by side."""
        return self._show(field, st.radio, options=field.options, format_func=field.title, horizontal=True)

    def select(self, field: Choice[Word]) -> Word:
        """Show a list that drops down, for many options."""
        return self._show(field, st.selectbox, options=field.options, format_func=field.title)

    def text(self, field: TextField[T]) -> T:
        """Show a line of text."""
        return self._show(field, st.text_input)

    def lines(self, field: TextField[T]) -> T:
        """Show several lines of text."""
        return self._show(field, st.text_area, height="content")

    def presets(self, label: str, presets: Mapping[str, Mapping[Field[Any], Any]]) -> None:
        """Show a row of buttons, each of which puts values into several fields at once."""
        if self.teach:
            return
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=f"presets {label}"):
            st.markdown(label, width="content")
            for name, values in presets.items():
                st.button(name, key=f"preset {name}", on_click=self._put_all, args=(values,))

    def examples(self, examples: Mapping[str, Mapping[Field[Any], Any]]) -> None:
        """Show a button for each example, which puts its values into several fields at once."""
        if self.teach:
            return
        for name, values in examples.items():
            st.button(name, key=f"preset {name}", on_click=self._open_example, args=(values,))

    def reset(self) -> None:
        """Set all fields to their defaults, from a callback."""
        st.session_state[_LEFT].pop(self.page, None)
        for field in self.fields:
            if field.name in st.session_state:
                self.put(field, field.default)
            else:
                st.query_params.pop(field.name, None)
        st.session_state[_EXAMPLES] = examples_opened() + 1

    def put(self, field: Field[T], value: T) -> None:
        """Set ``field`` from a callback, before its widget is shown again."""
        st.session_state[field.name] = field.widget_value(value)

    def share(self) -> None:
        """Show a link to this page that hides its controls."""
        names = {field.name for field in self.fields}
        others = {name: text for name, text in st.query_params.items() if name not in names}  # film and network
        raw = {field: self._raw(field) for field in self.fields}
        settings = {
            field.name: address.as_text(field, value) for field, value in raw.items() if value != _default(field)
        }
        link = f"{st.context.url or ''}?{urlencode(others | settings | {'teach': '1'})}"
        st.markdown(
            "The address bar holds every setting of this page: copy it, and others open the same. "
            "This link opens the page with its settings fixed and the controls hidden, for a class:"
        )
        st.code(link, language=None, wrap_lines=True)
        st.markdown(
            "**Present** fills the screen with the figure; the arrow keys step, Escape leaves. The browser's "
            "print command prints figures and text without the controls."
        )

    def show_controls(self) -> None:
        """Show a button that shows the controls which a link has hidden."""
        st.markdown("This link hides the controls, for a class.")
        st.button("Show the controls", on_click=_show_controls)

    def _open_example(self, values: Mapping[Field[Any], Any]) -> None:
        """Put the values of an example, which begins at its first step."""
        st.query_params.pop("step", None)
        st.session_state[_EXAMPLES] = examples_opened() + 1
        self._put_all(values)

    def _put_all(self, values: Mapping[Field[Any], Any]) -> None:
        for field, value in values.items():
            self.put(field, value)

    def _raw(self, field: Field[Any]) -> Any:
        """Return what the widget holds; without a widget, what the link says, or said at this reader's last visit."""
        if field.name in st.session_state and not self.teach:
            return st.session_state[field.name]
        if self.teach and address.text(field) is None:
            return st.session_state[_LEFT].get(self.page, {}).get(field.name, _default(field))
        return field.widget_value(address.read(field))

    def _show(self, field: Field[T], widget: Callable[..., Any], **options: Any) -> T:
        if self.teach:
            return self[field]
        symbol_help = None if isinstance(field, Flag) else glossary_popover.symbol_help(field.label)
        address.fill(field)
        st.session_state[_LEFT].setdefault(self.page, {})[field.name] = self._raw(field)
        value = widget(field.label, key=field.name, help=symbol_help, **options)
        if note := field.note(address.as_text(field, value)):
            st.caption(note)
        try:
            return self._parse(field, value)
        except UserError as error:
            st.error(sentence_of(error))
            self.invalid = True
            return self._last_good(field)

    def _parse(self, field: Field[T], value: Any) -> T:
        parsed = self._good()[field.name] = field.parse(address.as_text(field, value))
        return parsed

    def _last_good(self, field: Field[T]) -> T:
        """Return the last value of a field that was allowed, if it is still, else its default."""
        last: T = self._good().get(field.name, field.default)
        try:
            field.parse(field.text(last))
        except UserError:
            return field.default
        return last

    def _good(self) -> dict[str, Any]:
        good: dict[str, Any] = st.session_state.setdefault(_GOOD, {}).setdefault(self.page, {})
        return good


def _shorten_texts(fields: tuple[Field[Any], ...]) -> None:
    """Keep of a text that is too long, which may have a megabyte, as much as it takes to be refused."""
    for field in fields:
        value = st.session_state.get(field.name)
        if isinstance(value, str) and len(value) > MAX_TEXT:
            st.session_state[field.name] = value[: MAX_TEXT + 1]


def examples_opened() -> int:
    """Return how often this reader has pressed an example or Reset, on any page: a figure then begins anew."""
    return int(st.session_state.get(_EXAMPLES, 0))


def controls_hidden() -> bool:
    """Return whether the reader came by a link that hides the controls, on this page or before."""
    return bool(st.session_state.get(_TEACH, False)) or st.query_params.get("teach") == "1"


def _show_controls() -> None:
    st.session_state[_TEACH] = False
    address.leave()  # the page takes its settings from the link once more, this time into widgets
    st.query_params.pop("teach", None)  # the link may have been that of a page before


def _default(field: Field[Any]) -> Any:
    return field.widget_value(field.default)


def _begin_visit(page: str, fields: tuple[Field[Any], ...]) -> None:
    """Check the link, and restore what it leaves open as this reader left it here, not on the page before.

    Along the browser's history the link leaves nothing open.
    """
    teach = st.session_state[_TEACH] = controls_hidden()
    left = st.session_state.setdefault(_LEFT, {})
    if address.came_by_history():
        left.pop(page, None)
    st.session_state[address.REFUSED] = []
    nonsense = []
    for field in fields:
        address.fields()[field.name] = field
        st.session_state.pop(field.name, None)
        if (text := address.text(field)) is not None:
            try:
                field.parse(text)
                continue
            except UserError as error:
                address.refuse(field, error)
                nonsense.append(field.name)
        elif not teach and field.name in left.get(page, {}):
            st.session_state[field.name] = left[page][field.name]
    address.write(tuple(nonsense))
