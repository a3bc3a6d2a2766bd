"""Operating point: slide the threshold, choose a prevalence, and see what a call is worth."""

import streamlit as st

from cnn.errors import UserError
from cnn.evaluation import operating_point
from cnn.lecture.questions.operating_point import ask_ppv
from ui.evaluation import scores_cache
from ui.evaluation.operating_point import sections
from ui.evaluation.scores_cache import ADULTS, DESCRIPTIONS, MINED, NETWORK, TEST, VALIDATION
from ui.shell import frame
from ui.shell.fields import Choice, Flag, Real, Whole
from ui.shell.page_state import State
from ui.widgets import quiz

FILMS = Choice("films", "Films", TEST, options=(TEST, VALIDATION, ADULTS, MINED))
THRESHOLD = Real("threshold", "Threshold: called PNEUMONIA from P =", 0.5, low=0, high=1, step=0.01)
PREVALENCE = Real("prevalence", "Prevalence: how many of 100 people have it", 5, low=0.5, high=90, step=0.5)
MISS = Whole("miss", "A miss costs as much as so many false alarms", 10, low=1, high=100)
HIDE = Flag("hide", "Hide what a call is worth until I have predicted it", False)

frame.header(
    "Operating point",
    "A network gives a number; somebody has to say from where on it counts as PNEUMONIA. Every threshold trades one "
    "kind of error for the other, and what a call is worth depends on how many people have the disease.",
    "Leave the threshold and lower the prevalence to 1: what happens to the accuracy, and what to the PPV?",
)
state = State.open("operating_point", NETWORK, FILMS, THRESHOLD, PREVALENCE, MISS, HIDE)


@st.fragment  # a move of a slider redraws this part alone
def lesson() -> None:
    """Everything that follows from the scores. Raises ``UserError`` where their file is missing or does not fit."""
    left, right = st.columns(2)
    with left:
        name = state.choice(NETWORK)
    with right:
        which = state.choice(FILMS)
    films, validation = scores_cache.load_scores(name, which), scores_cache.load_scores(name, VALIDATION)
    frozen, share = scores_cache.load_card(name)["threshold"], 100 * films.labels.mean()
    best = operating_point.lowest_cost_threshold(validation, sections.TRIED, state[PREVALENCE] / 100, state[MISS])
    st.markdown(f"These are {DESCRIPTIONS[which]}: {scores_cache.describe_films(films)}.")
    state.presets("Go to", {
        "The frozen threshold": {THRESHOLD: round(frozen, 2)},
        "One half": {THRESHOLD: 0.5},
        "Cheapest on validation": {THRESHOLD: round(best, 2)},
        "One in a hundred has it": {PREVALENCE: 1},
        "As many as in these films": {PREVALENCE: round(2 * share) / 2},
    })  # fmt: skip
    st.caption(sections.frozen_words(frozen, adults=which in (ADULTS, MINED)))
    left, right = st.columns(2)
    with left:
        threshold = state.real(THRESHOLD)
    with right:
        prevalence = state.real(PREVALENCE) / 100
    counts = operating_point.confusion_at(films, threshold)
    rates = operating_point.rates_at_prevalence(counts, prevalence)
    people = operating_point.expected_cohort(rates, prevalence)
    hide, stage = state.flag(HIDE), st.container()
    told = people.true_positives + people.false_positives == 0 or quiz.ask(ask_ppv(people, rates), state)
    with stage:
        sections.rates(rates, counts, films, hidden=hide and not told)
    if told or not hide:
        st.header(f"Out of {operating_point.COHORT_SIZE:,} people", anchor=False)
        sections.a_thousand(people, rates)
        st.header("What lies behind", anchor=False)
        sections.scores(films, threshold, frozen)
        left, right = st.columns(2)
        with left:
            sections.over_thresholds(films, prevalence, threshold, frozen)
        with right:
            sections.over_prevalences(rates, prevalence)
        st.header("What an error costs", anchor=False)
        miss = state.slider(MISS)
        sections.costs(films, validation, prevalence, miss, threshold, frozen)
    state.share()
    state.remember()


try:
    lesson()
except UserError as error:
    st.error(str(error))
frame.notice()
frame.footer(
    "operating_point",
    "Sensitivity and specificity belong to a threshold; PPV and NPV belong to a threshold and a place. A network that "
    "is nearly always right can still be wrong in most of its calls.",
)
