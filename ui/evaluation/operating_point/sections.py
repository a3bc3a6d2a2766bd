"""Parts of the operating point below its stage: rates with intervals, curves over threshold and prevalence, costs."""

import itertools
from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from cnn.cards import CLASSES
from cnn.evaluation.operating_point import (
    COHORT_SIZE,
    Cohort,
    ConfusionCounts,
    Rates,
    confusion_at,
    expected_cost,
    predictive_values,
    sensitivity_and_specificity,
)
from cnn.evaluation.scores import Scores
from cnn.text import percent, precise_percent
from ui.evaluation.charts import Labels
from ui.evaluation.operating_point import charts
from ui.evaluation.operating_point.settings import THRESHOLDS, Settings, find_cheapest
from ui.evaluation.scores_cache import ADULTS, MINED, TEST, VALIDATION, format_percent, load_scores
from ui.widgets.tables import show_table

SCORE_BINS = np.linspace(0, 1, 21)
PREVALENCES = np.geomspace(0.001, 0.9, 60)
_TABLE_STEP = 5
_RATES = {
    "sensitivity": "of those who have it, are predicted to have it",
    "specificity": "of those who do not have it, are predicted not to have it",
    "ppv": "positive predictive value: of the positive predictions, are correct",
    "npv": "negative predictive value: of the negative predictions, are correct",
    "accuracy": "of all predictions, are correct",
}


def show_curves(films: Scores, rates: Rates, settings: Settings) -> None:
    """Show how the rates depend on the threshold and on the prevalence."""
    left, right = st.columns(2)
    with left:
        _show_rates_by_threshold(films, settings)
    with right:
        _show_predictive_values_by_prevalence(rates, settings.prevalence)


def show_details(films: Scores, rates: Rates, cohort: Cohort, settings: Settings) -> None:
    """Show the rates with their intervals, the thousand people, and the films by score as tables."""
    _show_rates(rates, confusion_at(films, settings.threshold), films)
    _show_cohort(cohort, rates, settings.prevalence)
    _show_scores(films)


def _show_rates(rates: Rates, counts: ConfusionCounts, films: Scores) -> None:
    """Show every rate with its interval."""
    rows = [
        [name.upper() if name in ("ppv", "npv") else name, format_percent(getattr(rates, name)), meaning]
        for name, meaning in _RATES.items()
    ]
    show_table(["rate", "share, 95 % interval", "of whom"], rows, label="Rates at this threshold", words=True)
    for name, errors, label in (("sensitivity", counts.false_negatives, 1), ("specificity", counts.false_positives, 0)):
        if errors[0] == 0:
            patients = len(np.unique(films.patients[films.labels == label]))
            st.caption(
                f"No film was wrong for the {name}, so no resample has an error either, and the interval is a point. "
                f"By the rule of three, {patients} patients without an error are compatible, with 95 % confidence, "
                f"with an error rate of up to {percent(3 / patients, 1)}."
            )


def _show_cohort(cohort: Cohort, rates: Rates, prevalence: float) -> None:
    """Show the people in words and in a table."""
    st.markdown(_compare_ppv_with_accuracy(cohort, rates))
    ill, positive = cohort.ill, cohort.positive_predictions
    missed = _count(cohort.false_negatives, prevalence * (1 - rates.sensitivity.value))
    alarms = _count(cohort.false_positives, (1 - prevalence) * (1 - rates.specificity.value))
    show_table(
        [f"{COHORT_SIZE:,} people", "predicted PNEUMONIA", "predicted NORMAL", "together"],
        [
            ["have it", str(cohort.true_positives), missed, str(ill)],
            ["do not have it", alarms, str(cohort.true_negatives), str(COHORT_SIZE - ill)],
            ["together", str(positive), str(COHORT_SIZE - positive), f"{COHORT_SIZE:,}"],
        ],
        label="A thousand people",
        strong=[2],
    )


def _count(people: int, share: float) -> str:
    """Return a number of people, and for a 0 that is only rounded how many it is of more people."""
    group = COHORT_SIZE
    while share and not round(group * share):
        group *= 10
    return str(people) if people or not share else f"0 ({round(group * share)} of {group:,})"


def _compare_ppv_with_accuracy(cohort: Cohort, rates: Rates) -> str:
    ill, positive = cohort.ill, cohort.positive_predictions
    if not positive:
        return "No prediction is positive, so none can be a false positive, and everyone who has it is missed."
    ppv = (
        f"**About {cohort.true_positives} of {positive} positive predictions are correct**: the PPV is "
        f"{precise_percent(rates.ppv.value)}."
    )
    accuracy = f"{precise_percent(rates.accuracy.value)} of all predictions are correct"
    if rates.ppv.value >= rates.accuracy.value:
        return f"{ppv} {accuracy}. Lower the prevalence and watch the PPV, not the accuracy."
    return (
        f"{ppv} And yet {accuracy}. For each person who has it there are {(COHORT_SIZE - ill) / max(1, ill):.0f} who "
        f"do not, so an error in {percent(1 - rates.specificity.value, 1)} of those makes {cohort.false_positives} "
        f"false positives, against {cohort.true_positives} true positives."
    )


def _show_scores(films: Scores) -> None:
    """Show how many films of each class have scores in each bin."""
    counts_by_class = [np.histogram(films.probabilities[films.labels == label], SCORE_BINS)[0] for label in (0, 1)]
    bins = [f"{start:.2f} to {end:.2f}" for start, end in itertools.pairwise(SCORE_BINS)]
    rows = [[name, str(normal), str(ill)] for name, normal, ill in zip(bins, *counts_by_class, strict=True)]
    _show_table("Scores as a table", ["P(PNEUMONIA)", *CLASSES], rows, "Films by score")


def _show_rates_by_threshold(films: Scores, settings: Settings) -> None:
    """Show all four rates at every threshold."""
    sensitivity, specificity = sensitivity_and_specificity(films, THRESHOLDS)
    ppv, npv = predictive_values(sensitivity, specificity, np.array(settings.prevalence))
    rates = {"sensitivity": sensitivity, "specificity": specificity, "PPV": ppv, "NPV": npv}
    description = (
        "As the threshold increases, sensitivity falls and specificity rises. "
        f"PPV and NPV are those of a prevalence of {percent(settings.prevalence, 1)}."
    )
    labels = Labels("The four rates at every threshold", "threshold on P(PNEUMONIA)", "%", "thresholds", description)
    shares = {name: 100 * values for name, values in rates.items()}
    charts.draw_by_threshold(shares, THRESHOLDS, settings.threshold, settings.frozen, labels)
    rows = [
        [f"{threshold:.2f}", *map(_percent, values)]
        for threshold, *values in zip(THRESHOLDS, *rates.values(), strict=True)
    ]
    _show_table("Rates as a table", ["threshold", *rates], rows[::_TABLE_STEP], "Rates by threshold")


def describe_limits(network: str, group: str, threshold: float) -> str:
    """Return what has to be kept in mind where counts of these films are carried to other people; Markdown."""
    found = [
        sensitivity_and_specificity(load_scores(network, films), np.array([threshold])) for films in (TEST, ADULTS)
    ]
    (children, healthy_children), (adults, healthy_adults) = (
        (f"{100 * rate[0]:.0f}" for rate in each) for each in found
    )
    limits = (
        "PPV (positive predictive value: share of positive predictions that are correct) and NPV (the same of negative "
        "ones) are computed with one sensitivity and specificity at every prevalence. In reality sensitivity and "
        f"specificity differ between groups: at this threshold {children} % and {healthy_children} % on the test films "
        f"of children, {adults} % and {healthy_adults} % on adults."
    )
    if group not in (ADULTS, MINED):
        return limits
    return f"{limits} Each adult is judged by a training without that patient, at one threshold for all trainings."


def _show_predictive_values_by_prevalence(rates: Rates, prevalence: float) -> None:
    """Show what a prediction is worth at every prevalence."""
    sensitivity, specificity = rates.sensitivity.value, rates.specificity.value
    ppv, npv = predictive_values(np.array(sensitivity), np.array(specificity), PREVALENCES)
    description = "What a positive prediction is worth depends on how many have the disease."
    if np.isfinite(ppv).all() and ppv[0] < 0.5 < ppv[-1]:
        half = (1 - specificity) / (1 - specificity + sensitivity)  # as many false as true positives
        description = (
            f"Below a prevalence of about {percent(half, 1)}, most positive predictions of this threshold are false."
        )
    labels = Labels("PPV and NPV by prevalence", "prevalence, % (logarithmic)", "%", "prevalences", description)
    charts.draw_by_prevalence({"PPV": 100 * ppv, "NPV": 100 * npv}, 100 * PREVALENCES, 100 * prevalence, labels)
    rows = [
        [f"{100 * share:.2g} %", *map(_percent, values)] for share, *values in zip(PREVALENCES, ppv, npv, strict=True)
    ]
    head = ["prevalence", "PPV", "NPV"]
    _show_table("Predictive values as a table", head, rows[::_TABLE_STEP], "Predictive values by prevalence")


def show_costs(network: str, films: Scores, miss_cost: int, settings: Settings) -> None:
    """Show the cost of every threshold, and what the one costs that was chosen on the validation films."""

    def cost_at(scores: Scores, thresholds: np.ndarray) -> np.ndarray:
        return expected_cost(*sensitivity_and_specificity(scores, thresholds), settings.prevalence, miss_cost)

    costs = cost_at(films, THRESHOLDS)
    best = int(np.argmin(costs))
    own = float(cost_at(films, np.array([settings.threshold]))[0])
    st.markdown(
        f"A false positive costs 1, a miss {miss_cost}: your threshold costs **{own:.0f}** on these films. "
        + _describe_cheapest(network, films, find_cheapest(network, 100 * settings.prevalence, miss_cost), cost_at)
    )
    description = (
        f"On these films {THRESHOLDS[best]:.2f} costs least, {costs[best]:.0f}; a threshold that is chosen on the "
        f"films that it is judged by looks too good. The model's threshold, {settings.frozen:g}, counts a miss and a "
        "false positive alike."
    )
    unit = f"cost for {COHORT_SIZE:,} people"
    labels = Labels("Cost of a threshold", "threshold on P(PNEUMONIA)", unit, "costs", description)
    charts.draw_by_threshold({"cost": costs}, THRESHOLDS, settings.threshold, settings.frozen, labels)
    listed = sorted({*range(0, len(costs), _TABLE_STEP), best})
    rows = [[f"{THRESHOLDS[index]:.2f}", f"{costs[index]:.0f}"] for index in listed]
    _show_table("Costs as a table", ["threshold", unit], rows, "Costs by threshold")


def _describe_cheapest(
    network: str, films: Scores, threshold: float, cost_at: Callable[[Scores, np.ndarray], np.ndarray]
) -> str:
    """Say what the threshold with the lowest cost on the validation films costs there and on ``films``, and why."""
    chosen_on, at = load_scores(network, VALIDATION), np.array([threshold])
    costs = [float(cost_at(scores, at)[0]) for scores in (chosen_on, films)]
    rates = [
        "sensitivity {}, specificity {}".format(*(percent(float(rate[0])) for rate in both))
        for both in (sensitivity_and_specificity(scores, at) for scores in (chosen_on, films))
    ]
    text = f"On the validation films ({rates[0]}) {threshold:.2f} costs least, {costs[0]:.0f}"
    if films is chosen_on:
        return f"{text}: those are these films, so it looks better than it is. Choose other films to test it."
    return (
        f"{text}; on these films ({rates[1]}) it costs **{costs[1]:.0f}**. A threshold that is best for one group of "
        "films need not be good for another: test it on films like those that it is meant for."
    )


def _show_table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], label: str) -> None:
    with st.expander(title):
        show_table(head, rows, label=label)


def _percent(share: float) -> str:
    return precise_percent(share) if np.isfinite(share) else "-"
