"""Predict, then look: a question, the reader's answer, and the mistake behind a wrong one. No answer is stored."""

import zlib
from collections.abc import Mapping

import streamlit as st

from cnn.lecture.questions.question import Question
from cnn.ops.convolution import Convolution
from cnn.ops.pooling import Pooling
from ui.shell.fields import Whole
from ui.shell.page_state import State
from ui.shell.text import escape_stars
from ui.widgets.grid import GridOptions, show_grid

QUESTION = Whole("question", "Question number", 1, low=1, high=99)
"""A page that asks adds this field to ``State.open``; the number in the link gives a whole class the same question."""
_NUMBER_WIDTH = 150  # pixels that its label and a number need on one line


def ask(question: Question, state: State, *, key: str = "quiz") -> bool:
    """Ask ``question`` in a box, and return whether its answer has been revealed, so that the page may show it.

    ``key`` distinguishes several questions on one page.
    """
    # A new question must not open with the answer that was typed for the last one.
    identity = f"{key} {zlib.crc32(question.prompt.encode())}"
    with st.container(border=True):
        st.markdown(f"**Predict first.** {escape_stars(question.prompt)}")
        line = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom")
        form = line.form(identity, border=False, width="content")
        with form, st.container(horizontal=True, vertical_alignment="bottom"):
            answer = prediction_input(question, f"{identity} answer")
            checked = st.form_submit_button("Check", key=f"{identity} check")
            revealed = st.form_submit_button("Show the answer", key=f"{identity} show")
        if QUESTION in state.fields:
            with line.container(width=_NUMBER_WIDTH):
                state.number(QUESTION)
        if revealed:
            st.info(f"The answer is {question.answer:.10g}. {escape_stars(question.why)}")
        elif checked and answer is None:
            st.info("Type a number first. A wrong one is worth more than none.")
        elif checked and answer is not None:
            revealed, sentence = question.check(answer)
            (st.success if revealed else st.error)(escape_stars(sentence))
    if revealed:
        st.session_state[f"{identity} told"] = True
    return f"{identity} told" in st.session_state


def ask_about_cell(
    example: Convolution | Pooling, question: Question, state: State, options: GridOptions, *, key: str
) -> None:
    """Show ``example`` as a grid above ``question``; the cell in question stays hidden until its answer is revealed."""
    above = st.container()
    revealed = ask(question, state)
    with above:
        show_grid(example, options, key=key, hide=None if revealed else question.cell)


def ask_choice(prompt: str, options: Mapping[str, str], right: str, *, key: str) -> bool:
    """Ask for one of ``options``, each with the sentence that comments on it; return whether one has been chosen."""
    with st.container(border=True), st.form(key, border=False):
        answer = st.radio(f"**Predict first.** {prompt}", options, index=None, key=f"{key} answer", horizontal=True)
        checked = st.form_submit_button("Check", key=f"{key} check")
        if answer == right:
            st.success(f"Right. {options[answer]}")
        elif answer is not None:
            st.error(f"Not quite. {options[answer]}")
        elif checked:
            st.info("Choose one first. A wrong one is worth more than none.")
    return answer is not None


def prediction_input(question: Question, key: str) -> float | None:
    """Show an empty number box; it steps in whole numbers where all plausible answers are whole."""
    whole = all(float(value).is_integer() for value in (question.answer, *question.mistakes))
    return st.number_input("Your prediction", value=None, step=1 if whole else 0.01, key=key, width=180)
