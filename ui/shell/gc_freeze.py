"""Keeps the garbage collector quick, which Streamlit runs to the end after every script run.

A full round looks at every object of every imported module, a tenth of a second and more with plotly and torch. Frozen
objects are left out of it, so that what a reader sees does not wait for the round. What is frozen while a reader's
picture hangs on it would stay for ever, so after a picture was dropped all is thawed once, and looked through; what is
free then goes back to the system.
"""

import gc
import sys
import time

from cnn.models.allocator import give_back

_STEP = 100
"""So many new modules make it worth while to freeze again."""
REST = 60.0
"""Seconds between two thaws at least, however many readers drop pictures."""
_frozen_at = 0
_thaw_wanted = False
_thawed = 0.0


def release() -> None:
    """Something was dropped that must not stay: one of the next calls of :func:`settle` looks through everything."""
    global _thaw_wanted
    _thaw_wanted = True


def settle() -> None:
    """Freezes what the imports since the last call have left; does nothing while there were few."""
    global _frozen_at, _thaw_wanted, _thawed
    thaw = _thaw_wanted and time.monotonic() - _thawed >= REST
    if thaw or len(sys.modules) >= _frozen_at + _STEP:
        _frozen_at = len(sys.modules)
        _thaw_wanted, _thawed = False, time.monotonic()
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        give_back()
