"""Thumbnails of all films that a reader can choose, built in or their own; and ways to add one from anywhere on a page.

Labels are hidden until the reader asks for them. Files that are dropped anywhere on the page, pasted or taken with a
camera are handed to Streamlit's own upload box, so that they take the same checked way as all others.
"""

import base64
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from cnn.imaging.grayscale import to_8_bits
from cnn.imaging.radiograph import read_radiograph
from cnn.imaging.samples.real_films import GALLERY, RealFilm
from ui.shell.components import define_component
from ui.shell.messages import received

SIDE = 72
"""Side of a thumbnail in pixels."""
COLUMNS = 10
"""Thumbnails in a row of the sprite that holds those of the built-in films."""
_GROUPS = {"child": "Children", "adult": "Adults"}
_OTHER_GROUP = "Others"


@dataclass(frozen=True)
class OwnThumbnail:
    """A film of the reader's own as the gallery shows it: key, title and the picture as a data URL."""

    key: str
    title: str
    picture: str


def show_film_gallery(
    current: str,
    own: Sequence[OwnThumbnail],
    *,
    on_choose: Callable[[str], None],
    on_remove: Callable[[str | None], None],
) -> None:
    """Show all films with the film of key ``current`` marked.

    Args:
        current: Key of the film that the page shows.
        own: The reader's own films, first in the gallery.
        on_choose: Called with the key of the film that the reader presses, before the page runs again.
        on_remove: Called with the key of an own film to be removed, or None for all of them.
    """
    key = "film gallery"

    own_keys = [film.key for film in own]
    keys = [sample.key for sample in GALLERY] + own_keys

    def chosen() -> None:
        if name := received(key, "choose", keys):
            on_choose(name)

    def removed() -> None:
        if (name := received(key, "remove", ["", *own_keys])) is not None:
            on_remove(name or None)

    films = [
        {"key": sample.key, "title": sample.title, "group": _group(sample), "label": getattr(sample, "label", "")}
        for sample in GALLERY
    ]
    own_films = [{"key": film.key, "title": film.title, "picture": film.picture} for film in own]
    data: dict[str, Any] = {"sprite": _sprite(), "side": SIDE, "columns": COLUMNS, "rows": -(-len(films) // COLUMNS)}
    data |= {"films": films, "own": own_films, "current": current}
    _component(key=key, data=data, on_choose_change=chosen, on_remove_change=removed)


def thumbnail_url(greys: np.ndarray) -> str:
    """Return ``greys`` (H, W), 0..1, as the data URL of a square thumbnail."""
    return _url(_thumbnail(greys))


def _group(sample: object) -> str:
    return _GROUPS[sample.group] if isinstance(sample, RealFilm) else _OTHER_GROUP


@cache
def _sprite() -> str:
    """Return the thumbnails of all built-in films, row by row, as the data URL of one picture."""
    sprite = Image.new("L", (COLUMNS * SIDE, -(-len(GALLERY) // COLUMNS) * SIDE))
    for number, sample in enumerate(GALLERY):
        row, column = divmod(number, COLUMNS)
        sprite.paste(_thumbnail(read_radiograph(*sample.read()).pixels), (column * SIDE, row * SIDE))
    return _url(sprite)


def _thumbnail(greys: np.ndarray) -> Image.Image:
    image = Image.fromarray(to_8_bits(greys))
    return ImageOps.pad(image, (SIDE, SIDE), Image.Resampling.LANCZOS)


def _url(image: Image.Image) -> str:
    data = io.BytesIO()
    image.save(data, format="JPEG", quality=70)
    return f"data:image/jpeg;base64,{base64.b64encode(data.getvalue()).decode()}"


_component = define_component("film_gallery", __file__, "gallery.html", "gallery.css", "gallery.js")
