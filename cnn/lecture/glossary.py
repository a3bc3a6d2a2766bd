"""The words and symbols of the course in alphabetical order, from ``content/glossary.toml``."""

import re
from dataclasses import dataclass
from typing import Literal

from cnn.lecture.content_files import FOLDER, read_content

Role = Literal["input", "kernel", "output", "padding"]


@dataclass(frozen=True)
class Term:
    """One entry of the glossary.

    Attributes:
        name: The term.
        meaning: One or two plain sentences.
        page: File name of the page that teaches it.
        symbol: Its letter in formulas and beside widgets.
        forms: Further spellings that mean the same.
        role: Its colour in figures.
    """

    name: str
    meaning: str
    page: str
    symbol: str = ""
    forms: tuple[str, ...] = ()
    role: Role | None = None

    def matches(self, query: str) -> bool:
        """Return whether ``query`` is the symbol, or the beginning of the name, of a form, or of one of their words.

        Hyphens count as spaces, and a final s of the query is ignored if nothing else fits: "x ray", "Kernels".
        """
        spellings = [_normalise(spelling) for spelling in (self.name, *self.forms)]
        begins = [start for spelling in spellings for start in (spelling, *_tails(spelling))]
        wanted = _normalise(query)
        return query.strip() == self.symbol or any(
            start.startswith((wanted, wanted.removesuffix("s") if len(wanted) > 3 else wanted)) for start in begins
        )


def _normalise(text: str) -> str:
    return " ".join(re.sub("[-_]", " ", text).lower().split())


def _tails(text: str) -> list[str]:
    """Return ``text`` from its second word on, from its third, and so on."""
    words = text.split()
    return [" ".join(words[start:]) for start in range(1, len(words))]


@dataclass(frozen=True)
class _Glossary:
    term: tuple[Term, ...]


GLOSSARY = read_content(FOLDER / "glossary.toml", _Glossary).term
_BY_FORM = {form.lower(): term for term in GLOSSARY for form in (term.name, *term.forms)}
_BY_SYMBOL = {term.symbol: term for term in GLOSSARY if term.symbol}
SPELLINGS = re.compile(
    rf"(?<![\w-])(?:{'|'.join(sorted(map(re.escape, _BY_FORM), key=len, reverse=True))})(?![\w-])", re.IGNORECASE
)
"""Matches every spelling of every term, the longest first."""


def find_term(spelling: str) -> Term:
    """Return the term with this spelling, in any case. Raises ``KeyError`` if there is none."""
    return _BY_FORM[spelling.lower()]


def find_term_of_label(label: str) -> Term | None:
    """Return the first term whose symbol occurs in a widget's ``label``, or which is the label, or None.

    So it is for "Stride S" and for "Epochs". A letter before an equals sign is another thing: a probability P = 0.5 is
    no padding.
    """
    symbols = (_BY_SYMBOL[word] for word in re.findall(r"\w+\b(?! =)", label) if word in _BY_SYMBOL)
    return next(symbols, _BY_FORM.get(label.lower()))
