"""Scores of the measured networks and statistics of them, computed once for all readers, and numbers as text."""

from collections.abc import Callable
from types import FunctionType
from typing import Any, TypeVar

import numpy as np
import streamlit as st

from cnn import cards
from cnn.evaluation import scores
from cnn.evaluation.bootstrap import Estimate
from cnn.evaluation.operating_point import AT_THRESHOLD
from cnn.evaluation.scores import Scores
from cnn.text import precise_percent
from ui.shell.fields import Choice

T = TypeVar("T")

TEST, VALIDATION, ADULTS, MINED = "official test", "validation", "adults", "adults, labels from reports"
ADULTS_HARD = "adults, against all else"
GROUP_IN_FILE = {
    TEST: "test",
    VALIDATION: "validation",
    ADULTS: "adults_left_out",
    MINED: "adults_left_out",
    ADULTS_HARD: scores.HARD,
}
"""Groups of films on the pages, and in the files of scores."""
DESCRIPTIONS = {
    TEST: "the official test films: children of the same hospital, kept apart by those who published them",
    VALIDATION: "the validation films: children left out of training, of the same series as the training films",
    ADULTS: "films of another hospital (NIH), with the label of a radiologist's second reading (RSNA 2018; Shih et al. "
    "2019): `Lung Opacity` or `Normal`",
    MINED: "the same films of another hospital, with labels that a program mined from the text of the reports",
}
NETWORK = Choice("network", "Network", cards.DEFAULT_NETWORK, options=tuple(cards.NETWORKS), title=cards.network_title)


def _function_name(function: FunctionType) -> str:
    return f"{function.__module__}.{function.__qualname__}"


compute_once = st.cache_resource(show_spinner=False, hash_funcs={FunctionType: _function_name})
"""The first reader computes while the others wait: after a start, a whole class opens a page at once."""


@compute_once
def load_card(network: str) -> dict[str, Any]:
    """Read the card of a network; may raise ``WeightsRejected``."""
    return cards.read_card(cards.WEIGHTS_FOLDER, network)


@compute_once
def load_scores(network: str, group: str) -> Scores:
    """Read the scores of a network on a group of films; may raise ``WeightsRejected``."""
    name = GROUP_IN_FILE[group]
    loaded = scores.read(cards.WEIGHTS_FOLDER, network, [name])[name]
    return loaded.with_text_mined_labels() if group == MINED else loaded


@compute_once
def compute(statistic: Callable[[Scores], T], network: str, group: str) -> T:
    """Compute a statistic of the scores of a network on a group of films."""
    return statistic(load_scores(network, group))


def format_number(estimate: Estimate) -> str:
    """Return three decimals with the interval, or a dash if undefined."""
    if not np.isfinite(estimate.value):
        return "-"
    return f"{estimate.value:.3f} ({estimate.low:.3f}–{estimate.high:.3f})".replace("-", "−")


def format_percent(estimate: Estimate) -> str:
    """Return percent with the interval, or a dash if undefined."""
    if not np.isfinite(estimate.value):
        return "-"
    value, low, high = map(precise_percent, (estimate.value, estimate.low, estimate.high))
    return f"{value} ({low.removesuffix(' %')}–{high.removesuffix(' %')})"


def format_metric(key: str, estimate: Estimate) -> str:
    """Return a share of films in percent, and any other measure with three decimals, with the interval."""
    return (format_percent if key in AT_THRESHOLD else format_number)(estimate)


def describe_films(group: str, films: Scores) -> str:
    """Return a sentence on what the films are, and how many of how many patients."""
    ill = int(films.labels.sum())
    sentence = (
        f"These are {DESCRIPTIONS[group]}: {len(films.labels)} films of {len(np.unique(films.patients))} patients, "
        f"{ill} of them PNEUMONIA and {len(films.labels) - ill} NORMAL."
    )
    if "age" not in films.metadata:
        return sentence
    young = int((films.metadata["age"].astype(int) < 18).sum())
    return (
        f"{sentence} {young} of the films are of patients under 18. An opacity may be pneumonia, if history and "
        "examination agree; the label is no diagnosis. Films that were abnormal without an opacity were left out, so "
        "the specificity is against healthy chests; the tab Under stress of the model card has them too."
    )
