"""Front door: page setup and navigation in lecture order."""

import streamlit as st

from ui import frame, memory

st.set_page_config(page_title="CNNs by hand", layout="wide", initial_sidebar_state=264)
frame.navigation().run()
memory.settle()
