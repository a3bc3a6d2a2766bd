"""Books and courses for further reading (slide 46), from ``content/references.toml``."""

from dataclasses import dataclass

from cnn.lecture.content_files import FOLDER, read_content


@dataclass(frozen=True)
class Reference:
    """A book or course; ``part`` names the part that is closest to this course."""

    authors: str
    title: str
    published: str
    part: str
    url: str = ""


@dataclass(frozen=True)
class _References:
    reference: tuple[Reference, ...]


REFERENCES = read_content(FOLDER / "references.toml", _References).reference
