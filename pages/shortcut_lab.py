"""Shortcut lab: change a film and see what the network was leaning on."""

import streamlit as st

from cnn.errors import UserError
from cnn.models import loading
from ui.chest import film_store, prediction_scale, sections, shortcut_lab
from ui.shell import frame
from ui.shell.page_state import State
from ui.shell.text import sentence_of

frame.header(
    "Shortcut lab",
    "Hide the lungs, keep only the margin, lay a marker on the film: if the prediction survives, it did not come from "
    "the lungs. Probability and map follow every change, beside those of the untouched film.",
)
state = State.open("shortcut_lab", *shortcut_lab.FIELDS)
choices, name = sections.choose_film_and_network()
try:
    model = loading.load(name)
    film = sections.pick_film(film_store.read_films(choices), model)
    if film is not None:
        prediction_scale.warn_if_rejected(film)
        trial = shortcut_lab.choose_trial(state)
        try:
            shortcut_lab.show_comparison(film, model, trial, state)
        except UserError as error:
            st.info(sentence_of(error))
        shortcut_lab.show_effects(film, model, shortcut_lab.chosen_method(state))
    st.markdown(shortcut_lab.describe_test_set(model))
except UserError as error:
    st.error(sentence_of(error))
frame.notice()
state.share()
frame.footer(
    "shortcut_lab",
    "A network takes whatever tells its training films apart. To find out what that was, change one thing and see "
    "whether the answer changes with it.",
)
