"""Home: what this is, the course in lecture order, and the way to the classifier."""

import streamlit as st

from ui import frame

frame.header(
    "Convolutional networks, by hand",
    "Learn how a convolutional network works by touching every number in it, then watch one read a chest X-ray.",
    "open the classifier, pick a built-in radiograph and ask where the network looked.",
)
st.page_link("pages/chest_xray.py", label="Read a chest X-ray")
for section, chapters in frame.COURSE.items():
    st.subheader(section, anchor=False)
    for chapter in chapters:
        st.page_link(chapter.path, label=f"{chapter.title} · slides {chapter.slides} · {chapter.minutes} min")
frame.notice()
