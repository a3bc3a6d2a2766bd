"""Notebooks: five sets of exercises in Jupyter that check themselves, to download."""

from functools import partial
from html import escape

import streamlit as st

from cnn.handson import check
from cnn.handson.notebooks import NOTEBOOKS, Notebook
from ui.shell import frame


def show_table() -> None:
    """Show every notebook with its exercises."""
    rows = "".join(
        f'<tr><th scope="row">{notebook.number} · {escape(notebook.title)}</th><td>{escape(notebook.about)}'
        f"<br><small>{escape(' · '.join(notebook.exercises), quote=False)}</small></td></tr>"
        for notebook in NOTEBOOKS
    )
    with st.container(key="notebooks"):  # its place is kept until the table has come
        st.html(f'<table class="notebooks" aria-label="The notebooks and their exercises">{rows}</table>')


def offer(notebook: Notebook, *, solved: bool) -> None:
    """Show the button that downloads a notebook or its solution."""
    st.download_button(
        f"{'Solution' if solved else 'Download notebook'} {notebook.number}",
        partial(notebook.ipynb, solved=solved),
        f"{notebook.name}{'_solution' if solved else ''}.ipynb",
        "application/x-ipynb+json",
        on_click="ignore",
        key=f"{'solution' if solved else 'notebook'} {notebook.number}",
    )


frame.header(
    "Notebooks",
    "Write the parts of a convolutional network yourself. Each exercise tells you what is wrong with your answer, and "
    "not what is right.",
)
show_table()
with st.container(horizontal=True, key="downloads"):
    for notebook in NOTEBOOKS:
        offer(notebook, solved=False)
st.markdown(
    "**To run them**: install the course with `pip install .` in its folder, then `pip install jupyterlab`, and open a "
    "notebook with `jupyter lab`. They need no internet and no GPU, and run in less than a minute each. In Colab, "
    "upload the notebook and install the course in a first cell with `%pip install`. "
    "`python -m cnn.handson.notebooks --out FOLDER` writes all five.",
    width="stretch",
)
with st.expander("For teachers: solutions and completion codes"):
    with st.container(horizontal=True):
        for notebook in NOTEBOOKS:
            offer(notebook, solved=True)
    st.markdown(
        "The last cell of a notebook prints a code for the name that is written there, once every exercise is solved. "
        "Enter both here and compare. The code is a receipt, not an examination: its rule is public."
    )
    left, right = st.columns([1, 2])
    number = left.number_input("Notebook", 1, len(NOTEBOOKS), key="notebooks.number")
    name = right.text_input("Name", max_chars=80, key="notebooks.name")
    if name.strip():
        st.code(check.completion_code(int(number), name), language=None)
frame.footer(
    "notebooks",
    "A forward pass, a backward pass, a training loop and an honest evaluation are a few lines each, and you have "
    "written them.",
)
