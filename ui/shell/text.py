"""Text as the pages write it: formulas, numbers, and the words of strangers, which never become Markdown."""

import re

from cnn.errors import UserError
from cnn.text import excerpt


def escape_stars(text: str) -> str:
    """Return ``text`` as Markdown that keeps its stars, which would otherwise set part of a formula in italics."""
    return text.replace("*", r"\*")


def three_figures(value: float) -> str:
    """Return ``value`` rounded to three significant figures, without an exponent."""
    return f"{float(f'{value:.3g}'):,.10g}"


def format_bytes(count: int) -> str:
    """Return a number of bytes in the largest binary unit that it fills."""
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= size:
            return f"{three_figures(count / size)} {unit}"
    return f"{count:,} bytes"


def quoted(text: str) -> str:
    """Return what a stranger wrote, a file name or a setting of a link, as one short line of Markdown code."""
    code = excerpt(text.replace("`", "'"))
    return f"`{code}`" if code else "“”"


def plain(text: str) -> str:
    """Return ``text`` as Markdown that shows it as it is, in one line.

    A backslash takes its meaning from a character. Streamlit and its Markdown look for addresses, emoji and icons once
    more in the finished text, where a word joiner, which cannot be seen, keeps them from what they look for.
    """
    line = re.sub(r"[\\`*_\[\]<>&~$|#{}!]", r"\\\g<0>", re.sub(r"\s+", " ", text))
    line = re.sub(r"^( ?\d*)([-+=.)])", r"\1\\\2", line)
    return re.sub(r"(?i)www(?=\.)|[:@](?=\S)", "\\g<0>\u2060", line)


def sentence_of(error: UserError) -> str:
    """Return the sentence of ``error`` as Markdown; the parts of it that a stranger wrote are code."""
    return error.render(plain, quoted)


def typeset(formula: str) -> str:
    """Return a formula of :mod:`cnn.layers`, or a sentence with one, with true signs for minus and times."""
    return re.sub(r"(?<!\S)-(?= )|(?<![\w)])-(?=\d)", "−", formula.replace("*", " × "))
