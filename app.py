"""Front door: page setup and navigation in lecture order."""

import streamlit as st

from ui.shell import frame, session_data, theme

st.set_page_config(layout="wide", initial_sidebar_state="collapsed")  # the browser's tab carries the name of the page
theme.load_style_sheet()
frame.navigation().run()
session_data.collect_deleted()
