"""The lecture's outline and objectives (slides 3-4), from ``content/outline.toml``."""

from dataclasses import dataclass

from cnn.lecture.content_files import FOLDER, read_content


@dataclass(frozen=True)
class Point:
    """One point of the outline, its slides, and the file of the first page on it."""

    title: str
    slides: str
    page: str


@dataclass(frozen=True)
class _Outline:
    objectives: tuple[str, ...]
    point: tuple[Point, ...]


_CONTENT = read_content(FOLDER / "outline.toml", _Outline)
OUTLINE, OBJECTIVES = _CONTENT.point, _CONTENT.objectives
