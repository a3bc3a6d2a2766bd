"""Terms of the glossary that open their meaning by mouse, touch or keyboard, without a run of the page.

Each is a button with an HTML popover, which Escape and a press beside it close.
"""

import re
import zlib
from html import escape

import streamlit as st

from cnn.lecture.glossary import SPELLINGS, Term, find_term, find_term_of_label


def write(text: str) -> None:
    """Show ``text``, the app's own Markdown and never a reader's, with the terms of the glossary as buttons."""
    st.markdown(link_terms(text), unsafe_allow_html=True)


def link_terms(text: str) -> str:
    """Return ``text`` with the first occurrence of each glossary term as a button; code and links stay as they are."""
    seen: set[str] = set()
    text_id = f"{zlib.crc32(text.encode()):x}"

    def button(match: re.Match[str]) -> str:
        term = find_term(match[0])
        if term.name in seen:
            return match[0]
        seen.add(term.name)
        # Otherwise a browser may break the line after a button, even before a comma.
        joiner = "&#8288;" if re.match(r"\**[,;.:?!)”]", match.string[match.end() :]) else ""
        return _button(match[0], term, f"word-{term.name.replace(' ', '-')}-{text_id}") + joiner

    pieces = re.split(r"(`[^`]*`|\[[^\]]*\]\([^)]*\))", text)  # every second piece is code or a link
    return "".join(piece if index % 2 else SPELLINGS.sub(button, piece) for index, piece in enumerate(pieces))


def symbol_help(label: str) -> str | None:
    """Return the meaning of the symbol in a widget's ``label``; None without a symbol."""
    term = find_term_of_label(label)
    return f"**{term_title(term)}.** {term.meaning}" if term else None


def term_title(term: Term) -> str:
    """Return the term with its symbol."""
    return f"{term.name[0].upper()}{term.name[1:]}{f', {term.symbol}' if term.symbol else ''}"


def _button(text: str, term: Term, popover_id: str) -> str:
    role = f" {term.role}" if term.role else ""
    return (
        f'<button type="button" class="word{role}" popovertarget="{popover_id}">{text}</button>'
        f'<span class="meaning" popover id="{popover_id}">'
        f"<b>{escape(term_title(term))}</b>{escape(term.meaning)}</span>"
    )
