"""Silence libraries within a call, and put back what was set before: their settings belong to the whole process."""

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from pydicom import config

_LOGGERS = ("pydicom", "pydicom_jpeg_decoder", "PIL")
_FILTERS: tuple[dict[str, Any], ...] = (
    {"module": r"pydicom(\.|$)"},
    {"module": r"PIL\."},
    {"message": r"\s*Setting (forward|backward)"},  # Captum's, at every call
)
_lock = threading.Lock()
_inside = 0
_undo = ExitStack()


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Ignore warnings and logs of the libraries that decode files and hook networks, in all threads.

    They quote values of a stranger's file, which may be a patient's. The first thread that enters changes the settings,
    and the last one that leaves puts them back; ``warnings.catch_warnings`` is not safe with several threads.
    """
    global _inside
    with _lock:
        if not _inside:
            _silence()
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                _undo.close()


def _silence() -> None:
    _undo.enter_context(config.disable_value_validation())
    for logger in map(logging.getLogger, _LOGGERS):
        _undo.callback(logger.setLevel, logger.level)
        logger.setLevel(logging.CRITICAL)
    filters: Any = warnings.filters
    for arguments in _FILTERS:
        warnings.filterwarnings("ignore", **arguments)
        _undo.callback(_remove, filters[0])


def _remove(entry: object) -> None:
    filters: Any = warnings.filters
    with suppress(ValueError):  # somebody else has reset them
        filters.remove(entry)
