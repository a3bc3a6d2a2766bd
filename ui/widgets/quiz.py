"""Predict, then look: shows a question, takes an answer, names the slip. Nothing is stored."""

import zlib
from collections.abc import Mapping

import streamlit as st

from cnn.lecture.questions.question import Question
from ui.shell.page_state import State, Whole
from ui.shell.text import plain

QUESTION = Whole("question", "Question number", 1, low=1, high=99)
NUMBER_WIDTH = 150
"""Pixels that its label and a number need on one line."""
"""A page that asks adds this field to ``State.open``; the number in the link gives a whole class the same question."""


def ask(question: Question, state: State, *, key: str = "quiz") -> bool:
    """Asks ``question`` in a box of its own; ``key`` tells apart several questions on one page.

    Returns whether the answer has been told, so that the page need not hide it any longer.
    """
    # A new question must not open with the answer that was typed for the last one.
    identity = f"{key} {zlib.crc32(question.prompt.encode())}"
    with st.container(border=True):
        st.markdown(f"**Predict first.** {plain(question.prompt)}")
        line = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom")
        form = line.form(identity, border=False, width="content")
        with form, st.container(horizontal=True, vertical_alignment="bottom"):
            given = number_box(question, f"{identity} answer")
            checked = st.form_submit_button("Check", key=f"{identity} check")
            shown = st.form_submit_button("Show the answer", key=f"{identity} show")
        if QUESTION in state.fields:
            with line.container(width=NUMBER_WIDTH):
                state.number(QUESTION)
        if shown:
            st.info(f"The answer is {question.answer:.10g}. {plain(question.why)}")
        elif checked and given is None:
            st.info("Type a number first. A wrong one is worth more than none.")
        elif checked and given is not None:
            right, sentence = question.check(given)
            (st.success if right else st.error)(plain(sentence))
            shown = right
    if shown:
        st.session_state[f"{identity} told"] = True
    return f"{identity} told" in st.session_state


def pick(prompt: str, options: Mapping[str, str], right: str, *, key: str) -> bool:
    """Asks for one of ``options``, each with the sentence that answers it; returns whether one has been checked."""
    with st.container(border=True), st.form(key, border=False):
        answer = st.radio(f"**Predict first.** {prompt}", options, index=None, key=f"{key} answer", horizontal=True)
        if st.form_submit_button("Check", key=f"{key} check") and answer is None:
            st.info("Choose one first. A wrong one is worth more than none.")
        elif answer is not None:
            (st.success if answer == right else st.error)(
                f"{'Right' if answer == right else 'Not so'}. {options[answer]}"
            )
    return answer is not None


def number_box(question: Question, key: str) -> float | None:
    """An empty box; it steps in whole numbers where all plausible answers are whole."""
    if all(float(value).is_integer() for value in (question.answer, *question.mistakes)):
        return st.number_input("Your prediction", value=None, step=1, key=key, width=180)
    return st.number_input("Your prediction", value=None, step=0.01, key=key, width=180)
