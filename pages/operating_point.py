"""Operating point: move the threshold, choose a prevalence, and see what a positive prediction is worth."""

import streamlit as st

from cnn.errors import UserError
from cnn.evaluation.operating_point import confusion_at, expected_cohort, rates_at_prevalence
from cnn.lecture.questions.operating_point import ask_ppv
from ui.evaluation import threshold_explorer
from ui.evaluation.operating_point import sections, settings
from ui.evaluation.operating_point.settings import FILMS, MISS_COST, PREVALENCE, THRESHOLD, Settings
from ui.evaluation.scores_cache import NETWORK, describe_films, load_card, load_scores
from ui.shell import frame, stage
from ui.shell.page_state import State
from ui.shell.stage import PREDICT
from ui.shell.text import sentence_of
from ui.widgets import quiz

QUESTIONS = (5, 1, 20, 50, 2, 10)  # prevalences in percent

frame.header(
    "Operating point",
    "A network gives a probability; the prediction is PNEUMONIA if the probability is at or above the "
    "threshold. Move it: one kind of error becomes rarer, the other more frequent. How often is a positive prediction "
    "correct?",
)
state = State.open("operating_point", NETWORK, FILMS, THRESHOLD, PREVALENCE, MISS_COST, PREDICT)


def keep(threshold: float, prevalence: float, frozen: float) -> None:
    """Write what the reader has set in the browser into the page's fields."""
    state.put(THRESHOLD, None if abs(threshold - frozen) < 1e-9 else threshold)
    state.put(PREVALENCE, round(200 * prevalence) / 2)


def next_question() -> None:
    """Set another prevalence."""
    now = state[PREVALENCE]
    state.put(PREVALENCE, QUESTIONS[(QUESTIONS.index(int(now)) + 1) % len(QUESTIONS)] if now in QUESTIONS else 5)


@st.fragment  # a change redraws this part alone
def lesson() -> None:
    """Show the page below its heading; may raise ``UserError``."""
    chips = settings.examples(state[NETWORK], state[FILMS], state[PREVALENCE], state[MISS_COST])
    view = stage.open_view(state, chips)
    with view.panel:
        network, group = state.select(NETWORK), state.select(FILMS)
        films, frozen = load_scores(network, group), float(load_card(network)["threshold"])
        st.markdown(describe_films(group, films))
        own = state[THRESHOLD]
        threshold = frozen if own is None else own
        st.caption(sections.describe_limits(network, group, threshold))
    chosen = Settings(threshold, state[PREVALENCE] / 100, frozen)
    rates = rates_at_prevalence(confusion_at(films, chosen.threshold), chosen.prevalence)
    cohort = expected_cohort(rates, chosen.prevalence)
    question = ask_ppv(cohort, rates) if cohort.positive_predictions else None
    hidden = quiz.dock(view, question, state, next_question)
    with view.stage:
        on_rest = None if state.teach else lambda at, prevalence: keep(at, prevalence, frozen)
        threshold_explorer.show_explorer(films, chosen, key="explorer", hide=hidden, on_rest=on_rest)
    if hidden:
        view.tabs(state)
    else:
        curves, costs, details = view.tabs(state, "Every threshold", "What an error costs", stage.DETAILS)
        with curves:
            sections.show_curves(films, rates, chosen)
        with costs:
            miss = state.slider(MISS_COST)
            sections.show_costs(network, films, miss, chosen)
        with details:
            sections.show_details(films, rates, cohort, chosen)
    state.remember()


try:
    lesson()
except UserError as error:
    st.error(sentence_of(error))
frame.notice()
frame.footer(
    "operating_point",
    "Sensitivity and specificity belong to a threshold; PPV and NPV belong to a threshold and a prevalence. A network "
    "that is nearly always right can still be wrong in most of its positive predictions.",
)
