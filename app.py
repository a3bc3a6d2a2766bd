"""Front door: page setup and navigation in lecture order."""

import streamlit as st

from ui import frame, memory

page = frame.navigation()
st.set_page_config(page_title=f"{page.title} · CNNs by hand", layout="wide", initial_sidebar_state=264)
page.run()
memory.settle()
