"""The lecture's timeline: points on an axis of years that open their story and figure, and errors by year as a chart.

The browser has everything from the start: a press on a milestone asks the server nothing, and the address follows.
"""

from collections.abc import Sequence
from html import escape

from cnn.lecture.timeline import ErrorRate, Milestone
from ui.lecture.timeline.drawings import draw_errors, draw_figure
from ui.shell.components import define_component


def show_timeline(milestones: Sequence[Milestone], selected: str, *, hidden: bool) -> None:
    """Show the timeline, opened at the milestone named ``selected``; while ``hidden``, names without years."""
    choices = "".join(
        f'<button type="button" data-look="{escape(each.name)}"{" disabled" if hidden else ""}>'
        f"<b>{escape(each.name)}</b><span>{'?' if hidden else each.years}</span></button>"
        for each in milestones
    )
    rest = "" if hidden else _axis(milestones) + "".join(map(_story, milestones))
    _component(
        key="timeline",
        data={"html": f'<div class="choices">{choices}</div>{rest}', "look": "" if hidden else selected},
    )


def show_errors(rates: Sequence[ErrorRate], source: str) -> None:
    """Show the errors of ImageNet's competition by year, and where the numbers are from."""
    html = f"<figure>{draw_errors(rates)}<figcaption>Source: {escape(source)}</figcaption></figure>"
    _component(key="errors", data={"html": html, "look": ""})


def _axis(milestones: Sequence[Milestone]) -> str:
    """Return lines from the buttons, which stand at equal distances, down to an axis of years to scale."""
    first, last = milestones[0].year - 2, milestones[-1].year + 2

    def place(year: int) -> float:
        return 1000 * (year - first) / (last - first)

    lines, marks = [], []
    for index, each in enumerate(milestones):
        top = 1000 * (index + 0.5) / len(milestones)
        lines.append(f'<path data-look="{escape(each.name)}" d="M{top:.0f} 0L{place(each.year):.0f} 50"/>')
        if each.until:
            width = place(each.until) - place(each.year)
            marks.append(f'<rect class="span" x="{place(each.year):.0f}" y="44" width="{width:.0f}" height="12"/>')
        else:
            marks.append(f'<circle data-look="{escape(each.name)}" cx="{place(each.year):.0f}" cy="50" r="5"/>')
    years = "".join(
        f'<text x="{place(year):.0f}" y="74">{year}</text>' for year in range(milestones[0].year, last + 1, 10)
    )
    hatch = (
        '<pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect width="8" height="8" class="light"/><rect width="3" height="8" class="dark"/></pattern>'
    )
    return (
        f'<svg class="axis" viewBox="0 0 1000 80" aria-hidden="true"><defs>{hatch}</defs>'
        f'<path class="years" d="M0 50H1000"/>{"".join(lines)}{"".join(marks)}{years}</svg>'
    )


def _story(milestone: Milestone) -> str:
    """Return what a milestone opens: a figure with its caption, the summary, the story and its source."""
    figure = draw_figure(milestone)
    if figure:
        figure = f"<figure>{figure}<figcaption>{escape(milestone.figure)}</figcaption></figure>"
    points = "".join(f"<li>{escape(point)}</li>" for point in milestone.points)
    return (
        f'<article data-story="{escape(milestone.name)}" hidden>{figure}'
        f"<p><b>{milestone.years} · {escape(milestone.name)}.</b> {escape(milestone.summary)}</p>"
        f"{f'<ul>{points}</ul>' if points else ''}<p>{escape(milestone.story)}</p>"
        f'<p class="source">Source: {escape(milestone.source)}</p></article>'
    )


_component = define_component("timeline", __file__, "timeline.css", "timeline.js", html='<div class="timeline"></div>')
