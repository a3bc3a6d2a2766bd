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

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from cnn.errors import UserError
from ui.shell import glossary_popover
from ui.shell.fields import Choice, Field, Flag, Matrix, Names, Numbers, Real, Rows, T, Vector, Whole, Word

_ARRIVED, _LEFT, _SENTENCES, _TEACH = "_state_page", "_state_left", "_state_sentences", "_state_teach"


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
