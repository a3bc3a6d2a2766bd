"""Method bench: every saliency method that is offered, tested; shows what ``python -m cnn.training.saliency_bench``
has written."""

import streamlit as st

from cnn.errors import UserError
from cnn.evaluation import saliency_report, saliency_sentences
from ui.evaluation.method_bench import sections, tables
from ui.shell import frame
from ui.shell.page_state import State

frame.header(
    "Method bench",
    "A saliency map looks convincing whether it is right or not. Here every method on offer has to show what it can "
    "do, beside maps that know nothing of the network.",
    "Choose the pointing game. How many methods point at the disease more often than two blobs drawn where lungs are?",
)
state = State.open("method_bench", *sections.FIELDS)
try:
    reports = saliency_report.read()
    shown = next(iter(reports.values()))
    st.markdown(saliency_sentences.provenance(shown))
    for part in (sections.where, sections.weights_and_seeds, sections.faithful):
        part(shown, state)
    sections.lesion(shown)
    st.header("So, should you believe it?", anchor=False)
    tables.everything(shown)
    st.markdown(saliency_sentences.conclusion(shown))
    state.share()
except UserError as error:
    st.info(str(error))
frame.footer(
    "method_bench",
    "A map has to beat what knows nothing, to change with the weights, and to come out the same twice, before its "
    "colours mean anything.",
)
