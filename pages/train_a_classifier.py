"""Train a classifier (slide 45): data, network, training, result, with one's own hands."""

import streamlit as st

from cnn.errors import UserError
from cnn.evaluation.metrics import roc_curve
from cnn.handson.films import FilmSet
from cnn.handson.runs.queue import Run
from cnn.handson.settings import Settings
from ui.evaluation.charts import Labels
from ui.evaluation.model_card.charts import Line, draw_confusion, draw_curves
from ui.handson import comparison, controls, progress, result, runs
from ui.shell import frame, stage
from ui.shell.page_state import State
from ui.shell.text import sentence_of

NO_RESULT = "No result yet. Press **Start**."

frame.header(
    "Train a classifier",
    "Choose films and a network, train it, and look at what it learned. All numbers come from your own run.",
)
state = State.open("train_a_classifier", *controls.FIELDS, controls.TEXT, controls.SOURCE)
desk = runs.desk()


def show_result(run: Run | None) -> None:
    """Show the test figures, confusion matrix and ROC of a finished run."""
    if run is None or run.result is None:
        st.markdown(NO_RESULT)
        return
    result.show_figures(run.result)
    left, right = st.columns(2)
    with left:
        counts = [("Test films", run.result.counts)]
        draw_confusion(counts, f"{len(run.result.test)} test films at P = 0.5.")
    with right:
        line = Line("own", "test", "my network", "output", "solid", main=True)
        labels = Labels("ROC", "1 − specificity", "sensitivity", "roc", "Test films, 95 % band; the dot is P = 0.5.")
        draw_curves([(line, roc_curve(run.result.scores))], (0, 1), 0.5, labels)


view = stage.open_view(state, controls.examples())
with view.panel:
    buttons = st.container()
    settings: Settings | None = None
    films: FilmSet | None = None
    try:
        settings, films = controls.read(state)
    except UserError as error:
        st.error(sentence_of(error))
    with buttons:
        progress.show_buttons(settings, films)
    run = desk.latest
    other = comparison.choose_other(run) if run else None
experiment = controls.experiment_of(settings) if settings else ""
with view.stage:
    progress.show_pipeline(run)
    if run:
        if run.finished and settings not in (None, run.settings):
            st.info(f"Below is {runs.label(run)}. Press **Start** to train with the settings in the panel.")
        result.show_findings(run)
        progress.show_live(run, other)
    elif settings:
        progress.show_films(settings, films)
if experiment and (run is None or (run.finished and run.experiment != experiment)):
    with view.question:  # docked, as on every page
        result.ask_first(experiment)
figures, worst, all_runs, take_home = view.tabs(state, "Result", "Films it got wrong", "My runs", "Download")
with figures:
    show_result(run)
with worst:
    if run and run.result:
        result.show_letter(run.result)
        result.show_worst(run.result)
    else:
        st.markdown(NO_RESULT)
with all_runs:
    if run:
        comparison.show_runs(run, other)
    else:
        st.markdown(NO_RESULT)
with take_home:
    result.offer_take_home(run)
state.remember()
frame.notice()
frame.footer(
    "train_a_classifier",
    "A classifier is data, a network, a loss and an optimiser. Use the validation set to choose settings and the test "
    "set once, for the final result. Both are honest only if no patient is in two of the sets.",
)
runs.queue().warm()
