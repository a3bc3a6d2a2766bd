"""Stage and panel: what a reader does and what happens, on one screen and in the same place on every page.

    state = State.open("pooling", X, F, S, PREDICT)
    view = stage.open_view(state, EXAMPLES)
    with view.panel:
        size, stride = state.boxes(F, S)
        with stage.more("padding mode"):
            mode = state.select(MODE)
    hidden = quiz.dock(view, question, state)
    with view.stage:
        show_grid(...)
    if not hidden:
        why, code = view.tabs(state, stage.WHY, stage.CODE)

The row of examples stands on top, with Reset and Present; the question is docked below the figure and asked before the
stage shows the answer; explanations are in tabs. While a question is open, a page fills no tab, because explanations
and code give the answer away. A page whose values are refused keeps its last good figure, greyed: :meth:`View.compute`.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from html import escape
from typing import Any, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.elements.lib.mutable_tab_container import TabContainer

from cnn.errors import UserError
from ui.shell import frame
from ui.shell.fields import Field, Flag
from ui.shell.page_state import State
from ui.shell.text import sentence_of

T = TypeVar("T")
PREDICT = Flag("predict", "Predict first", False)
"""A page that asks before it shows adds this field to ``State.open``."""
WHY, CODE, DETAILS = "Why it is so", "In PyTorch", "Details and tables"
_SHARE = "Share and print"
_LAST_GOOD = "stage.last_good"
_ONE_ROW = 158
"""Letters of examples and their label, and four for the frame of each, that fit a row of a laptop's window."""
_STALE = '<span class="stale" role="status">The figure shows the last values that were possible.</span>'
_PRESENT = (
    '<button type="button" class="present" data-present '
    'title="Presentation mode: the figure alone, larger; Escape leaves">Present</button>'
)


@dataclass
class View:
    """The places of one page: ``stage`` beside ``panel``, the docked ``question``, and ``below`` for tabs."""

    state: State
    stage: DeltaGenerator
    panel: DeltaGenerator
    question: DeltaGenerator
    below: DeltaGenerator
    greyed: bool = False

    def tabs(self, state: State, *labels: str, key: str | None = None) -> Sequence[TabContainer]:
        """Show tabs named ``labels`` and a last one with the link to share; return those of ``labels``.

        With a ``key`` the page runs again where another tab is opened, and a tab says whether it is open.
        """
        *tabs, share = self.below.tabs([*labels, _SHARE], key=key, on_change="rerun" if key else "ignore")
        with share:
            state.share()
        return tabs

    def compute(self, function: Callable[[], T], *, name: str = "") -> T | None:
        """Return what ``function`` computes, or computed last, where it raises ``UserError`` now.

        The error's sentence is then shown in the panel and the stage is greyed, as it is where a control holds what its
        field does not allow. ``name`` distinguishes several results of one page. None if there has been no result yet.
        """
        results: dict[tuple[str, str], T] = st.session_state.setdefault(_LAST_GOOD, {})
        refused = self.state.invalid
        try:
            results[self.state.page, name] = function()
        except UserError as error:
            self.panel.error(sentence_of(error))
            refused = True
        result = results.get((self.state.page, name))
        if refused and not self.greyed:
            self.greyed = True
            if result is not None:
                self.stage.html(_STALE)
        return result


def open_view(state: State, examples: Mapping[str, Mapping[Field[Any], Any]] | None = None) -> View:
    """Show the row of examples, Reset and Present, and return the empty places below it."""
    _show_chips(state, examples or {})
    left, right = st.columns([2.2, 1], gap="medium")
    stage, panel = left.container(key="stage"), right.container(key="panel")
    stage.container(key="presented").html(f'<h2 class="presented">{escape(frame.title_of(state.page))}</h2>')
    if state.teach:
        with panel:
            state.show_controls()
    return View(state, stage, panel, left.container(key="question"), st.container(key="below"))


def more(contents: str) -> AbstractContextManager[Any]:
    """Return a closed part of the panel for controls beyond the first five; ``contents`` names them."""
    return st.expander(f"More: {contents}")


def _show_chips(state: State, examples: Mapping[str, Mapping[Field[Any], Any]]) -> None:
    label = "Examples:" if examples and not state.teach else ""
    one_row = sum(len(name) + 4 for name in (label, *examples)) < _ONE_ROW
    key = "chips" if one_row else "chips-two-rows"  # its height is kept from the first paint on
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=key):
        if label:
            st.markdown(label, width="content")
        state.examples(examples)
        st.space("stretch")
        if PREDICT in state.fields:
            state.flag(PREDICT)
        if not state.teach:
            st.button("Reset", key="reset", type="tertiary", on_click=state.reset)
        st.html(_PRESENT, width="content")
