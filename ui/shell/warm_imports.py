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
READY = threading.Event()
"""Set once PyTorch, the first and slowest of them, has been imported: pages with a network open at once."""


def wait() -> None:
    """Import PyTorch, or wait until another thread has."""
    importlib.import_module(PACKAGES[0])
    READY.set()


@st.cache_resource(show_spinner=False)
def prepare() -> None:
    """Start the imports once for the whole server."""
    timer = threading.Timer(DELAY_S, _import)
    timer.daemon = True
    timer.start()


def _import() -> None:
    wait()
    for package in PACKAGES[1:]:
        importlib.import_module(package)
