"""A bit of history: the lecture's timeline (slide 5)."""

import streamlit as st

from cnn.lecture import torch_snippets
from cnn.lecture.questions.timeline import ask_year
from cnn.lecture.timeline import IMAGENET, IMAGENET_SOURCE, TIMELINE
from ui.lecture import timeline
from ui.shell import frame, stage
from ui.shell.fields import Choice
from ui.shell.page_state import State
from ui.shell.stage import PREDICT
from ui.widgets import quiz, torch_code

LOOK = Choice("look", "Milestone", "LeNet", options=tuple(milestone.name for milestone in TIMELINE))

frame.header(
    "A bit of history",
    "The ideas behind convolutional networks are decades older than their success: press a milestone.",
)
state = State.open("history", LOOK, PREDICT, quiz.QUESTION)
view = stage.open_view(state)
hidden = quiz.dock(view, ask_year(state[quiz.QUESTION]), state)
with view.stage:
    timeline.show_timeline(TIMELINE, state[LOOK], hidden=hidden)
if hidden:
    with view.panel:
        st.markdown("The years are hidden until you have answered the question below.")
else:
    with view.panel:
        st.markdown("**ImageNet: best top-5 error of each year.** Green: convolutional networks.")
        st.caption(
            "ImageNet is a competition to name what photographs show, out of 1,000 classes. Top-5 error: the share of "
            "test images whose right class is not among the five best guesses."
        )
        timeline.show_errors(IMAGENET, IMAGENET_SOURCE)
    (code,) = view.tabs(state, stage.CODE)
    with code:
        torch_code.show_snippet(torch_snippets.lenet(), title="LeNet-5 as it is usually written today")
frame.footer(
    "history",
    "Local detectors, shared weights and pooling are decades old. Labelled data, computing power and better training "
    "made deep networks win.",
)
