"""What a session holds of a reader's pictures, and when that goes: with the page it was made for, and with the session.

Streamlit keeps an upload in memory until the session ends, and a session whose reader has left until some other reader
leaves too. Here an upload goes when another page is opened, and a session that nobody comes back to goes in time. While
an upload arrives, the parser of forms below Streamlit would put what is over 1 MB on disk; it is kept from doing so.
"""

import asyncio
from dataclasses import dataclass

import streamlit as st
from starlette.formparsers import MultiPartParser
from streamlit import config, runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state import SafeSessionState

from ui.shell import gc_freeze

MultiPartParser.spool_max_size = (config.get_option("server.maxUploadSize") + 1) * 2**20  # more than is accepted

_OF_PICTURES: set[str] = set()
_PAGE = "privacy.page"


def drop_with_page(key: str) -> str:
    """Registers ``key`` of the session's state as made from a picture, to be dropped when another page is opened."""
    _OF_PICTURES.add(key)
    return key


def enter_page(page: str) -> None:
    """To be called in each run with the name of the page that is open."""
    _watch()
    before = st.session_state.get(_PAGE)
    st.session_state[_PAGE] = page
    if before in (None, page):
        return
    for key in _OF_PICTURES.intersection(st.session_state):
        del st.session_state[key]
        gc_freeze.release()
    context = get_script_run_ctx()
    if context is not None:
        context.uploaded_file_mgr.remove_session_files(context.session_id)
    _sweep()


def _sweep() -> None:
    """Drops records and pictures to take home that no page offers; Streamlit takes two sweeps for it, this is one."""
    if runtime.exists():
        runtime.get_instance().media_file_mgr.remove_orphaned_files()


@dataclass(eq=False)
class _Watch:
    """Stands in the cache of one session, which Streamlit clears at the moment when the reader's connection ends."""

    session_id: str
    state: SafeSessionState


_LAST: dict[str, _Watch] = {}
"""The watch of each session that has not ended: another one takes its place when a reader comes back."""


def _left(watch: _Watch) -> None:
    """Ends the session shortly before Streamlit would hand it to nobody any more, unless the reader is back by then."""
    try:
        loop = asyncio.get_running_loop()  # the server's: it is the one that notices
    except RuntimeError:  # cleared by somebody else
        return
    patience = float(config.get_option("server.disconnectedSessionTTL"))
    loop.call_later(max(patience - 1, 0), _end, watch)


def _end(watch: _Watch) -> None:
    if _LAST.get(watch.session_id) is watch and not runtime.get_instance().is_active_session(watch.session_id):
        del _LAST[watch.session_id]
        runtime.get_instance().close_session(watch.session_id)
        watch.state._state.clear()  # Streamlit's loop holds on to the last session that it has looked at
        _sweep()
        gc_freeze.release()
        asyncio.get_running_loop().call_later(gc_freeze.REST, gc_freeze.settle)  # nobody else may come by to do it


@st.cache_resource(scope="session", show_spinner=False, on_release=_left)
def _watch() -> _Watch:
    context = get_script_run_ctx()
    assert context is not None, "only a page that runs has a session's cache"
    watch = _LAST[context.session_id] = _Watch(context.session_id, context.session_state)
    return watch
