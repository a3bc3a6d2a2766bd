"""Model card: what a network is made of, and how good it is on films that it was not trained on, with intervals."""

import streamlit as st

from cnn.errors import UserError
from ui.evaluation.model_card import sections
from ui.evaluation.scores_cache import ADULTS, NETWORK, TEST, VALIDATION
from ui.shell import frame
from ui.shell.fields import Choice
from ui.shell.page_state import State
from ui.shell.text import sentence_of

FILMS = Choice("films", "Films", TEST, options=(TEST, VALIDATION, ADULTS))

frame.header(
    "Model card",
    "What a network was made of, and how good it is on films that it was not trained on. One command measures all of "
    "it, `python -m cnn.training.evaluate`; no number on this page was typed by hand.",
)
state = State.open("model_card", NETWORK, FILMS)


def show_card() -> None:
    """Show the whole card; may raise ``UserError``."""
    with st.container(horizontal=True):
        network = state.choice(NETWORK)
    st.header("What it is made of", anchor=False)
    sections.show_training(network)
    st.header("All numbers", anchor=False)
    sections.show_performance(network)
    st.header("A closer look", anchor=False)
    group = state.choice(FILMS)
    sections.show_films(network, group)
    sections.show_curves(network, group)
    sections.show_subgroups(network, group)
    st.header("When the lungs are hidden", anchor=False)
    st.markdown("Hiding a part of the film shows how far a prediction depends on it. The official test films again:")
    sections.show_hidden_lungs(network)
    st.header("Where the lungs are", anchor=False)
    sections.show_lung_segmenter()
    st.header("What is rejected", anchor=False)
    sections.show_ood_gate()


try:
    show_card()
except UserError as error:
    st.error(sentence_of(error))
frame.notice()
state.share()
frame.footer(
    "model_card",
    "A number of a network is worth as much as the films, the labels and the interval behind it, and a high one does "
    "not show that the network used the lungs.",
)
