"""The choice of a network by its title; the address bar keeps its key, so that links outlive a new title."""

from collections.abc import Sequence

import streamlit as st

from cnn.cards import network_title
from ui.shell import address
from ui.shell.fields import Choice


def choose_network(names: Sequence[str]) -> str:
    """Show the networks ``names`` by title and return the chosen name; the first is the default."""
    field = Choice("network", "Network", names[0], options=tuple(names), title=network_title)
    return st.selectbox(field.label, names, key=address.key(field), format_func=field.title)
