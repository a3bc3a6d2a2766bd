"""A bit of history: the lecture's timeline (slide 5)."""

import streamlit as st

from cnn.lecture import torch_snippets
from cnn.lecture.questions.timeline import ask_year
from cnn.lecture.timeline import TIMELINE
from ui.lecture import timeline
from ui.shell import frame
from ui.shell.fields import Choice
from ui.shell.page_state import State
from ui.widgets import quiz, torch_code

MILESTONES = {milestone.name: milestone for milestone in TIMELINE}
LOOK = Choice("look", "Look closer at", "LeNet", options=tuple(MILESTONES))

frame.header(
    "A bit of history",
    "Convolutional networks are older than they look: most of the ideas were there by 1993, and waited.",
)
state = State.open("history", LOOK, quiz.QUESTION)
line, story = st.columns([3, 2], gap="large")
with story:
    milestone = MILESTONES[state.select(LOOK)]
    st.header(milestone.name, anchor=False)
    st.markdown(milestone.story)
    st.markdown(f"Source: {milestone.source}.")
    quiz.ask(ask_year(state[quiz.QUESTION]), state)
with line:
    timeline.show_timeline(TIMELINE, milestone.name)
torch_code.show_snippet(torch_snippets.lenet(), title="LeNet in today's PyTorch")
state.share()
frame.footer(
    "history",
    "Local detectors, shared weights and pooling are decades old; data, computing power and tricks for training "
    "depth made them win in 2012.",
)
