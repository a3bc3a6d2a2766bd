"""A table of words, numbers and bars that scrolls sideways by itself where the page is narrow."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from ui.shell.theme import Palette, palette


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
) -> None:
    """Shows ``rows`` below ``head``, the first cell of each as its name; counted from 0, ``strong`` rows are set off
    and ``faint`` ones are grey. A row of two cells has its second run across all columns.
    """
    colours = palette()
    top = "".join(f'<th scope="col">{escape(title)}</th>' for title in head)
    body = "".join(_row(row, _kind(place, strong, faint), len(head), colours) for place, row in enumerate(rows))
    style = (
        ".figures { overflow-x: auto; } .figures table { border-collapse: collapse; }"
        ".figures th, .figures td { padding: 0.3rem 0.8rem; text-align: right; white-space: nowrap;"
        f" border: 0; border-bottom: 1px solid {colours.line}; font-variant-numeric: tabular-nums; }}"
        f".figures thead th {{ font-weight: 400; color: {colours.muted}; }}"
        ".figures th:first-child { text-align: left; }"
        "@media (max-width: 640px) { .figures th:first-child { position: sticky; left: 0; white-space: normal;"
        f" min-width: 6rem; max-width: 9rem; background: {colours.background}; }} }}"
        f".figures tr.faint > * {{ color: {colours.muted}; font-weight: 400; }}"
        f".figures tr.problem > td {{ color: {colours.positive}; text-align: left; white-space: normal; }}"
        f".figures tr.strong > * {{ font-weight: 700; border-top: 2px solid {colours.text}; }}"
    )
    st.html(
        f'<style>{style}</style><div class="figures" tabindex="0" role="region" aria-label="{escape(label)}">'
        f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _kind(place: int, strong: Collection[int], faint: Collection[int]) -> str:
    return "strong" if place in strong else "faint" if place in faint else ""


def _row(row: Sequence[str | Bar], kind: str, columns: int, colours: Palette) -> str:
    name, *cells = row
    across = len(cells) == 1 < columns - 1
    span = f' colspan="{columns - 1}"' if across else ""
    written = "".join(
        f"<td{span}>{escape(cell) if isinstance(cell, str) else _bar(cell, colours)}</td>" for cell in cells
    )
    kinds = f' class="{"problem" if across else kind}"' if across or kind else ""
    return f'<tr{kinds}><th scope="row">{escape(str(name))}</th>{written}</tr>'


def _bar(bar: Bar, colours: Palette) -> str:
    """The number, and beside it the bar."""
    length = 100 * min(1.0, abs(bar.share)) / (2 if bar.signed else 1)
    colour = (colours.positive if bar.share > 0 else colours.negative) if bar.signed else colours.output
    left = (50 if bar.share > 0 else 50 - length) if bar.signed else 0
    axis = f"border-left:1px solid {colours.muted};left:{50 if bar.signed else 0}%;"
    return (
        '<span style="display:inline-flex;gap:0.6rem;align-items:center">'
        '<span aria-hidden="true" style="position:relative;display:inline-block;width:min(8rem,18vw);height:1rem">'
        f'<span style="position:absolute;top:0;bottom:0;left:{left:.2f}%;width:{length:.2f}%;background:{colour}">'
        f'</span><span style="position:absolute;top:-3px;bottom:-3px;{axis}"></span></span>{escape(bar.text)}</span>'
    )
