"""Predict, then look: a question, the reader's answer, and the mistake behind a wrong one. No answer is stored."""

import zlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnn.errors import UserError
from cnn.lecture.questions.question import MAX_CHARACTERS, NO_FIT, Answer, Question, read_number
from ui.shell.fields import Whole
from ui.shell.page_state import State
from ui.shell.stage import PREDICT, View
from ui.shell.text import sentence_of, typeset

SHOW: Literal["show the answer"] = "show the answer"
Reply = Answer | Literal["show the answer"]
QUESTION = Whole("question", "Question number", 1, low=1, high=99)
"""A page that asks adds this field to ``State.open``; the number in the link gives a whole class the same question."""


def dock(view: View, question: Question | None, state: State, on_next: Callable[[], None] | None = None) -> bool:
    """Ask ``question`` below the stage if the reader predicts first; return whether its answer has to stay hidden.

    ``on_next`` puts the settings of another question into the page's fields; without it the question's number grows.
    """
    if question is None or not state[PREDICT]:
        return False
    with view.question:
        return not ask(question, state, on_next=on_next)


def ask(question: Question, state: State, *, key: str = "quiz", on_next: Callable[[], None] | None = None) -> bool:
    """Ask ``question`` in a box, and return whether its answer has been revealed, so that the page may show it.

    ``key`` distinguishes several questions on one page.
    """
    # A new question must not open with the answer that was typed for the last one.
    identity = f"{key} {zlib.crc32(question.prompt.encode())}"
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**Predict first.** {typeset(question.prompt)}")
        line = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom")
        form = line.form(identity, border=False, width="content")
        if on_next or QUESTION in state.fields:
            line.button("Next question", key=f"{key} next", on_click=on_next or partial(_next_question, state))
        reply = read_reply(form, question, identity)
        revealed = reply is not None and show_feedback(question, reply)
    if revealed:
        st.session_state[f"{identity} told"] = True
    return f"{identity} told" in st.session_state


def ask_choice(prompt: str, options: Mapping[str, str], right: str, state: State, *, key: str) -> bool:
    """Ask for one of ``options``, each with the sentence that comments on it; return whether one has been chosen."""
    with st.container(border=True, gap="xsmall"):
        line = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom")
        with line.form(key, border=False, width="content"):
            answer = st.radio(f"**Predict first.** {prompt}", options, index=None, key=f"{key} answer", horizontal=True)
            checked = st.form_submit_button("Check", key=f"{key} check", type="primary")
        if QUESTION in state.fields:
            line.button("Next question", key=f"{key} next", on_click=partial(_next_question, state))
        if answer == right:
            st.success(f"Right. {options[answer]}")
        elif answer is not None:
            st.error(f"Not quite. {options[answer]}")
        elif checked:
            st.info("Choose one first; a guess is fine.")
    return answer is not None


def read_reply(form: DeltaGenerator, question: Question, key: str) -> Reply | None:
    """Fill ``form``; return what was submitted, or None and a message where it is no number."""
    with form, st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input("Your prediction", key=f"{key} answer", width=180, max_chars=MAX_CHARACTERS)
        checked = st.form_submit_button("Check", key=f"{key} check", type="primary")
        misfit = question.misfit and st.form_submit_button("It does not fit", key=f"{key} misfit")
        if st.form_submit_button("Show the answer", key=f"{key} show"):
            return SHOW
    if misfit:
        return NO_FIT
    if checked and not text.strip():
        st.info("Enter a number first; a guess is fine.")
    elif checked:
        try:
            return read_number(text)
        except UserError as error:
            st.error(sentence_of(error))
    return None


def show_feedback(question: Question, reply: Reply) -> bool:
    """Comment on ``reply``; return whether the answer is told now."""
    if reply == SHOW:
        st.info(f"The answer is {question.answer:,.10g}. {typeset(question.why)}")
        return True
    right, sentence = question.check(reply)
    (st.success if right else st.error)(typeset(sentence))
    return right


def _next_question(state: State) -> None:
    state.put(QUESTION, state[QUESTION] % QUESTION.high + 1)
