"""The queue of this server, and the runs of this session. Imports no PyTorch."""

import streamlit as st

from cnn.handson.runs.queue import Desk, Queue, Run

DESK = "handson.desk"


@st.cache_resource(show_spinner=False)
def queue() -> Queue:
    """Return the one queue of the server."""
    return Queue()


def desk() -> Desk:
    """Return this session's runs; they are kept from page to page and end with the session."""
    if DESK not in st.session_state:
        st.session_state[DESK] = Desk(queue())
    found: Desk = st.session_state[DESK]
    return found


def label(run: Run) -> str:
    """Return the name of a run for a reader."""
    return f"Run {run.number}: {run.experiment or run.settings.network_title}"
