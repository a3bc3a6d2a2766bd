"""The same in PyTorch: lines to copy, and what they print."""

import streamlit as st

from cnn.lecture.torch_snippets import Snippet


def show_snippet(snippet: Snippet, *, title: str = "The same in PyTorch") -> None:
    """Show lines to copy and, below them, their output."""
    with st.expander(title):
        st.code(snippet.code, language="python")
        st.markdown("It prints:")
        st.code(snippet.output, language=None, wrap_lines=True)
