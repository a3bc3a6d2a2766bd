"""Sentences and number formats that several packages write, and what is left of a stranger's words in a sentence."""

import re
import unicodedata

NOTICE = "For teaching only: this is not a medical device, and no result is a diagnosis."
_MAX_EXCERPT = 60
_MAX_MARKS = 2
FORMULA = "'*[=+\\-@\t\n＝＋－＠]"
"""How a cell begins that a spreadsheet takes for a formula, escaped or not."""


def percent(share: float, decimals: int = 0) -> str:
    """Return a share of 1 in percent, with a space before the sign, as ISO 31 asks."""
    return f"{100 * share:.{decimals}f} %"


def precise_percent(share: float) -> str:
    """Return a share in percent with one decimal, or as many as show that it is more than 0 and less than 100 %."""
    decimals = 1
    while 0 < share < 1 and float(f"{100 * share:.{decimals}f}") in (0, 100):
        decimals += 1
    return percent(share, decimals)


def two_decimals(value: float) -> str:
    """Return ``value`` with two decimals and a true minus, which 0 never has."""
    return f"{round(float(value), 2) + 0.0:.2f}".replace("-", "−")


def typeset_shape(shape: object) -> str:
    """Return a shape, which is written as in "32x32x1000", with true multiplication signs: "32 × 32 × 1,000"."""
    return " × ".join(f"{int(side):,}" for side in str(shape).split("x"))


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


def printable(text: str) -> str:
    """Return ``text`` as it is written: bytes that are no text are escaped, and so are returns, which end a CSV row."""
    return text.replace("\r", "\\r").encode("utf-8", "backslashreplace").decode("utf-8")


def text_cell(text: str) -> str:
    """Return ``text`` as a cell of CSV: one that a spreadsheet would compute is preceded by an apostrophe.

    So is one that begins with apostrophes and could be such a cell escaped; hence removing one gives the text again.
    """
    cell = printable(text)
    return "'" + cell if re.match(FORMULA, cell) else cell


def from_text_cell(cell: str) -> str:
    """Return the text of a cell that :func:`text_cell` made."""
    return re.sub(f"^'({FORMULA})", r"\1", cell)
