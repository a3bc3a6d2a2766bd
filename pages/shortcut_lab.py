"""Shortcut lab: change a film and see what the network was leaning on."""

import streamlit as st

from cnn.errors import UserError
from ui.chest import prediction_scale, sections, shortcut_lab
from ui.shell import frame
from ui.shell.page_state import State
from ui.shell.text import sentence_of

frame.header(
    "Shortcut lab",
    "Hide the lungs, keep only the margin, lay a marker on the film: if the prediction survives, it did not come from "
    "the lungs. Probability and map follow every change, beside those of the untouched film.",
)
state = State.open("shortcut_lab", *shortcut_lab.FIELDS)
choice, name = sections.choose_film_and_network()
model, film = sections.load_film_and_network(choice, name)
prediction_scale.warn_if_rejected(film)
trial = shortcut_lab.choose_trial(state)
try:
    shortcut_lab.show_comparison(film, model, trial, state)
except UserError as error:
    st.info(sentence_of(error))
shortcut_lab.show_effects(film, model, shortcut_lab.chosen_method(state))
st.markdown(shortcut_lab.describe_test_set(model))
frame.notice()
state.share()
frame.footer(
    "shortcut_lab",
    "A network takes whatever tells its training films apart. To find out what that was, change one thing and see "
    "whether the answer changes with it.",
)
