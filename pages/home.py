"""Home: what you will be able to do, a taste of both halves, and the course as a path."""

import numpy as np
import streamlit as st

from cnn.errors import UserError
from cnn.ops import convolution, toy_inputs
from ui.chest import home
from ui.shell import frame, warm_imports
from ui.shell.text import sentence_of
from ui.widgets.grid import GridOptions, show_grid

frame.header(
    "Convolutional networks, by hand",
    "Learn how a convolutional network works by touching every number in it; then watch one read a chest X-ray.",
)
by_hand, at_work = st.columns(2, gap="large")
with by_hand:
    st.header("A convolution, step by step", anchor=False)
    example = convolution.conv2d(np.array(toy_inputs.BINARY_IMAGE), np.array(toy_inputs.CROSS))
    show_grid(example, GridOptions("A convolution step by step", step_name=None, bare=True), key="taste")
    st.page_link("pages/convolution_2d.py", label="Change its numbers")
with at_work:
    st.header("A network reads a film", anchor=False)
    try:
        home.show_example()
    except UserError as error:
        st.info(sentence_of(error))
    if st.button("Read a chest X-ray", type="primary"):
        st.switch_page("pages/chest_xray.py")
st.header("What you will be able to do", anchor=False)
st.markdown(
    "- Work out by hand what a convolution, a stride, a padding and a pool do to a volume of numbers: its new size, "
    "its weights, its cost.\n"
    "- Name the layers of a network, say what each is for, and stack your own.\n"
    "- Say why a network that reads pictures is built of convolutions.\n"
    "- Classify a chest X-ray with a trained network, and choose the threshold for it.\n"
    "- Tell a probability and a coloured map apart from an answer that deserves belief."
)
st.header("The course", anchor=False)
home.show_course()
frame.notice()
warm_imports.prepare()
