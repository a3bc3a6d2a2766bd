"""A table of words, numbers and bars that scrolls sideways by itself where the page is narrow."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st


@dataclass(frozen=True)
class Bar:
    """A cell with a number as ``text`` and as a bar: ``share`` from 0 to 1, or from -1 to 1 if ``signed``.

    Signed bars start in the middle, positive ones to the right.
    """

    text: str
    share: float
    signed: bool = False


def show_table(
    head: Sequence[str],
    rows: Sequence[Sequence[str | Bar]],
    *,
    label: str,
    strong: Collection[int] = (),
    faint: Collection[int] = (),
    words: bool = False,
) -> None:
    """Show ``rows`` below ``head``; the first cell of each row is its name.

    Args:
        head: Titles of the columns.
        rows: The cells; the second of a row of two runs across all other columns.
        label: Names the table for screen readers.
        strong: Numbers of the rows, from 0, that are set off.
        faint: Numbers of the rows, from 0, that are grey.
        words: Whether the cells are sentences, which begin on the left and wrap.
    """
    top = "".join(f'<th scope="col">{escape(title)}</th>' for title in head)
    classes = dict.fromkeys(faint, "faint") | dict.fromkeys(strong, "strong")
    body = "".join(_row(row, classes.get(number, ""), len(head)) for number, row in enumerate(rows))
    st.html(
        f'<div class="figures{" words" if words else ""}" tabindex="0" role="region" aria-label="{escape(label)}">'
        f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(row: Sequence[str | Bar], css_class: str, columns: int) -> str:
    name, *cells = row
    span = ""
    if len(cells) == 1 < columns - 1:
        span, css_class = f' colspan="{columns - 1}"', "problem"
    data = "".join(f"<td{span}>{escape(cell) if isinstance(cell, str) else _bar(cell)}</td>" for cell in cells)
    attribute = f' class="{css_class}"' if css_class else ""
    return f'<tr{attribute}><th scope="row">{escape(str(name))}</th>{data}</tr>'


def _bar(bar: Bar) -> str:
    length = 100 * min(1.0, abs(bar.share)) / (2 if bar.signed else 1)
    left, css_class = 0.0, ""
    if bar.signed:
        left, css_class = (50, "positive") if bar.share > 0 else (50 - length, "negative")
    return (
        f'<span class="bar"><span aria-hidden="true" class="{"signed" if bar.signed else ""}">'
        f'<i class="{css_class}" style="left:{left:.2f}%;width:{length:.2f}%"></i></span>{escape(bar.text)}</span>'
    )
