"""Operating point: move the threshold, choose a prevalence, and see what a positive prediction is worth."""

from typing import Any

import streamlit as st

from cnn.errors import UserError
from cnn.evaluation.operating_point import (
    confusion_at,
    expected_cohort,
    lowest_cost_threshold,
    rates_at_prevalence,
    thresholds_of_films,
)
from cnn.lecture.questions.operating_point import ask_ppv
from ui.evaluation import threshold_explorer
from ui.evaluation.operating_point import sections
from ui.evaluation.operating_point.sections import Settings, Threshold
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
from ui.shell import frame, stage
from ui.shell.fields import Choice, Field, Real, Whole
from ui.shell.page_state import State
from ui.shell.stage import PREDICT
from ui.shell.text import sentence_of
from ui.widgets import quiz

FILMS = Choice("films", "Films", TEST, options=(TEST, VALIDATION, ADULTS, MINED))
THRESHOLD = Threshold("threshold", "Threshold", None)
PREVALENCE = Real("prevalence", "Prevalence, people of 100", 5, low=0.5, high=90, step=0.5)
MISS_COST = Whole("miss", "A miss costs as much as how many false positives", 10, low=1, high=100)
QUESTIONS = (5, 1, 20, 50, 2, 10)  # prevalences in percent

frame.header(
    "Operating point",
    "A network gives a probability; the prediction is PNEUMONIA if the probability is at or above the "
    "threshold. Move it: one kind of error becomes rarer, the other more frequent. How often is a positive prediction "
    "correct?",
)
state = State.open("operating_point", NETWORK, FILMS, THRESHOLD, PREVALENCE, MISS_COST, PREDICT)


def settings_to_try(network: str, group: str) -> dict[str, dict[Field[Any], Any]]:
    """Return the examples, each with a threshold and a prevalence; some depend on the films' scores and labels."""
    films = load_scores(network, group)
    equal_rates, missing_none = thresholds_of_films(films)
    cheapest = find_cheapest(network, PREVALENCE.default, MISS_COST.default)
    own: dict[Field[Any], Any] = {THRESHOLD: None}
    usual: dict[Field[Any], Any] = {PREVALENCE: PREVALENCE.default}
    return {
        "The model's threshold": own | usual,
        "Sensitivity ≈ specificity": usual | {THRESHOLD: equal_rates},
        "Miss no film": usual | {THRESHOLD: missing_none},
        "Lowest cost (validation)": usual | {THRESHOLD: round(cheapest, 2), MISS_COST: MISS_COST.default},
        "1 of 100 is ill": own | {PREVALENCE: 1},
        "Prevalence of these films": own | {PREVALENCE: round(200 * films.labels.mean()) / 2},
    }


def find_cheapest(network: str, prevalence: float, miss_cost: int) -> float:
    """Return the threshold that costs least on the validation films."""
    films = load_scores(network, VALIDATION)
    return lowest_cost_threshold(films, sections.THRESHOLDS, prevalence / 100, miss_cost)


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
    view = stage.open_view(state, settings_to_try(state[NETWORK], state[FILMS]))
    with view.panel:
        network, group = state.select(NETWORK), state.select(FILMS)
        films, frozen = load_scores(network, group), float(load_card(network)["threshold"])
        st.markdown(describe_films(group, films))
        chosen = state[THRESHOLD]
        threshold = frozen if chosen is None else chosen
        st.caption(sections.describe_limits(network, group, threshold))
    settings = Settings(threshold, state[PREVALENCE] / 100, frozen)
    rates = rates_at_prevalence(confusion_at(films, settings.threshold), settings.prevalence)
    cohort = expected_cohort(rates, settings.prevalence)
    question = ask_ppv(cohort, rates) if cohort.positive_predictions else None
    hidden = quiz.dock(view, question, state, next_question)
    with view.stage:
        on_rest = None if state.teach else lambda at, prevalence: keep(at, prevalence, frozen)
        threshold_explorer.show_explorer(films, settings, key="explorer", hide=hidden, on_rest=on_rest)
    if hidden:
        view.tabs(state)
    else:
        curves, costs, details = view.tabs(state, "Every threshold", "What an error costs", stage.DETAILS)
        with curves:
            sections.show_curves(films, rates, settings)
        with costs:
            miss = state.slider(MISS_COST)
            sections.show_costs(films, find_cheapest(network, state[PREVALENCE], miss), miss, settings)
        with details:
            sections.show_details(films, rates, cohort, settings)
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
