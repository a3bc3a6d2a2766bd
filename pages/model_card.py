"""Model card: what a network is made of, and how good it is on films that it has not seen, with intervals."""

import streamlit as st

from cnn.errors import UserError
from ui.evaluation.model_card import sections
from ui.evaluation.scores_cache import ADULTS, NETWORK, TEST, VALIDATION
from ui.shell import frame
from ui.shell.fields import Choice
from ui.shell.page_state import State

FILMS = Choice("films", "Films", TEST, options=(TEST, VALIDATION, ADULTS))

frame.header(
    "Model card",
    "What a network was made of, and how good it is on films that it was not trained on. One command measures all of "
    "it, `python -m cnn.training.evaluate`; no number on this page was typed by hand.",
    "Choose the films of adults: the same films and the same answers, marked by two answer keys.",
)
state = State.open("model_card", NETWORK, FILMS)


def show() -> None:
    """The whole card. Raises ``UserError`` where a file of it is missing or does not fit."""
    with st.container(horizontal=True):
        name = state.choice(NETWORK)
    st.header("What it is made of", anchor=False)
    sections.made_of(name)
    st.header("All numbers", anchor=False)
    sections.numbers(name)
    st.header("A closer look", anchor=False)
    which = state.choice(FILMS)
    sections.which_films(name, which)
    sections.curves_of(name, which)
    sections.by_group(name, which)
    st.header("When the lungs are hidden", anchor=False)
    st.markdown("What a network leans on shows when it is taken away. The official test films, judged again:")
    sections.when_hidden(name)
    st.header("Who finds the lungs", anchor=False)
    sections.lungs()
    st.header("What is refused", anchor=False)
    sections.refusal()


try:
    show()
except UserError as error:
    st.error(str(error))
frame.notice()
state.share()
frame.footer(
    "model_card",
    "A number of a network is worth as much as the films, the labels and the interval that stand behind it, and a high "
    "one does not say that it looked at the lungs.",
)
