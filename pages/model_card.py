"""Model card: what a network is made of, and how good it is on films that it was not trained on, with intervals."""

from typing import Any

import streamlit as st

from cnn.cards import network_title
from cnn.errors import UserError
from ui.evaluation.model_card import lungs_and_gate, sections, stress
from ui.evaluation.scores_cache import ADULTS, NETWORK, TEST, VALIDATION
from ui.shell import frame, stage
from ui.shell.fields import Choice, Field
from ui.shell.page_state import State
from ui.shell.text import sentence_of

FILMS = Choice("films", "Films", TEST, options=(TEST, VALIDATION, ADULTS))
EXAMPLES: dict[str, dict[Field[Any], Any]] = {
    "Children, official test": {FILMS: TEST},
    "Adults, another hospital": {FILMS: ADULTS},
    "The baseline": {NETWORK: "logistic_regression"},
    network_title(NETWORK.default): {NETWORK: NETWORK.default},
}
RESULTS = (
    "All numbers",
    "Curves",
    "Calibration and errors",
    "Groups of patients",
    "Lungs hidden",
    "Under stress",
    "What it is made of",
    "Lungs and rejection",
)

frame.header(
    "Model card",
    "How good is a network on films that it was not trained on, and on whose films?",
)
state = State.open("model_card", NETWORK, FILMS)


def show_card() -> None:
    """Show the whole card; may raise ``UserError``."""
    view = stage.open_view(state, EXAMPLES)
    with view.panel:
        network, group = state.select(NETWORK), state.select(FILMS)
        sections.show_headline(network, group)
    with view.stage:
        sections.show_conclusion(network)
    numbers, curves, errors, groups, hidden, stressed, made_of, others = view.tabs(state, *RESULTS)
    with numbers:
        sections.show_performance(network)
    with curves:
        sections.show_ranking(network, group)
        sections.show_curves(network, group)
    with errors:
        sections.show_calibration_and_errors(network, group)
    with groups:
        sections.show_subgroups(network, group)
    with hidden:
        sections.show_hidden_lungs(network)
    with stressed:
        stress.show_corrupted(network)
        stress.show_hard_question(network)
    with made_of:
        sections.show_training(network)
    with others:
        lungs_and_gate.show_lung_segmenter()
        lungs_and_gate.show_ood_gate()


try:
    show_card()
except UserError as error:
    st.error(sentence_of(error))
frame.notice()
frame.footer(
    "model_card",
    "A figure is only as good as its films and its labels, and its interval tells how far chance reaches. A high "
    "figure does not show that the network used the lungs.",
)
