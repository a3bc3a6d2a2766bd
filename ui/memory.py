"""Keeps the garbage collector quick, which Streamlit runs to the end after every script run.

A full round looks at every object of every imported module, a tenth of a second and more with plotly and torch. Frozen
objects are left out of it, so that what a reader sees does not wait for the round.
"""

import gc
import sys

_STEP = 100
"""So many new modules make it worth while to freeze again."""
_frozen_at = 0


def settle() -> None:
    """Freezes what the imports since the last call have left; does nothing while there were few."""
    global _frozen_at
    if len(sys.modules) >= _frozen_at + _STEP:
        _frozen_at = len(sys.modules)
        gc.collect()
        gc.freeze()
