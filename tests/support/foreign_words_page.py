"""A page that shows foreign words as the pages of the app do, in every kind of element that reads Markdown."""

import streamlit as st

from cnn.errors import UserError
from tests.support.foreign_words import PAYLOADS
from ui.shell.fields import Choice, Field, Flag, Matrix, Names, Numbers, Real, Several, Whole
from ui.shell.text import plain, quoted, sentence_of
from ui.widgets.network_editor import NetworkField
from ui.widgets.tables import show_table

FIELDS: tuple[Field[object], ...] = (
    Whole("a", "A", 1, 1, 5),
    Real("b", "B", 1, 1, 5, 1),
    Flag("c", "C", False),
    Choice("d", "D", "one", ("one", "two")),
    Several("e", "E", (), ("one", "two")),
    Numbers("f", "F", (1,), 5),
    Matrix("g", "G", ((1,),), 5),
    Names("h", "H", ("one", "two"), 5),
    NetworkField("i", "I", None),  # type: ignore[arg-type]
)


PIXEL = bytes.fromhex("47494638396101000100800000ffffff00000021f90400000000002c00000000010001000002024401003b")
"""A picture of one pixel."""


def refusal(field: Field[object], payload: str) -> str:
    """What a page says of a setting that is not allowed."""
    try:
        field.parse(payload)
    except UserError as error:
        return sentence_of(error)
    raise AssertionError(f"{field} takes {payload!r}")


st.title("Foreign words")
for show in (st.warning, st.error, st.info, st.markdown, st.caption):
    for clean in (plain, quoted):
        show("\n\n".join(map(clean, PAYLOADS)))
for field in FIELDS:
    st.warning("\n\n".join(refusal(field, payload) for payload in PAYLOADS))
st.table([{"file": plain(payload), "note": quoted(payload)} for payload in PAYLOADS], hide_index=True)
show_table(["file", "note"], [[payload, payload] for payload in PAYLOADS], label="escaped")
st.radio("options", [plain(payload) for payload in PAYLOADS])
for number, payload in enumerate(PAYLOADS):
    st.button(plain(payload), key=f"button {number}")
    st.progress(0.5, plain(payload))
    st.image(PIXEL, plain(payload))
