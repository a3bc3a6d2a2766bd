"""The choice of a network by its title; the address bar keeps its key, so that links outlive a new title."""

from collections.abc import Sequence

import streamlit as st

from cnn.cards import network_title

_KEY = "network"


def choose_network(names: Sequence[str]) -> str:
    """Show the networks ``names`` by title and return the chosen name; the first is the default.

    Streamlit's ``bind`` would write titles into the address bar, so the key is read and written here.
    """
    linked = st.query_params.get(_KEY, names[0])
    st.session_state[_KEY] = linked if linked in names else names[0]
    return st.selectbox("Network", names, key=_KEY, format_func=network_title, on_change=_write_link, args=(names[0],))


def _write_link(default: str) -> None:
    if st.session_state[_KEY] == default:
        st.query_params.pop(_KEY, None)
    else:
        st.query_params[_KEY] = st.session_state[_KEY]
