"""Operating point: move the threshold, choose a prevalence, and see what a positive prediction is worth."""

import streamlit as st

from cnn.errors import UserError
from cnn.evaluation.operating_point import (
    COHORT_SIZE,
    confusion_at,
    expected_cohort,
    lowest_cost_threshold,
    rates_at_prevalence,
)
from cnn.lecture.questions.operating_point import ask_ppv
from ui.evaluation.operating_point import sections
from ui.evaluation.scores_cache import (
    ADULTS,
    MINED,
    NETWORK,
    TEST,
    VALIDATION,
    describe_films,
    load_card,
    load_scores,
)
from ui.shell import frame
from ui.shell.fields import Choice, Real, Whole
from ui.shell.page_state import State
from ui.shell.stage import PREDICT
from ui.shell.text import sentence_of
from ui.widgets import quiz

FILMS = Choice("films", "Films", TEST, options=(TEST, VALIDATION, ADULTS, MINED))
THRESHOLD = Real("threshold", "Threshold: PNEUMONIA from P =", 0.5, low=0, high=1, step=0.01)
PREVALENCE = Real("prevalence", "Prevalence: how many of 100 people have it", 5, low=0.5, high=90, step=0.5)
MISS_COST = Whole("miss", "A miss costs as much as how many false positives", 10, low=1, high=100)

frame.header(
    "Operating point",
    "A network gives a probability; the threshold, its operating point, decides from where on it means PNEUMONIA. "
    "Every threshold trades one kind of error for the other, and what a positive prediction is worth depends on "
    "how many people have the disease.",
)
state = State.open("operating_point", NETWORK, FILMS, THRESHOLD, PREVALENCE, MISS_COST, PREDICT)


@st.fragment  # a move of a slider redraws this part alone
def show_operating_point() -> None:
    """Show everything that follows from the scores; may raise ``UserError``."""
    left, right = st.columns(2)
    with left:
        network = state.choice(NETWORK)
    with right:
        group = state.choice(FILMS)
    films, frozen = load_scores(network, group), load_card(network)["threshold"]
    share_ill = 100 * films.labels.mean()
    cheapest = lowest_cost_threshold(
        load_scores(network, VALIDATION), sections.THRESHOLDS, state[PREVALENCE] / 100, state[MISS_COST]
    )
    st.markdown(describe_films(group, films))
    state.presets(
        "Go to",
        {
            "The frozen threshold": {THRESHOLD: round(frozen, 2)},
            "One half": {THRESHOLD: 0.5},
            "Cheapest on validation": {THRESHOLD: round(cheapest, 2)},
            "One in a hundred has it": {PREVALENCE: 1},
            "As many as in these films": {PREVALENCE: round(2 * share_ill) / 2},
        },
    )
    sections.show_frozen_threshold(frozen, adults=group in (ADULTS, MINED))
    left, right = st.columns(2)
    with left:
        threshold = state.slider(THRESHOLD)
    with right:
        prevalence = state.slider(PREVALENCE) / 100
    counts = confusion_at(films, threshold)
    rates = rates_at_prevalence(counts, prevalence)
    cohort = expected_cohort(rates, prevalence)
    settings = sections.Settings(threshold, prevalence, frozen)
    hide, rates_slot = state.flag(PREDICT), st.container()
    answered = cohort.positive_predictions == 0 or quiz.ask(ask_ppv(cohort, rates), state)
    with rates_slot:
        sections.show_rates(rates, counts, films, hide_predictive_values=hide and not answered)
    if answered or not hide:
        st.header(f"Out of {COHORT_SIZE:,} people", anchor=False)
        sections.show_cohort(cohort, rates)
        st.header("What lies behind", anchor=False)
        sections.show_scores(films, settings)
        left, right = st.columns(2)
        with left:
            sections.show_rates_by_threshold(films, settings)
        with right:
            sections.show_predictive_values_by_prevalence(rates, prevalence)
        st.header("What an error costs", anchor=False)
        sections.show_costs(films, cheapest, state.slider(MISS_COST), settings)
    state.share()
    state.remember()


try:
    show_operating_point()
except UserError as error:
    st.error(sentence_of(error))
frame.notice()
frame.footer(
    "operating_point",
    "Sensitivity and specificity belong to a threshold; PPV and NPV belong to a threshold and a prevalence. A network "
    "that is nearly always right can still be wrong in most of its positive predictions.",
)
