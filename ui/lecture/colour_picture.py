"""The picture of 32 x 32 x 3 that the lecture's filters of 5 x 5 x 3 read: a built-in one, or the reader's own."""

from dataclasses import replace

import numpy as np
import streamlit as st

from cnn.errors import UserError
from cnn.imaging.radiograph import read_colour_picture
from cnn.ops import toy_inputs
from cnn.ops.windows import Array
from ui.shell import upload_limits
from ui.shell.fields import Matrix, Rows
from ui.shell.page_state import State
from ui.shell.text import sentence_of
from ui.widgets.grid import Edit, Editing

SIDE = 32
BRIGHTEST = 9
"""Brightness goes from 0 to 9, so that products can be followed in the head."""
_PICTURE, _SENTENCE = "colour_picture", "colour_picture.sentence"
_FILE = "colour_picture.file"


def picture() -> Array:
    """Return the picture of this session, (3, 32, 32), whole numbers from 0 to 9 unless the reader typed others."""
    own: Array | None = st.session_state.get(_PICTURE)
    return toy_inputs.colour_scene() if own is None else own


def choose_picture() -> None:
    """Show a box for the reader's own picture, and a button back to the built-in one once there is another."""
    upload_limits.show_file_box(
        "Your own picture", type=["png", "jpg", "jpeg"], key=_FILE, on_change=_read, help="Kept in memory only."
    )
    if sentence := st.session_state.get(_SENTENCE):
        st.error(sentence)
    if _PICTURE in st.session_state:
        st.button("Back to the built-in picture", on_click=lambda: st.session_state.pop(_PICTURE, None))


def editing(state: State, field: Matrix) -> Editing | None:
    """Let the picture be drawn on, and the weights, 3F rows in ``field``, be typed over."""

    def edit(change: Edit) -> None:
        if change.part == "input":
            changed = picture().copy()
            changed[change.channel, change.row, change.column] = change.value
            st.session_state[_PICTURE] = changed
            return
        rows = state[field]
        state.put(field, replace(change, row=change.channel * len(rows[0]) + change.row).into(rows))

    return None if state.teach else Editing(("input", "kernel"), edit)


def _read() -> None:
    st.session_state.pop(_SENTENCE, None)
    file = st.session_state[_FILE]
    if file is None:
        return
    try:
        pixels = read_colour_picture(file.getvalue(), file.name, SIDE)
    except UserError as error:
        st.session_state[_SENTENCE] = sentence_of(error)
        return
    st.session_state[_PICTURE] = np.round(pixels.transpose(2, 0, 1) * (BRIGHTEST / 255))


def stack_slices(weights: Array) -> Rows:
    """Return a filter (3, F, F) as 3F rows, its slices one below the other."""
    return tuple(tuple(map(float, row)) for row in weights.reshape(-1, weights.shape[-1]))


def split_slices(rows: Rows) -> Array | None:
    """Return 3F rows of F numbers as a filter (3, F, F); None for another shape."""
    size = len(rows[0])
    return np.array(rows).reshape(3, size, size) if len(rows) == 3 * size else None
