"""Components of the browser, each from the files beside its Python and under a name that no other one has."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

_FOLDERS: dict[str, Path] = {}


def read_files(folder: Path, *names: str) -> str:
    """Return the text of files of ``folder``, one after the other."""
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


_OWNER = read_files(Path(__file__).parent, "component.js")


def define_component(name: str, folder: Path, *, html: str, js: str, css: str = "") -> Callable[..., Any]:
    """Return a component of Streamlit, version 2, which is called with ``key``, ``data`` and its events.

    Args:
        name: Its name on the server, where a second component of that name would take the place of the first.
        folder: Where its files lie; a module that is imported again may define its own component again.
        html: What it begins with.
        js: An object ``component``, which ``component.js`` beside this file asks to open, receive and close.
        css: Its style sheet.

    Raises:
        ValueError: A component of another folder has this name.
    """
    if _FOLDERS.setdefault(name, folder) != folder:
        raise ValueError(f"There is a component named {name} in {_FOLDERS[name]} already.")
    show = st.components.v2.component(name, html=html, css=css or None, js=f"{js}\n{_OWNER}")

    def component(*, key: str, data: dict[str, Any], **events: Any) -> Any:
        return show(key=key, data={"sent": _time_of(key, data), **data}, **events)

    return component


def _time_of(key: str, data: dict[str, Any]) -> float:
    """Return when a reader's component got these data first, so that the browser can tell older data from newer."""
    times: dict[str, tuple[int, float]] = st.session_state.setdefault("component_times", {})
    content = hash(json.dumps(data))
    known, time_sent = times.get(key, (None, 0.0))
    if known != content:
        times[key] = content, max(time.time(), time_sent + 0.001)
    return times[key][1]
