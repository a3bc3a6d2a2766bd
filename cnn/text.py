"""Sentences and number formats that several packages write, and what is left of a stranger's words in a sentence."""

import unicodedata

NOTICE = "For teaching only: this is not a medical device, and no result is a diagnosis."
_MAX_EXCERPT = 60
_MAX_MARKS = 2


def percent(share: float, decimals: int = 0) -> str:
    """Return a share of 1 in percent, with a space before the sign, as ISO 31 asks."""
    return f"{100 * share:.{decimals}f} %"


def one_line(text: str) -> str:
    """Return ``text`` in one line, without characters that cannot be seen or towers of combining marks."""
    visible: list[str] = []
    marks = 0
    for character in " ".join(text.split()):
        category = unicodedata.category(character)[0]
        marks = marks + 1 if category == "M" else 0
        if category != "C" and marks <= _MAX_MARKS:
            visible.append(character)
    return "".join(visible)


def excerpt(text: str) -> str:
    """Return ``text`` in one line, cut to 60 characters."""
    line = one_line(text[: 10 * _MAX_EXCERPT])
    return line if len(line) <= _MAX_EXCERPT else f"{line[:_MAX_EXCERPT]}..."
