"""Shortcut lab: change a film and see what the network was leaning on."""

import streamlit as st

from cnn.errors import UserError
from cnn.models import loading
from ui.chest import film_store, prediction_scale, sections, shortcut_lab
from ui.shell import frame
from ui.shell.page_state import State

frame.header(
    "Shortcut lab",
    "Hide the lungs, keep only the margin, lay a marker on the film: what a network still says, it did not read where "
    "you thought. Probability and map follow every change, beside those of the untouched film.",
    "Keep only the frame. How sure is the network, without a chest?",
)
state = State.open("shortcut_lab", *shortcut_lab.FIELDS)
offers, name = sections.choose()
try:
    model = loading.load(name)
    film = sections.pick(film_store.read_films(offers), model)
    if film is not None:
        prediction_scale.warn_if_rejected(film)
        trial = shortcut_lab.ask(state)
        try:
            shortcut_lab.show_comparison(film, model, trial, state)
        except UserError as error:
            st.info(str(error))
        shortcut_lab.running_table(film, model, shortcut_lab.method_of(state))
    st.markdown(shortcut_lab.over_the_test_set(model))
except UserError as error:
    st.error(str(error))
frame.notice()
state.share()
frame.footer(
    "shortcut_lab",
    "A network takes whatever tells its training films apart. To find out what that was, change one thing and see "
    "whether the answer changes with it.",
)
