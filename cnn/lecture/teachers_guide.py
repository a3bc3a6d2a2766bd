"""Lesson plans for a teacher: links with fixed state, questions and expected answers. Torch is never imported.

    python -m cnn.lecture.teachers_guide      # writes docs/teaching.md; a test holds that file to this module

The page on teaching shows the same text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cnn.lecture.lesson_plans import Unit, units

FILE = Path(__file__).parents[2] / "docs" / "teaching.md"
LOCAL = "http://localhost:8501/"
"""Where `streamlit run app.py` serves the course on the same machine."""
OPEN = "Open the page"
LONGEST = 50
"""Characters of a setting that is named in a link's words."""


@dataclass(frozen=True)
class LessonPlan:
    """A lesson of so many minutes: the page of each part, and how long to stay there; "" is a break."""

    about: str
    minutes: int
    stops: tuple[tuple[str, int], ...]

    @property
    def name(self) -> str:
        """As it stands in a link."""
        return f"{self.minutes} minutes"

    def timed(self) -> Iterator[tuple[int, int, Unit | None]]:
        """(first minute, last minute, part) of each stop; None is a break."""
        start = 0
        for page, minutes in self.stops:
            yield start, start + minutes, units()[page] if page else None
            start += minutes


PLANS = (
    LessonPlan(
        "One layer by hand, and one look at what many of them do.", 45,
        (("why_cnns", 6), ("convolution_2d", 12), ("stride_padding", 10), ("pooling", 7), ("chest_xray", 10)),
    ),
    LessonPlan(
        "Every kind of layer by hand, then a network that reads a film.", 90,
        (("history", 5), ("why_cnns", 7), ("convolution_1d", 12), ("convolution_2d", 12), ("filters_relu", 8),
         ("stride_padding", 13), ("pooling", 8), ("fully_connected", 8), ("chest_xray", 12), ("shortcut_lab", 5)),
    ),
    LessonPlan(
        "The whole lecture, with a break before whole networks, and an honest end.", 180,
        (("history", 6), ("why_cnns", 10), ("convolution_1d", 14), ("convolution_2d", 14), ("filters_relu", 10),
         ("stride_padding", 15), ("pooling", 10), ("", 11), ("layer_calculator", 8), ("fully_connected", 10),
         ("architecture_builder", 14), ("inside_the_network", 10), ("review", 14), ("chest_xray", 14),
         ("shortcut_lab", 8), ("operating_point", 12)),
    ),
)  # fmt: skip

INTRODUCTION = """\
Each link opens a page in one fixed state, so that the whole class sees the same numbers. Ask first, let everybody
commit to an answer, then open the page or press "Check". Every expected answer is worked out by the code that the
pages run, and tests hold both together. "Share this page", at the foot of most pages, makes such a link out of a state
that you set up yourself; `teach=1` in it keeps the controls out of sight."""

OFFLINE = """\
The app fetches nothing while it runs: no account, no cloud, no GPU. Only its installation needs a network, and that
can be brought along.

1. **At home**, on a machine with a network and with the same system and Python version as the laptop of the lesson,
   copy this folder to a stick and put all packages beside it:

       pip download -r requirements.txt -d wheels

   On Linux, ask for torch's small CPU build first, as the README says: the usual one brings a GPU's libraries.
2. **On the laptop**, from the stick and without a network:

       python3 -m venv .venv
       .venv/bin/pip install --no-index --find-links wheels -r requirements.txt
       .venv/bin/streamlit run app.py

   (On Windows the folder is `.venv\\Scripts` instead of `.venv/bin`.)
3. **One laptop for the room.** Streamlit prints a "Network URL" when it starts, such as `http://192.168.0.10:8501`, and
   may add that it found no external address, which does no harm. Every phone and laptop in the same network opens it;
   put that address in place of localhost in the links. The laptop's firewall has to let TCP port 8501 in; allow it
   when the system asks, for private networks. Guest networks often keep their visitors apart: then use a router of
   your own, or the laptop's hotspot.
4. **Fifty at once.** The pages of the lecture compute little, and stepping through a grid happens in each reader's own
   browser. A network runs on *Inside the network*, *Read a chest X-ray*, *Shortcut lab* and *Read first* only, and
   there all readers share the laptop's processor: let one screen show them, or let groups share a browser.
5. **Films.** The built-in ones may be projected anywhere. Uploads stay in the laptop's memory and go with the tab; all
   the same, let nobody upload the film of a patient.

Try the whole plan once on that very laptop, with its network switched off."""

HOMEWORK = (
    ("review", "quiz=2", "Ten other questions", "the first answer counts, and a wrong one is told what went wrong."),
    ("read_first", "seed=1", "Read first", "say what you see on eight films before the network does, and count."),
)
"""Page, settings, name, and what to do there."""


def render_unit(one: Unit, *, answers: bool, base: str = "") -> str:
    """What to do, and the questions; with ``answers`` also what to expect. Markdown; formulas stand in backticks."""
    lines: list[str] = [one.do]
    settings: dict[str, str] = {}
    for prompt in one.prompts:
        if prompt.settings != settings:
            lines += ["", f"[{_opens(settings, prompt.settings) if answers else OPEN}]({one.link(prompt, base)})", ""]
            settings = prompt.settings
        lines.append(f"- {_plain(prompt.question)}" + (f" **Expected:** {_plain(prompt.answer)}" if answers else ""))
    return "\n".join(lines)


def render_timetable(plan: LessonPlan, base: str = "") -> str:
    """A plan's stops as a table; each part's name opens its first state. Markdown."""
    lines = ["| minutes | part |", "|---|---|"]
    for start, end, one in plan.timed():
        name = f"[{one.title}]({one.link(one.prompts[0], base)})" if one else "Break"
        lines.append(f"| {start}-{end} | {name} |")
    return "\n".join(lines)


def render_homework(base: str = "") -> str:
    """What to take home. Markdown."""
    return "\n".join(f"- [{title}]({base}{page}?{link}): {do}" for page, link, title, do in HOMEWORK)


def render_guide(base: str = LOCAL) -> str:
    """The whole guide as one Markdown file."""
    sections = ["# Teacher's guide", INTRODUCTION]
    for plan in PLANS:
        sections += [f"## A plan for {plan.name}", plan.about, render_timetable(plan, base)]
    sections += ["## The parts: what to do, what to ask, what to expect"]
    for one in units().values():
        sections += [f"### {one.title}", render_unit(one, answers=True, base=base)]
    sections += ["## To take home", render_homework(base), "## For a class without the internet", OFFLINE]
    return "\n\n".join(sections) + "\n"


def _opens(before: dict[str, str], now: dict[str, str]) -> str:
    """A link in words: what is set otherwise than in the link before it, as far as it is short.

    For the teacher's eyes: what is set may be the answer.
    """
    new = [f"{name} = {text}" for name, text in now.items() if before.get(name) != text and len(text) <= LONGEST]
    return f"Open with {', '.join(new)}" if before and new else OPEN


def _plain(text: str) -> str:
    """Stars outside of backticks are meant as stars."""
    return "`".join(piece if place % 2 else piece.replace("*", r"\*") for place, piece in enumerate(text.split("`")))


if __name__ == "__main__":
    FILE.write_text(render_guide(), encoding="utf-8")
