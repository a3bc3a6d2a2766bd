"""The milestones of the lecture's timeline (slide 5) in order of time, from ``content/timeline.toml``."""

from dataclasses import dataclass

from cnn.lecture.content_files import FOLDER, read_content


@dataclass(frozen=True)
class Milestone:
    """One point of the timeline, or a span if ``until`` is set; ``question_stem`` completes "In which year ...?"."""

    name: str
    year: int
    summary: str
    story: str
    source: str
    question_stem: str = ""
    until: int | None = None
    points: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Timeline:
    milestone: tuple[Milestone, ...]


TIMELINE = read_content(FOLDER / "timeline.toml", _Timeline).milestone
