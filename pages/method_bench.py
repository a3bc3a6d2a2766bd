"""Method bench: tests of every saliency method, from the results of ``python -m cnn.training.saliency_bench``."""

import streamlit as st

from cnn.errors import UserError
from cnn.evaluation import saliency_report, saliency_sentences
from ui.evaluation.method_bench import sections, tables
from ui.shell import frame
from ui.shell.page_state import State
from ui.shell.text import sentence_of

frame.header(
    "Method bench",
    "A saliency map looks convincing whether it is right or not. Here every method of this app is tested, and compared "
    "with baselines that do not depend on the network.",
)
state = State.open("method_bench", *sections.FIELDS)
try:
    report = next(iter(saliency_report.read().values()))
    st.markdown(saliency_sentences.provenance(report))
    sections.show_localisation(report, state)
    sections.show_randomisation(report, state)
    sections.show_repeatability(report, state)
    sections.show_deletion(report, state)
    sections.show_cost(report)
    sections.show_lesion(report)
    st.header("So, should you believe it?", anchor=False)
    tables.show_verdicts(report)
    st.markdown(saliency_sentences.conclusion(report))
    state.share()
except UserError as error:
    st.info(sentence_of(error))
frame.footer(
    "method_bench",
    "A map has to exceed the baselines, to change with the weights, and to be repeatable, before its colours mean "
    "anything.",
)
