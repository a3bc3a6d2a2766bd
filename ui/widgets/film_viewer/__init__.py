"""A viewer for radiographs and their maps: zoom, window and level, probe, ruler and outlines, all in the browser.

The film is sent once; no move of the reader asks the server, but for a box that a page wants to be drawn.
"""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from ui.shell import theme
from ui.shell.components import define_component
from ui.shell.messages import Between, ListOf, received
from ui.widgets.browser_store import store_in_browser

LEVELS = 127
"""Levels of a map on each side of 0."""
_BOX = ListOf((Between(0, 1),), 4)

Box = tuple[float, float, float, float]
"""Left, top, width and height of a box as shares of the film's sides."""


class FilmPicture(Protocol):
    """A film as a picture (h, w) uint8 of at most a screen's size, with the size of the film itself."""

    @property
    def name(self) -> str:
        """Name that the reader sees."""

    @property
    def picture(self) -> np.ndarray:
        """Pixels, (h, w) uint8."""

    @property
    def width(self) -> int:
        """Pixels of the film itself."""

    @property
    def height(self) -> int:
        """Pixels of the film itself."""


class ViewedFilm(FilmPicture, Protocol):
    """A film whose maps the browser keeps."""

    @property
    def sha256(self) -> str:
        """Hash that differs where the film differs."""

    @property
    def pixel_spacing_mm(self) -> tuple[float, float] | None:
        """Distance of pixel centres of the film itself, down and across, where the file gives it."""

    @property
    def stored(self) -> np.ndarray | None:
        """The file's own number in the middle of each pixel of ``picture``, (h, w) integers, where it has one."""


@dataclass(frozen=True)
class Picture:
    """A film that belongs to no file of the reader's: name, hash, and pixels (h, w) uint8 of its full size."""

    name: str
    sha256: str
    picture: np.ndarray = field(repr=False, compare=False)
    pixel_spacing_mm: tuple[float, float] | None = None
    stored: np.ndarray | None = None

    @property
    def width(self) -> int:
        """In pixels."""
        return int(self.picture.shape[1])

    @property
    def height(self) -> int:
        """In pixels."""
        return int(self.picture.shape[0])


@dataclass(frozen=True)
class ViewedMap:
    """A map over the film.

    Attributes:
        title: Shown above it.
        values: (S, S) in -1..1.
        signed: Whether negative values have a meaning.
        scale: What 1 stands for, in the map's own units.
        ends: Meaning of the left and the right end of the colour bar.
        description: The map in words.
    """

    title: str
    values: np.ndarray = field(repr=False, compare=False)
    signed: bool
    scale: float
    ends: tuple[str, str]
    description: str


@dataclass(frozen=True)
class Outline:
    """Lines around something: polygons of (x, y) as shares of the film's sides, with a name and a hex colour."""

    name: str
    colour: str
    polygons: tuple[tuple[tuple[float, float], ...], ...]

    @classmethod
    def of_boxes(cls, name: str, colour: str, boxes: Sequence[Box]) -> "Outline":
        """Return the outline of boxes."""
        corners = ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))
        polygons = (tuple((x + i * width, y + j * height) for i, j in corners) for x, y, width, height in boxes)
        return cls(name, colour, tuple(polygons))

    @classmethod
    def of_mask(cls, name: str, colour: str, mask: np.ndarray) -> "Outline":
        """Return the outline of ``mask`` (H, W) bool."""
        from skimage.measure import approximate_polygon, find_contours  # takes a second

        height, width = mask.shape
        contours = find_contours(np.pad(mask.astype(float), 1), 0.5)
        lines = (approximate_polygon(contour, 0.8) - 1 for contour in contours)
        return cls(name, colour, tuple(tuple((x / width, y / height) for y, x in line) for line in lines))


def show_viewer(
    film: ViewedFilm,
    maps: Sequence[ViewedMap] = (),
    outlines: Sequence[Outline] = (),
    *,
    key: str,
    pending: Sequence[str] = (),
    outlined: bool = True,
    drawn: Box | None = None,
    on_draw: Callable[[Box], None] | None = None,
) -> None:
    """Show ``film`` with ``maps`` beside it.

    Args:
        film: The film.
        maps: At most four.
        outlines: What can be outlined over film and maps.
        key: Key of the component.
        pending: Titles of maps that are being computed; each has an empty place.
        outlined: Whether outlines are shown at first.
        drawn: The box that the reader has drawn.
        on_draw: Called with the box that the reader draws, before the page runs again; None where none is asked for.
    """

    def drew() -> None:
        box = received(key, "box", _BOX)
        if on_draw and box and len(box) == _BOX.most:
            left, top, width, height = (float(value) for value in box)
            on_draw((left, top, width, height))

    stored = b"" if film.stored is None else film.stored.astype("<i4").tobytes()
    padding = bytes(-film.picture.size % 4)  # typed arrays begin at multiples of their size
    store_in_browser(f"{key} film", film.sha256, film.picture.tobytes() + padding + stored)
    height, width = film.picture.shape
    data: dict[str, Any] = {
        "store": f"{key} film",
        "film": film.sha256,
        "name": film.name,
        "size": [width, height],
        "pixels": [film.width, film.height],
        "spacing": film.pixel_spacing_mm,
        "maps": [_encode(one) for one in maps],
        "pending": list(pending),
        "outlines": [{"name": o.name, "colour": o.colour, "polygons": o.polygons} for o in outlines],
        "outlined": outlined,
        "drawing": on_draw is not None,
        "drawn": drawn,
        "colours": {"positive": theme.FILM_POSITIVE, "negative": theme.FILM_NEGATIVE, "mark": theme.FILM_MARK},
    }
    _component(key=key, data=data, on_box_change=drew)


def _encode(one: ViewedMap) -> dict[str, Any]:
    levels = np.round(one.values * LEVELS).astype(np.int8)
    return {
        "title": one.title,
        "values": base64.b64encode(levels.tobytes()).decode(),
        "side": levels.shape[0],
        "signed": one.signed,
        "scale": one.scale,
        "ends": one.ends,
        "description": one.description,
    }


_component = define_component("film_viewer", __file__, "viewer.html", "viewer.css", "paint.js", "hand.js", "viewer.js")
