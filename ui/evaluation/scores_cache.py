"""What the pages on evaluation share: the measured films, worked out once for all readers, and numbers in words."""

from typing import Any

import numpy as np
import streamlit as st

from cnn import cards
from cnn.evaluation import metrics, operating_point, scores
from cnn.evaluation.bootstrap import Estimate
from cnn.evaluation.metrics import Curve, ReliabilityBin
from cnn.evaluation.scores import Scores
from ui.shell.fields import Choice

TEST, VALIDATION, ADULTS, MINED = "official test", "validation", "adults", "adults, text-mined"
GROUP_IN_FILE = {TEST: "test", VALIDATION: "validation", ADULTS: "adults_left_out", MINED: "adults_left_out"}
"""Film groups of the pages and their names in the files of scores."""
DESCRIPTIONS = {
    TEST: "the official test films: children of the same hospital, kept apart by those who published them",
    VALIDATION: "the validation films: children left out of training, of the same series as the training films",
    ADULTS: "films of adults from another hospital, read again by radiologists",
    MINED: "the same films of adults, with labels that a program mined from the text of the reports",
}
NETWORK = Choice("network", "Network", cards.DEFAULT_NETWORK, options=tuple(cards.NETWORKS))
BASELINE = cards.BASELINE
compute_once = st.cache_resource(show_spinner=False)
"""Worked out by the first reader who asks, while the others wait: after a start, a whole class asks at once."""


@compute_once
def load_card(name: str) -> dict[str, Any]:
    """The card of a network. Raises ``WeightsRejected``."""
    return cards.read_card(cards.WEIGHTS_FOLDER, name)


@compute_once
def load_scores(name: str, which: str) -> Scores:
    """What the network ``name`` says of a group of films. Raises ``WeightsRejected``."""
    group = GROUP_IN_FILE[which]
    found = scores.read(cards.WEIGHTS_FOLDER, name, [group])[group]
    return found.with_text_mined_labels() if which == MINED else found


@compute_once
def performance(name: str, which: str) -> dict[str, Estimate]:
    """See :func:`cnn.evaluation.operating_point.measure_performance`."""
    return operating_point.measure_performance(load_scores(name, which))


@compute_once
def roc(name: str, which: str) -> Curve:
    """See :func:`cnn.evaluation.metrics.roc_curve`."""
    return metrics.roc_curve(load_scores(name, which))


@compute_once
def precision_recall(name: str, which: str) -> Curve:
    """See :func:`cnn.evaluation.metrics.precision_recall_curve`."""
    return metrics.precision_recall_curve(load_scores(name, which))


@compute_once
def reliability(name: str, which: str) -> list[ReliabilityBin]:
    """See :func:`cnn.evaluation.metrics.reliability_bins`."""
    return metrics.reliability_bins(load_scores(name, which))


def format_number(found: Estimate) -> str:
    """Three decimals with the interval, or a dash."""
    return f"{found.value:.3f} ({found.low:.3f}–{found.high:.3f})" if np.isfinite(found.value) else "-"


def format_percent(found: Estimate) -> str:
    """Percents with the interval, or a dash."""
    if not np.isfinite(found.value):
        return "-"
    return f"{found.value:.1%} ({100 * found.low:.1f}–{100 * found.high:.1f})"


def describe_films(found: Scores) -> str:
    """How many films and patients, in words."""
    sick = int(found.labels.sum())
    return (
        f"{len(found.labels)} films of {len(np.unique(found.patients))} patients, {sick} of them PNEUMONIA and "
        f"{len(found.labels) - sick} NORMAL"
    )
