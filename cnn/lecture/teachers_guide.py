"""Write the teacher's guide, docs/teaching.md, from the lesson plans; the page on teaching shows the same text.

    python -m cnn.lecture.teachers_guide

A test fails while the file differs from what this module writes.
"""

from pathlib import Path

from cnn.lecture.content_files import FOLDER
from cnn.lecture.lesson_plans import HOMEWORK, PLANS, LessonPlan, Unit, units

FILE = Path(__file__).parents[2] / "docs" / "teaching.md"
LOCAL = "http://localhost:8501/"
"""Where ``streamlit run app.py`` serves the course on the same machine."""
MAX_SETTING = 50
"""A link's text names a setting only up to so many characters."""
INTERNAL = ("predict", "question", "step", "look")
"""Settings that say nothing to a teacher."""
INTRODUCTION, OFFLINE = (
    (FOLDER / f"lesson_{name}.md").read_text(encoding="utf-8").rstrip() for name in ("introduction", "offline")
)


def render_unit(unit: Unit, *, answers: bool, base: str = "") -> str:
    """Return what to do and ask on a page as Markdown, with ``answers`` also what to expect."""
    lines: list[str] = [unit.do]
    settings: dict[str, str] = {}
    for number, prompt in enumerate(unit.prompts, start=1):
        if prompt.settings != settings:
            text = f"Open “{unit.title}” for question {number}"
            if answers:
                text += _describe_change(settings, prompt.settings)
            lines += ["", f"[{text}]({unit.link(prompt, base)})", ""]
            settings = prompt.settings
        expected = f" **Expected:** {_escape_stars(prompt.answer)}" if answers else ""
        lines.append(f"- {_escape_stars(prompt.question)}{expected}")
    return "\n".join(lines)


def _render_timetable(plan: LessonPlan) -> str:
    """Return a plan's stops as a Markdown table; the title of each unit opens its first link."""
    lines = ["| minutes | part |", "|---|---|"]
    for start, end, unit in plan.schedule():
        title = f"[{unit.title}]({unit.link(unit.prompts[0], LOCAL)})" if unit else "Break"
        lines.append(f"| {start}-{end} | {title} |")
    return "\n".join(lines)


def render_homework(base: str = "") -> str:
    """Return what to do at home as Markdown."""
    return "\n".join(f"- [{task.title}]({base}{task.page}?{task.query}): {task.do}" for task in HOMEWORK)


def render_guide() -> str:
    """Return the whole guide as one Markdown text."""
    sections = ["# Teacher's guide", INTRODUCTION]
    for plan in PLANS:
        sections += [f"## A plan for {plan.name}", plan.about, _render_timetable(plan)]
    sections += ["## The parts: what to do, what to ask, what to expect"]
    for unit in units().values():
        sections += [f"### {unit.title}", render_unit(unit, answers=True, base=LOCAL)]
    sections += ["## To take home", render_homework(LOCAL), "## For a class without the internet", OFFLINE]
    return "\n\n".join(sections) + "\n"


def _describe_change(before: dict[str, str], after: dict[str, str]) -> str:
    """Return the short settings that differ from those of the link before it, behind a colon; nothing for the first.

    Only for the teacher: a setting may be the answer.
    """
    changed = [
        f"{name} = {value}"
        for name, value in after.items()
        if before.get(name) != value and len(value) <= MAX_SETTING and name not in INTERNAL
    ]
    return f": {', '.join(changed)}" if before and changed else ""


def _escape_stars(text: str) -> str:
    """Escape stars outside of backticks, which Markdown would take for emphasis."""
    return "`".join(piece if index % 2 else piece.replace("*", r"\*") for index, piece in enumerate(text.split("`")))


if __name__ == "__main__":
    FILE.write_text(render_guide(), encoding="utf-8")
