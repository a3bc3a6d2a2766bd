"""Import PyTorch while the server starts and the reader still looks at a page that does without it."""

import gc
import importlib
import threading

READY = threading.Event()
"""Set once PyTorch, the slowest of all imports, has been imported: pages with a network open at once."""


def wait() -> None:
    """Import PyTorch, or wait until another thread has; what has been imported is left out of garbage collection."""
    importlib.import_module("torch")
    if not READY.is_set():
        gc.freeze()  # no reader's film is here yet: pages that read films wait for this
        READY.set()
