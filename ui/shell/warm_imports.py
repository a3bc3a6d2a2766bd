"""Imports what reads a film while the reader still looks at the first page.

PyTorch and its companions take three to ten seconds to import. The first page does without them, to stand at once;
without this, whoever goes from there to the classifier would wait for them.
"""

import importlib
import threading

import streamlit as st

NEEDED = ("torch", "torchvision.models.efficientnet", "captum.attr", "pydicom", "scipy.stats")
"""Other people's packages only: of our own modules a page may be importing one at that moment, and wait for this."""
AFTER = 1.0
"""Seconds that the first page has for itself."""


@st.cache_resource(show_spinner=False)
def prepare() -> None:
    """Starts the imports in the background, once for the whole server."""
    timer = threading.Timer(AFTER, _import)
    timer.daemon = True
    timer.start()


def _import() -> None:
    for name in NEEDED:
        importlib.import_module(name)
