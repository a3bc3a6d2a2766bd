"""The timeline of the lecture: one line down the page, with distances in proportion to the years between."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from cnn.lecture.timeline import Milestone

PIXELS_PER_YEAR = 5


def show_timeline(milestones: Sequence[Milestone], selected: str) -> None:
    """Draw all milestones as a list in time order; the one with the name ``selected`` is marked."""
    items = []
    previous = milestones[0].year
    for milestone in milestones:
        gap = PIXELS_PER_YEAR * (milestone.year - previous)
        previous = milestone.until or milestone.year
        items.append(_item(milestone, gap, milestone.name == selected))
    st.html(f'<ol class="timeline">{"".join(items)}</ol>')


def _item(milestone: Milestone, gap: int, selected: bool) -> str:
    """Return a milestone as a list item, ``gap`` pixels below the one before it."""
    years = f"{milestone.year}-{milestone.until}" if milestone.until else f"{milestone.year}"
    points = "".join(f"<div>• {escape(point)}</div>" for point in milestone.points)
    return (
        f'<li class="{"span" if milestone.until else ""} {"chosen" if selected else ""}" '
        f'style="margin: {gap}px 0 0 0"{" aria-current=true" if selected else ""}><span class="year">{years}</span>'
        f"<strong>{escape(milestone.name)}.</strong> {escape(milestone.summary)}"
        f'<div class="reasons">{points}</div></li>'
    )
