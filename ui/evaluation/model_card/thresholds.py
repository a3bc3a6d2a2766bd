"""The figures of a network at its threshold and at the earlier one, and their spread over the seeds."""

from typing import Any

import streamlit as st

from cnn.evaluation.bootstrap import Estimate
from cnn.evaluation.operating_point import AT_THRESHOLD
from ui.evaluation.scores_cache import ADULTS, GROUP_IN_FILE, TEST, format_metric, load_card
from ui.widgets.tables import show_table

_GROUPS = (TEST, ADULTS)
_EARLIER = "at_balanced_threshold"


def show_both_thresholds(network: str) -> None:
    """Show what depends on the threshold at the one in use and at the earlier one, and say when it was chosen."""
    card = load_card(network)
    results = card["metrics"]
    thresholds = {
        f"P ≥ {card['threshold']:.2f}": (),
        f"P ≥ {card['balanced_threshold']:.3f}, chosen before the test": (_EARLIER,),
    }
    rows = [
        [f"{key} at {title}", *(cell for group in _GROUPS for cell in _cells(results, group, path, key))]
        for key in AT_THRESHOLD
        for title, path in thresholds.items()
    ]
    head = ["at a threshold", *(cell for group in _GROUPS for cell in (group, f"{group}, all seeds"))]
    show_table(head, rows, label="Both thresholds")
    equal = [group for group in _GROUPS if len({_figures(results, group, path) for path in thresholds.values()}) == 1]
    same = f" On {' and '.join(equal)} no film's probability lies between the two." if equal else ""
    st.caption(
        f"The threshold of {card['threshold']:.2f} was chosen {card['threshold_chosen']} "
        f"({card['balanced_threshold']:.3f} for the shipped network; each seed has its own).{same}"
    )


def _figures(results: dict[str, Any], group: str, path: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_cells(results, group, path, key)[0] for key in AT_THRESHOLD)


def _cells(results: dict[str, Any], group: str, path: tuple[str, ...], key: str) -> tuple[str, str]:
    """Return a measure of the shipped network with its interval, and mean and deviation over the seeds."""
    name = GROUP_IN_FILE[group]
    shipped, seeds = results[name], results[f"{name}_over_seeds"]
    for step in path:
        shipped, seeds = shipped[step], seeds[step]
    return format_metric(key, Estimate(shipped[key], *shipped["interval_95"][key])), format_spread(seeds, key)


def format_spread(seeds: dict[str, Any], key: str) -> str:
    """Return mean and standard deviation over the seeds."""
    mean, deviation = seeds[key]["mean"], seeds[key]["sd"]
    if key in AT_THRESHOLD:
        return f"{100 * mean:.1f} ± {100 * deviation:.1f} %"
    return f"{mean:.3f} ± {deviation:.3f}"
