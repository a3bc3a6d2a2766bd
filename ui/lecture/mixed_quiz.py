"""Ten questions, one at a time: each is checked at once, the first answer counts, and the score stays in sight."""

from functools import partial

import streamlit as st

from cnn.lecture.questions.quiz import QuizQuestion, draw_quiz
from ui.shell import frame
from ui.shell.fields import Whole
from ui.shell.page_state import State
from ui.shell.stage import View
from ui.shell.text import typeset
from ui.widgets import static_grid
from ui.widgets.quiz import SHOW, Reply, read_reply, show_feedback

NUMBER = Whole("quiz", "Quiz number", 1, low=1, high=999)
"""The number in the link gives a whole class the same ten questions."""
Answers = list[Reply]
"""The reader's answers to one question, in order."""


def show_quiz(view: View, state: State) -> bool:
    """Show the present question of the quiz, or its result at the end; return whether the end is reached."""
    with view.panel:
        number = state.number(NUMBER)
    questions = draw_quiz(number)
    place: int = min(st.session_state.get(_place_key(number), 1), len(questions) + 1)
    with view.stage:
        if place <= len(questions):
            _ask(questions[place - 1], number, place, len(questions))
        else:
            _show_result(questions, number)
    with view.panel:
        _show_score(questions, number, place, state)
    return place > len(questions)


def _place_key(number: int) -> str:
    return f"quiz {number} place"


def _key(number: int, place: int) -> str:
    return f"quiz {number} question {place}"


def _ask(item: QuizQuestion, number: int, place: int, count: int) -> None:
    """Show one question, the comment on the last answer to it, and the ways to its neighbours."""
    key = _key(number, place)
    answers: Answers = st.session_state.setdefault(key, [])
    with st.container(border=True):
        st.markdown(f"**Question {place} of {count} · {_title(item)}**\n\n{typeset(item.question.prompt)}")
        with st.container(horizontal=True, vertical_alignment="bottom", key="operands"):
            for operand in item.operands:
                with st.container(width="content"):
                    static_grid.show_numbers(operand.numbers, operand.caption, operand.role)
            form = st.form(f"{key} form", border=False, width="content")
        reply = read_reply(form, item.question, key)
        if reply is not None:
            answers.append(reply)
        if answers:
            show_feedback(item.question, answers[-1])
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            go = partial(_go, number)
            st.button("Previous question", key="previous", on_click=go, args=(place - 1,), disabled=place == 1)
            name = "Next question" if place < count else "Show the result"
            st.button(name, key="following", on_click=go, args=(place + 1,), type="primary" if answers else "secondary")


def _go(number: int, place: int) -> None:
    st.session_state[_place_key(number)] = place


def _show_result(questions: tuple[QuizQuestion, ...], number: int) -> None:
    """Show which pages to read again, for the questions that were answered."""
    marks = _marks(questions, number)
    missed = {item.page: _title(item) for item, good in zip(questions, marks, strict=True) if good is False}
    left = marks.count(None)
    with st.container(border=True):
        st.markdown(f"**{marks.count(True)} of {len(questions)} right at the first try, {left} not answered.**")
        if missed:
            st.markdown("Read these pages again:")
        elif not left:
            st.markdown("All right: these pages have no more questions for you.")
        for page, title in missed.items():
            st.page_link(frame.link_target(page), label=title)
        st.button("Back to the last question", on_click=_go, args=(number, len(questions)))


def _show_score(questions: tuple[QuizQuestion, ...], number: int, place: int, state: State) -> None:
    """Show the score, a mark for each question, and the ways to begin anew."""
    marks = _marks(questions, number)
    signs = {True: "✓", False: "✗", None: "·"}
    words = {True: "right", False: "wrong", None: "open"}
    strip = "".join(
        f'<li class="{words[mark]}" {"aria-current=step" if index == place else ""}>'
        f'{index}<b aria-label="{words[mark]}">{signs[mark]}</b></li>'
        for index, mark in enumerate(marks, start=1)
    )
    answered = len(marks) - marks.count(None)
    st.markdown(f"**Score: {marks.count(True)} of {len(questions)}** at the first try, {answered} answered")
    with st.container(key="marks"):
        st.html(f'<ol class="marks">{strip}</ol>')
    st.caption(
        "The first answer to a question counts, even if a later one is right; a shown answer counts as wrong. The "
        "same quiz number gives everybody the same questions."
    )
    with st.container(horizontal=True):
        st.button("Start again", on_click=_clear, args=(number, len(questions)))
        if not state.teach and number < NUMBER.high:
            st.button("Ten other questions", on_click=state.put, args=(NUMBER, number + 1), key="other")


def _marks(questions: tuple[QuizQuestion, ...], number: int) -> list[bool | None]:
    """Return for each question whether its first answer was right; None where there is no answer yet."""
    marks: list[bool | None] = []
    for place, item in enumerate(questions, start=1):
        answers: Answers = st.session_state.get(_key(number, place), [])
        marks.append((answers[0] != SHOW and item.question.check(answers[0])[0]) if answers else None)
    return marks


def _clear(number: int, count: int) -> None:
    for key in (_place_key(number), *(_key(number, place) for place in range(1, count + 1))):
        st.session_state.pop(key, None)


def _title(item: QuizQuestion) -> str:
    return next(chapter.title for chapter in frame.chapters() if chapter.file == item.page)
