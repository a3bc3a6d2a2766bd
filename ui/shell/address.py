"""Settings in the address bar and in the browser's history: the one place that writes and restores them.

Streamlit's own binding (``bind="query-params"``) makes no entry of the history where a reader moves a widget, one entry
for each field of an example, and forgets fields that a page restores itself: streamlit issues #13853 and #13963, pull
requests #16989 (merged) and #16998 (open). So no widget is bound. Here all settings of a page that differ from their
defaults are written at once, which is one entry, and a run that Back or Forward has caused takes every setting from the
address before the widgets are made. What this module does not know, such as the step that a grid writes, stays there.
"""

from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from cnn.errors import UserError
from ui.shell.fields import Choice, Field, Several, T
from ui.shell.text import sentence_of

_PAGE, FIELDS, _SENT, REFUSED = "address.page", "address.fields", "address.sent", "address.refused"
"""Keys of the session: the open page, its fields met on this visit by name, their texts as last sent, and the sentences
on what the link that began the visit holds and its fields do not allow."""


def enter(page: str) -> None:
    """Begin a visit where the reader comes from another page or along the history; to be called in each full run."""
    if came_by_history() or st.session_state.get(_PAGE) != page:
        leave()
        st.session_state[_PAGE] = page


def leave() -> None:
    """End the visit: the next run takes all settings from the address."""
    st.session_state[_PAGE], st.session_state[FIELDS], st.session_state[_SENT] = None, {}, {}
    st.session_state[REFUSED] = []


def came_by_history() -> bool:
    """Return whether the browser's Back or Forward caused this run."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def fields() -> dict[str, Field[Any]]:
    """Return the fields met on this visit, by name."""
    met: dict[str, Field[Any]] = st.session_state.setdefault(FIELDS, {})
    return met


def text(field: Field[Any]) -> str | None:
    """Return the text of ``field`` in the address, None where it is not named."""
    texts = st.query_params.get_all(field.name)
    if not texts:
        return None
    return ",".join(texts) if isinstance(field, Several) else texts[-1]


def read(field: Field[T]) -> T:
    """Return the value of ``field`` in the address, its default where there is none or one that is not allowed."""
    linked = _linked(field)
    return field.default if isinstance(linked, UserError) else linked


def _linked(field: Field[T]) -> T | UserError:
    """Return the value of ``field`` in the address, or what is wrong with it."""
    linked = text(field)
    try:
        return field.default if linked is None else field.parse(linked)
    except UserError as error:
        return error


def key(field: Field[Any]) -> str:
    """Give a widget its value and return its key; a widget outside of ``State`` is made with it, without a default.

    Where the link has a value that is not allowed, the page runs once more, to say so at its top.
    """
    first = field.name not in fields()
    fields()[field.name] = field
    linked = _linked(field) if first else None
    fill(field, replace=first)
    write()
    if isinstance(linked, UserError):
        refuse(field, linked)
        st.rerun()
    return field.name


def refuse(field: Field[Any], error: UserError) -> None:
    """Have the page say that the link's value of ``field`` was replaced by the default."""
    sentence = f"In this link, {error.sentence[:-1]}; the page opened with {field.described(field.default)}."
    st.session_state.setdefault(REFUSED, []).append(sentence_of(UserError(sentence, *error.foreign)))


def fill(field: Field[Any], replace: bool = False) -> None:
    """Put the address's value into a widget about to be made, unless it holds one that is allowed."""
    value = st.session_state.get(field.name)
    gone = isinstance(field, Choice) and value not in field.options
    if replace or gone or field.name not in st.session_state:
        st.session_state[field.name] = field.widget_value(read(field))


def write(drop: tuple[str, ...] = ()) -> None:
    """Write what differs from its default into the address, as one entry of the history; ``drop`` names nonsense."""
    before = {name: st.query_params.get_all(name) for name in st.query_params}
    after = {name: texts for name, texts in before.items() if name not in drop}
    texts: dict[str, str | None] = {}
    for field in fields().values():
        if field.name not in st.session_state:
            continue  # without a widget, as a step that the browser writes
        value = st.session_state[field.name]
        shown = texts[field.name] = as_text(field, value)
        linked = _linked(field)
        if shown == text(field) or (not isinstance(linked, UserError) and value == field.widget_value(linked)):
            continue
        after.pop(field.name, None)
        if value != field.widget_value(field.default):
            after[field.name] = [shown]
    # The reader may change a widget again while the browser has yet to hear of the change before.
    overtaken = any(st.session_state.get(_SENT, {}).get(name, shown) != shown for name, shown in texts.items())
    if after != before or overtaken:
        st.query_params.from_dict(after)
    st.session_state[_SENT] = texts


def as_text(field: Field[Any], value: Any) -> str:
    """Return what a widget holds as the address shows it; a text that is not allowed stays as it was typed."""
    return value if isinstance(value, str) else field.text(value)
