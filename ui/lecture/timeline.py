"""The timeline of the lecture: one line down the page, as far between two points as years lie between them."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from cnn.lecture.timeline import Milestone
from ui.shell.theme import palette

_PIXELS_PER_YEAR = 5


def show_timeline(milestones: Sequence[Milestone], chosen: str) -> None:
    """Draws all milestones, a list in time order for screen readers too; ``chosen`` is drawn as the one looked at."""
    colours = palette()
    items = []
    previous = milestones[0].year
    for milestone in milestones:
        gap = _PIXELS_PER_YEAR * (milestone.year - previous)
        previous = milestone.until or milestone.year
        items.append(_item(milestone, gap, milestone.name == chosen))
    style = f"""
.timeline {{ list-style: none; border-left: 3px solid {colours.line}; }}
.timeline li {{ position: relative; padding: 0.3rem 0.6rem; line-height: 1.45; }}
.timeline li::before {{ content: ""; position: absolute; left: calc(-1.1rem - 2px - 0.475rem); top: 0.6rem;
  box-sizing: border-box; width: 0.95rem; height: 0.95rem;
  border-radius: 50%; border: 3px solid {colours.input}; background: {colours.background}; }}
.timeline li.span {{ border: 1px dashed {colours.padding}; border-radius: 4px;
  background: repeating-linear-gradient(135deg, {colours.surface} 0 8px, {colours.padding_fill} 8px 16px); }}
.timeline li.span::before {{ border-radius: 0; border-color: {colours.padding}; }}
.timeline li.chosen::before {{ background: {colours.input}; }}
.timeline li.chosen {{ outline: 2px solid {colours.input}; border-radius: 4px; }}
.timeline .year {{ font-weight: 700; color: {colours.input}; margin-right: 0.5rem; white-space: nowrap; }}
.timeline .span .year {{ color: {colours.text}; }}
.timeline .reasons {{ margin: 0.2rem 0 0.2rem 1.2rem; }}
"""
    # Streamlit indents lists in its own style sheet; only an inline style outranks it.
    st.html(
        f"<style>{style}</style>"
        f'<ol class="timeline" style="margin: 0 0 0 0.5rem; padding: 0 0 0 1.1rem">{"".join(items)}</ol>'
    )


def _item(milestone: Milestone, gap: int, chosen: bool) -> str:
    classes = " ".join(["span"] * (milestone.until is not None) + ["chosen"] * chosen)
    years = f"{milestone.year}-{milestone.until}" if milestone.until else f"{milestone.year}"
    points = "".join(f"<div>• {escape(point)}</div>" for point in milestone.points)
    current = ' aria-current="true"' if chosen else ""
    return (
        f'<li class="{classes}" style="margin: {gap}px 0 0 0"{current}><span class="year">{years}</span>'
        f"<strong>{escape(milestone.name)}.</strong> {escape(milestone.summary)}"
        f'<div class="reasons">{points}</div></li>'
    )
