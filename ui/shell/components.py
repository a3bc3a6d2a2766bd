"""Components of the browser, each from the files beside its Python and under a name that no other one has."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

_FOLDERS: dict[str, Path] = {}


_OWNER = Path(__file__).with_name("component.js").read_text(encoding="utf-8")


def define_component(name: str, module: str, *files: str, html: str = "") -> Callable[..., Any]:
    """Return a component of Streamlit, version 2, which is called with ``key``, ``data`` and its events.

    Args:
        name: Its name on the server, where a second component of that name would take the place of the first.
        module: ``__file__`` of its Python, which may be imported again and then defines its own component again.
        files: Its files beside that: what it begins with, style sheets, and scripts with an object ``component``, which
            ``component.js`` beside this file asks to open, receive and close.
        html: What it begins with, where that is no file.

    Raises:
        ValueError: A component of another folder has this name.
    """
    folder = Path(module).parent
    if _FOLDERS.setdefault(name, folder) != folder:
        raise ValueError(f"There is a component named {name} in {_FOLDERS[name]} already.")

    def text(ending: str) -> str:
        return "\n".join((folder / file).read_text(encoding="utf-8") for file in files if file.endswith(ending))

    scripts = f"{text('.js')}\n{_OWNER}"
    show = st.components.v2.component(name, html=html or text(".html"), css=text(".css") or None, js=scripts)

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
