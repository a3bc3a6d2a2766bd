"""Predict, then look: shows a question, takes an answer, names the slip. Nothing is stored."""

import zlib

import streamlit as st

from cnn.questions import Question
from ui.state import State, Whole

QUESTION = Whole("question", "Question number", 1, low=1, high=99)
"""A page that asks adds this field to ``State.open``; the number in the link gives a whole class the same question."""


def ask(question: Question, state: State, *, key: str = "quiz") -> None:
    """Asks ``question`` in a box of its own; ``key`` tells apart several questions on one page."""
    # A new question must not open with the answer that was typed for the last one.
    identity = f"{key} {zlib.crc32(question.prompt.encode())}"
    whole = float(question.answer).is_integer() and all(float(value).is_integer() for value in question.mistakes)
    with st.container(border=True):
        st.markdown(f"**Predict first.** {question.prompt}")
        with st.form(identity, border=False):
            given: float | None
            if whole:
                given = st.number_input("Your prediction", value=None, step=1, key=f"{identity} answer")
            else:
                given = st.number_input("Your prediction", value=None, step=0.01, key=f"{identity} answer")
            with st.container(horizontal=True):
                checked = st.form_submit_button("Check", key=f"{identity} check")
                shown = st.form_submit_button("Show the answer", key=f"{identity} show")
        if shown:
            st.info(f"The answer is {question.answer:.10g}. {question.why}")
        elif checked and given is None:
            st.info("Type a number first. A wrong one is worth more than none.")
        elif checked and given is not None:
            right, sentence = question.check(given)
            (st.success if right else st.error)(sentence)
        if QUESTION in state.fields:
            state.number(QUESTION)
