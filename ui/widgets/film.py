"""One radiograph to work on, kept until this reader opens another page."""

import streamlit as st

from cnn.imaging.radiograph import Radiograph, read_radiograph
from ui.shell.session_data import with_the_page
from ui.widgets import upload

_KEPT = with_the_page("film.kept")


def choose() -> Radiograph | None:
    """The chosen picture, the first of several; None while nothing is chosen. Raises ``UserError``."""
    offers = upload.choose()
    if not offers:
        return None
    kept = st.session_state.get(_KEPT)
    if kept is None or kept[0] != offers[0].key:
        kept = st.session_state[_KEPT] = offers[0].key, read_radiograph(*offers[0].read())
    radiograph: Radiograph = kept[1]
    return radiograph
