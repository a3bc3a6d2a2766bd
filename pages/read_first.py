"""Read first: commit to a read and mark where, then see the network's answer."""

import streamlit as st

from cnn.errors import UserError
from cnn.models import loading
from ui.chest import film_store, read_first
from ui.shell import frame
from ui.shell.page_state import State
from ui.shell.text import sentence_of
from ui.widgets.network_choice import choose_network

frame.header(
    "Read first",
    "Say NORMAL or PNEUMONIA and mark where, before the network says a word. A reader who has seen the answer first "
    "tends to see what it says.",
)
state = State.open("read_first", *read_first.FIELDS)
left, right = st.columns([3, 1])
with left:
    name = choose_network(film_store.list_models())
with right:
    chosen_number = state.number(read_first.NUMBER)
try:
    model = loading.load(name)
    series = read_first.choose_series(state)
    if series:
        number = min(chosen_number, len(series))
        if number < chosen_number:
            st.caption(f"There are {len(series)} films; this is the last of them.")
        read_first.read_film(series, number, model, state)
        read_first.show_summary()
except UserError as error:
    st.error(sentence_of(error))
frame.notice()
st.markdown(
    "**Nothing is stored.** Your reads are kept while this tab is open. **The series** has a number: everybody "
    "who opens it meets the same films in the same order. **The simulated films** are one simulated chest, turned, "
    "moved and toned; in half of them the shadow of a consolidation was laid somewhere into the lungs. A computed film "
    "looks a little unlike every real one, to you as to the network."
)
state.share()
frame.footer(
    "read_first",
    "Commit before you look. Agreement with a network is not being right, and a map that lights up is not a finding.",
)
