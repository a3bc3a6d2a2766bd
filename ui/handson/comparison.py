"""The learner's runs side by side: a table, and what differs between two of them."""

import streamlit as st

from cnn.handson.runs.queue import Run
from cnn.text import percent
from ui.handson import runs
from ui.widgets import tables

_OTHER = "handson.other"
NOTHING = "no other run"


def choose_other(run: Run) -> Run | None:
    """Let the learner choose a second run to lay over this one."""
    others = [other for other in runs.desk().runs if other is not run and other.epochs]
    if not others:
        return None
    titles = [NOTHING, *map(runs.label, others)]
    title = st.selectbox("Lay over it", titles, key=_OTHER)
    return None if title == NOTHING else others[titles.index(title) - 1]


def show_runs(run: Run, other: Run | None) -> None:
    """Show a table of all runs, and the settings in which two of them differ."""
    rows = []
    for each in reversed(runs.desk().runs):
        result, settings = each.result, each.settings
        figures = (
            (
                percent(result.train_accuracy),
                f"{result.validation_auc:.2f}",
                str(result.test_auc),
                result.test_accuracy.in_percent(),
            )
            if result
            else (each.state, "", "", "")
        )
        rows.append((runs.label(each), f"{settings.learning_rate:g}", f"{settings.epochs}", *figures))
    head = ["Run", "learning rate", "epochs", "training accuracy", "validation AUC", "test AUC", "test accuracy"]
    tables.show_table(head, rows, label="Runs of this session")
    if other:
        st.markdown(f"**What differs** between {runs.label(run)} and {runs.label(other)}:")
        differing = run.settings.differences(other.settings)
        if run.films != other.films:
            differing["Films from"] = run.films, other.films
        pairs = [(name, str(ours), str(theirs)) for name, (ours, theirs) in differing.items()]
        tables.show_table(
            ["Setting", runs.label(run), runs.label(other)], pairs or [("none", "", "")], label="What differs"
        )
