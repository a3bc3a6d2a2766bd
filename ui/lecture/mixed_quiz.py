"""Ten questions on one page: each is checked at once, the first answer counts, and the score stands at the end."""

import streamlit as st

from cnn.lecture.questions.question import Question
from cnn.lecture.questions.quiz import QuizQuestion, draw_quiz
from ui.shell import frame
from ui.shell.fields import Whole
from ui.shell.page_state import State
from ui.shell.text import escape_stars
from ui.widgets import static_grid
from ui.widgets.quiz import prediction_input

NUMBER = Whole("quiz", "Quiz number", 1, low=1, high=999)
"""The number in the link gives a whole class the same ten questions."""
Answers = list[float | None]
"""What was given to one question, in order; None where the answer was asked for instead."""


@st.fragment  # an answer redraws the quiz alone
def show_quiz(number: int, state: State) -> None:
    """Quiz ``number``, the score, and what to read again."""
    asked = draw_quiz(number)
    kept = [_ask(one, place, f"quiz {number} question {place}") for place, one in enumerate(asked, start=1)]
    _score(asked, kept, number, state)
    state.remember()


def _ask(asked: QuizQuestion, place: int, key: str) -> Answers:
    """One question in a box of its own; what has been answered to it so far."""
    kept: Answers = st.session_state.setdefault(key, [])
    with st.container(border=True):
        st.markdown(f"**{place}. {_title(asked)}** · {escape_stars(asked.question.prompt)}")
        with st.container(horizontal=True):
            for operand in asked.operands:
                with st.container(width="content"):
                    static_grid.show_numbers(operand.numbers, operand.caption, operand.role)
        with st.form(f"{key} form", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
            typed = prediction_input(asked.question, f"{key} answer")
            checked = st.form_submit_button("Check", key=f"{key} check")
            shown = st.form_submit_button("Show the answer", key=f"{key} show")
        if shown or (checked and typed is not None):
            kept.append(None if shown else typed)
        elif checked:
            st.info("Type a number first. A wrong one is worth more than none.")
            return kept
        if kept:
            _judge(asked.question, kept[-1])
    return kept


def _judge(question: Question, given: float | None) -> None:
    if given is None:
        st.info(f"The answer is {question.answer:.10g}. {escape_stars(question.why)}")
        return
    right, sentence = question.check(given)
    (st.success if right else st.error)(escape_stars(sentence))


def _score(asked: tuple[QuizQuestion, ...], kept: list[Answers], number: int, state: State) -> None:
    """How many were right at the first try, and, once all are answered, which pages to read again."""
    first = [answers[0] if answers else None for answers in kept]
    right = [given is not None and one.question.check(given)[0] for one, given in zip(asked, first, strict=True)]
    answered = sum(bool(answers) for answers in kept)
    with st.container(border=True):
        st.markdown(
            f"**Score: {sum(right)} of {len(asked)}** right at the first try; {answered} answered. "
            "It is kept in this tab only, and gone with it."
        )
        if answered == len(asked):
            missed = {one.page: _title(one) for one, good in zip(asked, right, strict=True) if not good}
            st.markdown("Worth another look:" if missed else "All right: there is nothing on these pages left to ask.")
            for page, title in missed.items():
                st.page_link(f"pages/{page}.py", label=title)
        with st.container(horizontal=True):
            st.button("Start again", on_click=_forget, args=(number, len(asked)))
            if not state.teach and number < NUMBER.high:
                # A callback inside a fragment redraws the fragment alone; the page must know of the new number.
                st.button("Ten other questions", on_click=state.put, args=(NUMBER, number + 1), key="other")
    if st.session_state.get("other"):
        st.rerun()


def _forget(number: int, count: int) -> None:
    for place in range(1, count + 1):
        st.session_state.pop(f"quiz {number} question {place}", None)


def _title(asked: QuizQuestion) -> str:
    return next(chapter.title for chapter in frame.chapters() if chapter.file == asked.page)
