"""The model card on films under stress: corrupted test films, and a harder question on adults."""

from typing import Any

import numpy as np
import streamlit as st

from cnn.cards import network_title
from cnn.evaluation import stress
from cnn.evaluation.stress import PUBLISHED, PUBLISHED_ERRORS, ask_both_questions, mean_errors, mean_estimate
from cnn.text import percent
from ui.evaluation.scores_cache import ADULTS_HARD, compute, format_metric, format_number, load_card, load_scores
from ui.widgets.tables import show_table


def show_corrupted(network: str) -> None:
    """Show balanced errors on corrupted test films by corruption and severity, beside published ones."""
    corrupted = load_card(network)["corrupted_test"]
    st.markdown(_describe_corrupted(network, corrupted))
    means = mean_errors(corrupted)
    worst = max(means, key=lambda name: means[name])
    rows = [
        [each["title"], *map(_number, each["balanced_error"]), _number(means[name]), _number(PUBLISHED_ERRORS[name])]
        for name, each in corrupted["by_corruption"].items()
    ]
    severities = [str(1 + index) for index in range(len(rows[0]) - 3)]
    strong = [list(means).index(worst)]
    show_table(
        ["severity", *severities, "mean", PUBLISHED], rows, label="Balanced error on corrupted films", strong=strong
    )
    st.caption(
        f"Balanced error: 1 minus the mean of sensitivity and specificity, at P ≥ {corrupted['threshold']:.2f}; "
        f"guessing has 0.5. {corrupted['settings'][0].upper()}{corrupted['settings'][1:]}. {PUBLISHED}: results in its "
        "repository (Manzari et al., Applied Soft Computing, 2025), means over the severities, on the copies of these "
        "films in PneumoniaMNIST; its training kept the epoch with the best AUC on the test films. Here no "
        "weights were chosen on test films; the threshold was (tab What it is made of)."
    )


def _describe_corrupted(network: str, corrupted: dict[str, Any]) -> str:
    means, by_corruption = mean_errors(corrupted), corrupted["by_corruption"]
    worst = max(means, key=lambda name: means[name])
    rates = {key: np.array(by_corruption[worst][key])[-1] for key in ("sensitivity", "specificity")}
    clean, mean = (mean_estimate(corrupted[key]) for key in ("clean", "mean"))
    if mean.low <= stress.PUBLISHED_MEAN <= mean.high:
        beside = "an interval that contains the published mean"
    else:
        beside = "below the published mean" if mean.value < stress.PUBLISHED_MEAN else "above the published mean"
    title, error = by_corruption[worst]["title"], means[worst]
    return (
        f"**{network_title(network)}: balanced error {format_number(clean)} on the test films as they are, "
        f"{format_number(mean)} on average over {len(means)} corruptions of them, {beside}.** {PUBLISHED}, a "
        f"published network, has {stress.PUBLISHED_CLEAN:.3f} and {stress.PUBLISHED_MEAN:.3f}. Worst: {title} "
        f"({error:.3f}): at the highest severity sensitivity is {percent(rates['sensitivity'])} and specificity "
        f"{percent(rates['specificity'])}."
    )


def show_hard_question(network: str) -> None:
    """Show how well opacities are told from all other adults' films, beside the easier question."""
    answers = compute(ask_both_questions, network, ADULTS_HARD)
    easy, _, hard, *_ = answers
    st.markdown(
        f"**A harder question on adults.** The adults' figures above ask for an opacity against healthy chests: AUC "
        f"{format_number(easy.performance['auc'])}. A ward also has films that are abnormal without an opacity. "
        f"Against all else the AUC is {format_number(hard.performance['auc'])}."
    )
    show_table(
        ["opacity against", "opacities", "AUC", "sensitivity", "specificity"],
        [
            [
                each.question,
                f"{each.opacities} of {each.films}",
                *(format_metric(key, each.performance[key]) for key in ("auc", "sensitivity", "specificity")),
            ]
            for each in answers
        ],
        label="Both questions on adults",
    )
    films = load_scores(network, ADULTS_HARD)
    neither = films.metadata["reading"] == stress.NEITHER
    seeds = ", ".join(map(str, np.unique(films.seeds)))
    st.caption(
        f"TorchXRayVision's networks, trained on adults of several hospitals, have an AUC of {stress.PUBLISHED_AUC} "
        f"for this question on other and more RSNA films (its BENCHMARKS.md, 2021). The {int(neither.sum())} films "
        "that are neither were in no training. Each film is judged by a training without its patient (seeds "
        f"{seeds}), so scores of different trainings are compared, which can flatter or harm. The last row is one "
        "training alone, with fewer films."
    )


def _number(value: float) -> str:
    return f"{value:.3f}"
