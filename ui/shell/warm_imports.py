"""Import PyTorch while the server starts and the reader still looks at a page that does without it."""

import importlib
import threading

READY = threading.Event()
"""Set once PyTorch, the slowest of all imports, has been imported: pages with a network open at once."""


def wait() -> None:
    """Import PyTorch, or wait until another thread has."""
    importlib.import_module("torch")
    READY.set()
