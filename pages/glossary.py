"""Glossary: every word and symbol of the course in one sentence, and the page that teaches it."""

import streamlit as st

from cnn.lecture.glossary import GLOSSARY
from ui.shell import address, frame, glossary_popover
from ui.shell.fields import Words

FIND = Words("find", "Find a word or a symbol", "")

frame.header(
    "Glossary",
    "Every word and symbol of the course in one plain sentence. In the text of all pages they are underlined with "
    "dots: press one, and its meaning opens there.",
)
query = st.text_input(FIND.label, key=address.key(FIND), max_chars=40)
titles = {chapter.file: chapter.title for chapter in frame.chapters()}
terms = [term for term in GLOSSARY if term.matches(query or "")]
if not terms:
    st.info("No entry found.")
for term in terms:
    meaning, taught = st.columns([3, 1])
    with meaning:
        st.markdown(f"**{glossary_popover.term_title(term)}.** {term.meaning}")
    with taught:
        st.page_link(f"pages/{term.page}.py", label=titles[term.page])
frame.footer(
    "glossary",
    "The words of the field: with them you can read a paper, a model's card, or the documentation of PyTorch.",
)
