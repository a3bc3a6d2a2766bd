"""Ten questions on one page: each is checked at once, the first answer counts, and the score is at the end."""

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
"""The reader's answers to one question, in order; None where the answer was revealed instead."""


@st.fragment  # an answer redraws the quiz alone
def show_quiz(number: int, state: State) -> None:
    """Show quiz ``number``, the score, and which pages to read again."""
    questions = draw_quiz(number)
    answers = [_ask(question, place, _key(number, place)) for place, question in enumerate(questions, start=1)]
    _show_score(questions, answers, number, state)
    state.remember()


def _key(number: int, place: int) -> str:
    return f"quiz {number} question {place}"


def _ask(item: QuizQuestion, place: int, key: str) -> Answers:
    """Show one question in a box, and return the answers to it so far."""
    answers: Answers = st.session_state.setdefault(key, [])
    with st.container(border=True):
        st.markdown(f"**{place}. {_title(item)}** · {escape_stars(item.question.prompt)}")
        with st.container(horizontal=True):
            for operand in item.operands:
                with st.container(width="content"):
                    static_grid.show_numbers(operand.numbers, operand.caption, operand.role)
        with st.form(f"{key} form", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
            answer = prediction_input(item.question, f"{key} answer")
            checked = st.form_submit_button("Check", key=f"{key} check")
            revealed = st.form_submit_button("Show the answer", key=f"{key} show")
        if revealed or (checked and answer is not None):
            answers.append(None if revealed else answer)
        elif checked:
            st.info("Type a number first. A wrong one is worth more than none.")
            return answers
        if answers:
            _show_feedback(item.question, answers[-1])
    return answers


def _show_feedback(question: Question, answer: float | None) -> None:
    if answer is None:
        st.info(f"The answer is {question.answer:.10g}. {escape_stars(question.why)}")
        return
    right, sentence = question.check(answer)
    (st.success if right else st.error)(escape_stars(sentence))


def _show_score(questions: tuple[QuizQuestion, ...], answers: list[Answers], number: int, state: State) -> None:
    """Show how many were right at the first try and, once all are answered, which pages to read again."""
    right = [_right_at_first(item.question, tries) for item, tries in zip(questions, answers, strict=True)]
    answered = sum(map(bool, answers))
    with st.container(border=True):
        st.markdown(
            f"**Score: {sum(right)} of {len(questions)}** right at the first try; {answered} answered. "
            "Your score is kept while this tab is open."
        )
        if answered == len(questions):
            missed = {item.page: _title(item) for item, good in zip(questions, right, strict=True) if not good}
            st.markdown("Worth another look:" if missed else "All right: there is nothing on these pages left to ask.")
            for page, title in missed.items():
                st.page_link(f"pages/{page}.py", label=title)
        with st.container(horizontal=True):
            st.button("Start again", on_click=_clear, args=(number, len(questions)))
            if not state.teach and number < NUMBER.high:
                # A callback inside a fragment redraws the fragment alone; the page must know of the new number.
                st.button("Ten other questions", on_click=state.put, args=(NUMBER, number + 1), key="other")
    if st.session_state.get("other"):
        st.rerun()


def _right_at_first(question: Question, answers: Answers) -> bool:
    return bool(answers) and answers[0] is not None and question.check(answers[0])[0]


def _clear(number: int, count: int) -> None:
    for place in range(1, count + 1):
        st.session_state.pop(_key(number, place), None)


def _title(item: QuizQuestion) -> str:
    return next(chapter.title for chapter in frame.chapters() if chapter.file == item.page)
