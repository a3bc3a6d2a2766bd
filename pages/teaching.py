"""Teacher's guide: three lesson plans of links with fixed state, questions and the answers to expect."""

import streamlit as st

from cnn.lecture import teachers_guide
from cnn.lecture.lesson_plans import PLANS
from ui.shell import frame
from ui.shell.fields import Choice, Flag
from ui.shell.page_state import State

PLAN = Choice("plan", "Lesson of", PLANS[0].name, options=tuple(plan.name for plan in PLANS))
ANSWERS = Flag("answers", "Show the expected answers", False)

frame.header(
    "Teacher's guide",
    "Three lesson plans with links, questions and expected answers. Without the answers this page is a worksheet.",
)
state = State.open("teaching", PLAN, ANSWERS)
with st.container(horizontal=True, vertical_alignment="bottom", key="plan-choice"):
    name = state.choice(PLAN)
    answers = state.flag(ANSWERS)
st.markdown(teachers_guide.INTRODUCTION)
plan = next(plan for plan in PLANS if plan.name == name)
st.header(f"A plan for {plan.name}", anchor=False)
st.markdown(plan.about)
for start, end, unit in plan.schedule():
    st.subheader(f"{start}-{end} · {unit.title if unit else 'Break'}", anchor=False)
    if unit:
        if slides := frame.describe_position(unit.page):
            st.caption(slides[0].upper() + slides[1:])
        st.markdown(teachers_guide.render_unit(unit, answers=answers))
st.header("To take home", anchor=False)
st.markdown(teachers_guide.render_homework())
st.header("For a class without the internet", anchor=False)
st.markdown(teachers_guide.OFFLINE)
state.share()
frame.footer(
    "teaching",
    "Ask before you show, and give everybody the same numbers.",
)
