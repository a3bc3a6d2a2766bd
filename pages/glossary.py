"""Glossary: every word and symbol of the course in one sentence, and the page that teaches it."""

import streamlit as st

from cnn.lecture.glossary import GLOSSARY
from ui.shell import address, frame, glossary_popover
from ui.shell.fields import Words

FIND = Words("find", "Find a word or a symbol", "")

frame.header(
    "Glossary",
    "The terms and symbols of the course. Where a page underlines one with dots, press it to see its meaning.",
)
query = st.text_input(FIND.label, key=address.key(FIND), max_chars=40)
titles = {chapter.file: chapter.title for chapter in frame.chapters()}
terms = [term for term in GLOSSARY if term.matches(query or "")]
if not terms:
    st.info("No entry found.")
for term in terms:
    meaning, page, _ = st.columns([5, 2, 2], gap="medium")
    with meaning:
        st.markdown(f"**{glossary_popover.term_title(term)}.** {term.meaning}")
    with page:
        st.page_link(frame.link_target(term.page), label=titles[term.page])
frame.footer(
    "glossary",
    "These are the terms of the field: with them you can read a paper, a model card or PyTorch's documentation.",
)
