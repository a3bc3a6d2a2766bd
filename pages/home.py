"""Home: a convolution and a classified film at first sight, the lecture's outline, and the course as a path."""

import numpy as np
import streamlit as st

from cnn.errors import UserError
from cnn.ops import convolution, toy_inputs
from ui.chest import home
from ui.lecture.convolution_2d.numbers import FLIP, W, X
from ui.shell import frame
from ui.shell.text import sentence_of
from ui.widgets.grid import GridOptions, show_grid

NUMBERS = {"part": "One channel", X.name: X.text(X.default), W.name: W.text(W.default), FLIP.name: "false"}
"""The grid's numbers as a link, which opens them whatever the reader has left on the page."""

frame.header(
    "Convolutional networks, step by step",
    "Change any number on its pages and see what happens; then watch a trained network classify a chest X-ray.",
)
lecture, practice = st.columns(2, gap="large")
with lecture:
    with st.container(key="home-grid"):
        example = convolution.conv2d(np.array(toy_inputs.BINARY_IMAGE), np.array(toy_inputs.CROSS))
        show_grid(example, GridOptions("A convolution step by step", step_name=None, bare=True), key="taste")
    if st.button("Change the numbers: Convolution in 2-D"):
        st.switch_page("pages/convolution_2d.py", query_params=NUMBERS)
with practice:
    with st.container(key="home-film"):
        try:
            words = home.show_example()
        except UserError as error:
            words = ""
            st.info(sentence_of(error))
    if st.button("Read this chest X-ray", type="primary"):
        st.switch_page("pages/chest_xray.py", query_params=home.link_to_example())
    st.markdown(words)
home.show_outline()
home.show_course()
frame.notice()
