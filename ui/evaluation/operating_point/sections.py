"""The parts of the operating point: rates with intervals, a thousand people, and the lines behind both."""

import numpy as np
import streamlit as st

from cnn.evaluation import operating_point
from cnn.evaluation.operating_point import COHORT_SIZE, Cohort, ConfusionCounts, Rates
from cnn.evaluation.scores import Scores
from ui.evaluation.operating_point import charts
from ui.evaluation.scores_cache import format_percent
from ui.widgets.tables import show_table

TRIED = np.linspace(0, 1, 101)
"""Thresholds of the curves."""
SHARES = np.geomspace(0.001, 0.9, 60)
"""Prevalences of the curve."""
_MEANS = {
    "sensitivity": "of those who have it, are called",
    "specificity": "of those who do not have it, are not called",
    "ppv": "of the calls, are true",
    "npv": "of those not called, do not have it",
    "accuracy": "of all, are judged rightly",
}
_TITLES = {"ppv": "PPV", "npv": "NPV"}


def rates(found: Rates, counts: ConfusionCounts, films: Scores, hidden: bool) -> None:
    """Every rate with its interval; what would give the answer away waits until it was predicted."""
    rows = [
        [
            _TITLES.get(key, key),
            "?" if hidden and key in ("ppv", "npv") else format_percent(getattr(found, key)),
            meaning,
        ]
        for key, meaning in _MEANS.items()
    ]
    show_table(["rate", "share, 95 % interval", "of whom"], rows, label="Rates at this threshold")
    for sentence in too_sure(counts, films):
        st.caption(sentence)


def too_sure(counts: ConfusionCounts, films: Scores) -> list[str]:
    """Where no film was judged wrongly every draw is perfect, so the interval is a point; says how far to trust it."""
    said = []
    for name, errors, label in (("sensitivity", counts.false_negatives, 1), ("specificity", counts.false_positives, 0)):
        patients = len(np.unique(films.patients[films.labels == label]))
        if errors[0] == 0:
            said.append(
                f"No film was wrong for the {name}, so drawing again finds none either, and the interval is a point. "
                f"By the rule of three, {patients} patients without an error leave room for an error rate of up to "
                f"{3 / patients:.1%}."
            )
    return said


def a_thousand(people: Cohort, found: Rates) -> None:
    """The icon array, its table, and what follows."""
    charts.people(people)
    called, sick = people.true_positives + people.false_positives, people.true_positives + people.false_negatives
    st.markdown(_moral(people, found))
    show_table(
        [f"{COHORT_SIZE:,} people", "called PNEUMONIA", "not called", "together"],
        [["have it", str(people.true_positives), str(people.false_negatives), str(sick)],
         ["do not have it", str(people.false_positives), str(people.true_negatives), str(COHORT_SIZE - sick)],
         ["together", str(called), str(COHORT_SIZE - called), f"{COHORT_SIZE:,}"]],
        label="A thousand people", strong=[2],
    )  # fmt: skip


def _moral(people: Cohort, found: Rates) -> str:
    called, sick = people.true_positives + people.false_positives, people.true_positives + people.false_negatives
    if not called:
        return "Nobody is called, so no call can be wrong, and everyone who has it is missed."
    said = f"**{people.true_positives} of {called} calls are true: PPV {found.ppv.value:.1%}**, before rounding to whole people. "
    accuracy = f"{found.accuracy.value:.1%} of all people are judged rightly"
    if found.ppv.value < found.accuracy.value:
        return said + (
            f"And yet {accuracy}. For each person who has it there are {(COHORT_SIZE - sick) / max(1, sick):.0f} who do "
            f"not, so an error in {1 - found.specificity.value:.1%} of those makes {people.false_positives} false alarms, "
            f"against {people.true_positives} hits."
        )
    return said + f"{accuracy}. Lower the prevalence and watch the calls, not the accuracy."


def scores(films: Scores, threshold: float, frozen: float) -> None:
    """The two heaps that a threshold parts."""
    below = (films.probabilities < threshold)[films.labels == 1].sum()
    above = (films.probabilities >= threshold)[films.labels == 0].sum()
    words = (
        f"Each dot is a film. The line is your threshold, the dotted one the frozen one. {below} films with PNEUMONIA "
        f"lie to the left of yours and are missed, {above} without to the right and are called."
    )
    rows = charts.scores(films, threshold, frozen, words)
    with st.expander("Scores as a table"):
        show_table(["P(PNEUMONIA)", "NORMAL", "PNEUMONIA"], [[name, str(well), str(sick)] for name, well, sick in rows],
              label="Films by score")  # fmt: skip


def over_thresholds(films: Scores, prevalence: float, threshold: float, frozen: float) -> None:
    """All four rates at every threshold."""
    sensitivity, specificity = operating_point.sensitivity_and_specificity(films, TRIED)
    ppv, npv = operating_point.predictive_values(sensitivity, specificity, np.array(prevalence))
    found = [("sensitivity", sensitivity), ("specificity", specificity), ("PPV", ppv), ("NPV", npv)]
    charts.lines(
        TRIED, [(name, 100 * values) for name, values in found], title="The four rates at every threshold",
        axis="threshold on P(PNEUMONIA)", unit="%", mark=threshold, frozen=frozen, key="thresholds",
        description="Sensitivity can only fall and specificity can only rise: a threshold trades one for the other. "
        f"PPV and NPV are those of a prevalence of {prevalence:.1%}.",
    )  # fmt: skip
    with st.expander("Rates as a table"):
        rows = [
            [f"{TRIED[place]:.2f}", *(_percent(values[place]) for _, values in found)]
            for place in range(0, len(TRIED), 5)
        ]
        show_table(["threshold", *(name for name, _ in found)], rows, label="Rates by threshold")


def frozen_words(frozen: float, adults: bool) -> str:
    """Where the frozen threshold lies, and why counts may differ from those of the model card."""
    said = f"The frozen threshold is {frozen:.3f}; the slider stands on hundredths."
    return said + adults * (
        " On the model card, each adult is judged by a training that did not know the patient, by that training's own "
        "threshold; here one threshold is laid on all of them, so the counts differ."
    )


def over_prevalences(found: Rates, prevalence: float) -> None:
    """What a call is worth wherever the network might be used."""
    ppv, npv = operating_point.predictive_values(
        np.array(found.sensitivity.value), np.array(found.specificity.value), SHARES
    )
    crosses = np.isfinite(ppv).all() and ppv[0] < 0.5 < ppv[-1]
    alarms, hits = 1 - found.specificity.value, found.sensitivity.value
    half = alarms / (alarms + hits) if crosses else 0  # where alarms * (1 - share) = hits * share
    charts.lines(
        100 * SHARES, [("PPV", 100 * ppv), ("NPV", 100 * npv)], title="The same threshold elsewhere",
        axis="prevalence, %", unit="%", mark=100 * prevalence, frozen=None,
        key="prevalences", logarithmic=True,
        description=f"Below a prevalence of about {half:.1%}, most calls of this threshold are false."
        if crosses else "What a call is worth depends on how many have the disease.",
    )  # fmt: skip
    with st.expander("Predictive values as a table"):
        rows = [
            [f"{100 * SHARES[place]:.2g} %", _percent(ppv[place]), _percent(npv[place])]
            for place in range(0, len(SHARES), 5)
        ]
        show_table(["prevalence", "PPV", "NPV"], rows, label="Predictive values by prevalence")


def costs(films: Scores, validation: Scores, prevalence: float, miss: int, threshold: float, frozen: float) -> None:
    """What a threshold costs; the cheapest is looked for on validation, and its price read on the chosen films."""
    found = operating_point.expected_cost(*operating_point.sensitivity_and_specificity(films, TRIED), prevalence, miss)
    best = operating_point.lowest_cost_threshold(validation, TRIED, prevalence, miss)
    price = dict(zip(TRIED.round(2).tolist(), found.tolist(), strict=True))
    here = operating_point.expected_cost(
        *operating_point.sensitivity_and_specificity(films, np.array([threshold])), prevalence, miss
    )[0]
    charts.lines(
        TRIED, [("cost", found)], title="What a threshold costs", axis="threshold on P(PNEUMONIA)",
        unit="cost for 1,000 people", mark=threshold, frozen=frozen, key="costs",
        description=f"A false alarm costs 1, a miss {miss}. Your threshold costs {here:.0f} here. On the validation "
        f"films the cheapest is {best:.2f}; here that one costs {price[round(best, 2)]:.0f}, and the cheapest of all "
        f"{found.min():.0f}. Looked for on the films that it is then judged by, a threshold flatters itself.",
    )  # fmt: skip
    with st.expander("Costs as a table"):
        rows = [[f"{TRIED[place]:.2f}", f"{found[place]:.0f}"] for place in range(0, len(TRIED), 5)]
        show_table(["threshold", "cost for 1,000 people"], rows, label="Costs by threshold")


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if np.isfinite(share) else "-"
