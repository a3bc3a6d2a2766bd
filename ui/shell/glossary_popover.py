"""Words of the glossary that open their meaning where they stand, by mouse, touch or keyboard; the server is not asked.

Each is a button with a popover of HTML's own, so Escape and a press beside it close it.
"""

import re
import zlib
from html import escape

import streamlit as st

from cnn.lecture.glossary import SPELLINGS, Term, find_term, find_term_of_label


def write(text: str) -> None:
    """Shows ``text``, Markdown of our own, never a reader's, with the words of the glossary open to a press."""
    st.markdown(link_terms(text), unsafe_allow_html=True)


def link_terms(text: str) -> str:
    """``text`` with each word of the glossary as a button, the first time it stands there; code is left alone."""
    seen: set[str] = set()
    place = f"{zlib.crc32(text.encode()):x}"

    def button(found: re.Match[str]) -> str:
        term = find_term(found[0])
        if term.name in seen:
            return found[0]
        seen.add(term.name)
        # A browser may break a line behind a button, even before a comma.
        joined = "&#8288;" if found.string[found.end() : found.end() + 1] in tuple(",;.:?!)") else ""
        return _button(found[0], term, f"word-{term.name.replace(' ', '-')}-{place}") + joined

    pieces = re.split(r"(`[^`]*`|\[[^\]]*\]\([^)]*\))", text)  # code and links stand at odd places
    return "".join(piece if at % 2 else SPELLINGS.sub(button, piece) for at, piece in enumerate(pieces))


def symbol_help(label: str) -> str | None:
    """What the symbol in a widget's ``label`` stands for; None where there is none."""
    term = find_term_of_label(label)
    return f"**{term_title(term)}.** {term.meaning}" if term else None


def term_title(term: Term) -> str:
    """The term with its symbol."""
    return f"{term.name[0].upper()}{term.name[1:]}{f', {term.symbol}' if term.symbol else ''}"


def _button(shown: str, term: Term, name: str) -> str:
    role = f" {term.role}" if term.role else ""
    return (
        f'<button type="button" class="word{role}" popovertarget="{name}">{shown}</button>'
        f'<span class="meaning" popover id="{name}"><b>{escape(term_title(term))}</b>{escape(term.meaning)}</span>'
    )
