"""A picture on which one box is placed, by pointer or arrow keys."""

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import streamlit as st
from PIL import Image

from ui.shell.messages import received
from ui.shell.theme import FILM_MARK, LIGHT

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Box:
    """A box that covers ``width`` by ``height`` of the picture (0..1) and can lie at ``columns`` by ``rows`` places.

    At column 0 it is flush with the left side, at the last column with the right, and rows likewise. ``say`` names a
    place by its row and column, or by percent across and down.
    """

    columns: int
    rows: int
    width: float
    height: float
    say: Literal["cells", "percent"]
    lines: bool = False


def place_box(
    picture: np.ndarray,
    box: Box,
    at: tuple[int, int] | None,
    *,
    key: str,
    label: str,
    on_place: Callable[[int, int], None],
    fixed: bool = False,
) -> None:
    """Show ``picture`` (h, w) uint8 with ``box`` at (column, row), or without while ``at`` is None.

    ``on_place`` is called with column and row before the page runs again. A ``fixed`` box cannot be moved.
    """

    def placed() -> None:
        to = received(key, "to", {"column": range(box.columns), "row": range(box.rows)})
        if to and not fixed:
            on_place(to["column"], to["row"])

    data = {
        "label": label,
        "picture": _url(picture),
        "columns": box.columns,
        "rows": box.rows,
        "width": box.width,
        "height": box.height,
        "say": box.say,
        "lines": box.lines,
        "at": None if at is None else {"column": at[0], "row": at[1]},
        "fixed": fixed,
    }
    _component(key=key, data=data, on_to_change=placed)


def _url(picture: np.ndarray) -> str:
    data = io.BytesIO()
    Image.fromarray(picture).save(data, format="JPEG", quality=92)
    return f"data:image/jpeg;base64,{base64.b64encode(data.getvalue()).decode()}"


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


_component = st.components.v2.component(
    "place_on_picture",
    html=_read("place.html"),
    css=f".place {{ --box: {FILM_MARK}; --dark: {LIGHT.text}; }}\n" + _read("place.css"),
    js=_read("place.js"),
)
