"""The step-through grid with a question below it; the cell asked about shows its number once it has been told."""

from typing import Any

import streamlit as st

from cnn.lecture.questions.question import Question
from cnn.ops.convolution import Convolution
from cnn.ops.pooling import Pooling
from ui.shell.page_state import State
from ui.widgets import quiz
from ui.widgets.grid import grid


def asked_grid(example: Convolution | Pooling, question: Question, state: State, **options: Any) -> None:
    """``options`` are those of :func:`ui.widgets.grid.grid`."""
    above = st.container()
    told = quiz.ask(question, state)
    with above:
        grid(example, hide=None if told else question.cell, **options)
