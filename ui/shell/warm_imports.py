"""Import PyTorch and its companions in the background while the reader still looks at the first page.

The first page does without them, to open at once. From there to the chest X-ray page takes 1.5 s with these imports
and 24 s without, measured 15 s after the start of a server on 2 busy cores.
"""

import importlib
import threading

import streamlit as st

PACKAGES = ("torch", "pydicom", "onnx", "captum.attr", "skimage.measure", "scipy.stats")
"""Other people's packages only: a page may be importing one of our own modules at that moment and have to wait."""
DELAY_S = 1.0
"""Seconds that the first page has for itself."""


@st.cache_resource(show_spinner=False)
def prepare() -> None:
    """Start the imports once for the whole server."""
    timer = threading.Timer(DELAY_S, _import)
    timer.daemon = True
    timer.start()


def _import() -> None:
    for package in PACKAGES:
        importlib.import_module(package)
