"""Home: what this is, the course in lecture order, and the way to the classifier."""

import streamlit as st

from ui import frame

frame.header(
    "Convolutional networks, by hand",
    "Learn how a convolutional network works by touching every number in it; then watch one read a chest X-ray.",
    "Let the network read a built-in film, and ask it where it looked. Then start at the top of the course.",
)
if st.button("Read a chest X-ray"):
    st.switch_page("pages/chest_xray.py")
st.markdown(
    "**When you are through, you can** say what a convolution, a stride, a padding and a pool do to a volume of "
    "numbers, and work out its size and its weights by hand; name the layers of a network and what each is for; and "
    "tell a probability and a coloured map apart from an answer that deserves belief."
)
for section, chapters in frame.COURSE.items():
    st.subheader(section, anchor=False)
    for chapter in chapters:
        if chapter.file != "home":
            st.page_link(chapter.path, label=f"**{chapter.title}** · {chapter.extent}")
frame.notice()
