"""The learner's own network on the pages that read a film: of the latest run of this session that can be opened."""

import streamlit as st

from cnn.handson.own_network import as_model
from cnn.handson.runs.queue import Run
from cnn.handson.settings import OWN_NETWORK
from cnn.models.loading import LoadedModel, load
from ui.handson import runs

_MODEL = "chest.own_network"


def names() -> list[str]:
    """Return the name of the learner's network in a list; an empty one where there is none."""
    return [OWN_NETWORK] if find() else []


def find() -> LoadedModel | None:
    """Return the learner's network, None where none was trained that can be opened."""
    finished = [run for run in runs.desk().runs if run.result]
    if not finished:
        return None
    run = finished[-1]
    number, model = st.session_state.get(_MODEL, (0, None))
    if number != run.number:
        model = _model_of(run)
        st.session_state[_MODEL] = run.number, model
    found: LoadedModel | None = model
    return found


def _model_of(run: Run) -> LoadedModel | None:
    return as_model(run.result, runs.label(run)) if run.result else None


def load_network(name: str) -> LoadedModel:
    """Return the learner's network or a registered one; raises like :func:`cnn.models.loading.load`."""
    own = find() if name == OWN_NETWORK else None
    return own or load(name)


def mark(model: LoadedModel) -> None:
    """Say below the choice of network that it is the learner's own, if it is."""
    if model.name == OWN_NETWORK:
        st.caption(model.card["about"])
