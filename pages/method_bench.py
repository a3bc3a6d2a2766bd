"""Method bench: tests of every saliency method, from the results of ``python -m cnn.training.saliency_bench``."""

from typing import Any

import streamlit as st

from cnn.errors import UserError
from cnn.evaluation import saliency_report
from ui.evaluation.method_bench import sections
from ui.evaluation.method_bench.sections import BOXES, CURVE, MEASURE
from ui.shell import frame, stage
from ui.shell.fields import Field
from ui.shell.page_state import State
from ui.shell.text import sentence_of

EXAMPLES: dict[str, dict[Field[Any], Any]] = {
    "Order of pixels (AUPRC)": {BOXES: "RSNA", MEASURE: "AUPRC"},
    "Strongest point (pointing game)": {BOXES: "RSNA", MEASURE: "Pointing game"},
    "Boxes of the NIH": {BOXES: "NIH", MEASURE: "AUPRC"},
}
RESULTS = ("All tests", "The methods", "Boxes", "Random weights", "Several trainings", "Deletion", "Simulated lesion")

frame.header(
    "Method bench",
    "A saliency map looks convincing whether it is right or not. Which saliency methods pass which tests?",
)
state = State.open("method_bench", *sections.FIELDS)


def show_bench() -> None:
    """Show the conclusion on the stage and each test in a tab; may raise ``UserError``."""
    report = next(iter(saliency_report.read().values()))
    view = stage.open_view(state, EXAMPLES)
    with view.panel:
        boxes, measure = state.select(BOXES), state.select(MEASURE)
    with view.stage:
        sections.show_conclusion(report, boxes, measure)
    verdicts, methods, localisation, weights, trainings, deletion, lesion = view.tabs(state, *RESULTS)
    with verdicts:
        sections.show_verdicts(report)
    with methods:
        sections.show_methods(report)
    with localisation:
        sections.show_localisation(report, boxes, measure)
    with weights:
        sections.show_randomisation(report)
    with trainings:
        sections.show_repeatability(report)
    with deletion:
        sections.show_deletion(report, state.select(CURVE))
    with lesion:
        sections.show_lesion(report)


try:
    show_bench()
except UserError as error:
    st.info(sentence_of(error))
frame.footer(
    "method_bench",
    "A map has to exceed the baselines, to change with the weights, and to be repeatable, before its colours mean "
    "anything.",
)
