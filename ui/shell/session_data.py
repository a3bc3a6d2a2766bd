"""What a session holds of a reader's films, and when it is deleted: with the page it belongs to, and with the session.

Streamlit keeps a session whose reader has left until some other reader leaves too. Here what was made of a film is
deleted when another page is opened, and an abandoned session ends in time, with the reader's films. While an
upload arrives, Streamlit's form parser would write what is over 1 MB to disk; its limit is raised above all uploads.

Pages hang in reference cycles, so a full garbage collection follows each deletion: at once for a reader alone, together
with those of others where many delete, since it stops all threads for half a second with PyTorch and Plotly loaded.
Streamlit would run one after every run of a page (``runner.postScriptGC``, switched off): that makes reruns of a light
page 1.3 s apart instead of 0.12 s (2 busy cores).
"""

import asyncio
import gc
import time
from dataclasses import dataclass
from threading import Lock, Timer

import streamlit as st
from starlette.formparsers import MultiPartParser
from streamlit import config, runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state import SafeSessionState

from cnn.models.allocator import give_back
from ui.shell import upload_limits

MultiPartParser.spool_max_size = (config.get_option("server.maxUploadSize") + 1) * 2**20  # more than is accepted

_PAGE, _DELETED = "session_data.page", "session_data.deleted"
_FILM_KEYS: set[str] = set()


def drop_with_page(key: str) -> str:
    """Register ``key`` of the session's state as made from a film, to be deleted when another page is opened."""
    _FILM_KEYS.add(key)
    return key


def enter_page(page: str) -> None:
    """Delete what belongs to the page before; to be called in each run with the name of the open page."""
    _watch()
    before = st.session_state.get(_PAGE)
    st.session_state[_PAGE] = page
    if before in (None, page):
        return
    for key in _FILM_KEYS.intersection(st.session_state):
        del st.session_state[key]
        st.session_state[_DELETED] = True
    context = get_script_run_ctx()
    if context is not None:
        context.uploaded_file_mgr.remove_session_files(context.session_id)
        upload_limits.close_box(context.session_id)
    _remove_downloads()


def collect_deleted() -> None:
    """Free what this session has deleted; to be called once the page is drawn, so that its reader need not wait."""
    if st.session_state.pop(_DELETED, False):
        _COLLECTOR.request()


class _Collector:
    """Collects garbage soon after it is asked, but not more often than takes ``SHARE`` of the time."""

    SHARE = 0.05

    def __init__(self) -> None:
        self._lock, self._asked, self._rest_until = Lock(), False, 0.0

    def request(self) -> None:
        """Collect now if the last time is long ago, else as soon as it is; one collection serves all who ask before."""
        with self._lock:
            if self._asked:
                return
            self._asked = True
        timer = Timer(max(0.0, self._rest_until - time.monotonic()), self._collect)
        timer.daemon = True  # a server that stops does not wait for it
        timer.start()

    def _collect(self) -> None:
        self._asked, start = False, time.monotonic()  # who asks from now on has deleted more
        idle = is_idle()
        if idle:
            gc.unfreeze()
        gc.collect()
        if idle:
            gc.freeze()  # modules and what is theirs, 300,000 objects: later collections pass over them
        give_back()
        end = time.monotonic()
        self._rest_until = end + (end - start) * (1 / self.SHARE - 1)


_COLLECTOR = _Collector()


def is_idle() -> bool:
    """Return whether no session exists."""
    return not _WATCHES


def collect_when_idle() -> None:
    """Collect garbage now if no session exists, which makes later collections short."""
    if is_idle():
        _COLLECTOR.request()


def _remove_downloads() -> None:
    """Remove records and pictures that no page offers any longer; Streamlit needs two sweeps for it, this is one."""
    if runtime.exists():
        runtime.get_instance().media_file_mgr.remove_orphaned_files()


@dataclass(eq=False)
class _Watch:
    """Lies in the cache of one session, which Streamlit clears at the moment when the reader's connection ends."""

    session_id: str
    state: SafeSessionState


_WATCHES: dict[str, _Watch] = {}
"""The watch of each session that has not ended; a reader who comes back gets a new one."""


def _schedule_end(watch: _Watch) -> None:
    """End the session shortly before Streamlit would stop offering it to its reader, unless that reader is back."""
    try:
        loop = asyncio.get_running_loop()  # the server's: it notices that the connection ends
    except RuntimeError:  # cleared by somebody else
        return
    time_to_live = float(config.get_option("server.disconnectedSessionTTL"))
    loop.call_later(max(time_to_live - 1, 0), _end, watch)


def _end(watch: _Watch) -> None:
    if _WATCHES.get(watch.session_id) is watch and not runtime.get_instance().is_active_session(watch.session_id):
        del _WATCHES[watch.session_id]
        upload_limits.forget(watch.session_id)
        runtime.get_instance().close_session(watch.session_id)
        watch.state._state._new_widget_state.states.clear()  # else each is read once more, and one may not be readable
        watch.state._state.clear()  # Streamlit's loop holds on to the last session that it has looked at
        _remove_downloads()
        asyncio.get_running_loop().call_later(1, _COLLECTOR.request)  # once the server has let go of the session


@st.cache_resource(scope="session", show_spinner=False, on_release=_schedule_end)
def _watch() -> _Watch:
    context = get_script_run_ctx()
    if context is None:
        raise RuntimeError("a session's cache exists only while one of its pages runs")
    watch = _WATCHES[context.session_id] = _Watch(context.session_id, context.session_state)
    return watch
