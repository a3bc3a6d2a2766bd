"""Front door: page setup and navigation in lecture order."""

import streamlit as st

from ui.frame import COURSE

st.set_page_config(page_title="CNNs by hand", layout="wide")
navigation = st.navigation(
    {
        section: [
            st.Page(chapter.path, title=chapter.title, url_path=chapter.file, default=chapter.file == "home")
            for chapter in chapters
        ]
        for section, chapters in COURSE.items()
    }
)
navigation.run()
