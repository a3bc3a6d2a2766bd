"""Components of the browser, each from the files beside its Python and under a name that no other one has."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

_FOLDERS: dict[str, Path] = {}


def read_files(folder: Path, *names: str) -> str:
    """Return the text of files of ``folder``, one after the other."""
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


_WHEN_GONE = read_files(Path(__file__).parent, "when_gone.js")


def define_component(name: str, folder: Path, *, html: str, js: str, css: str = "") -> Callable[..., Any]:
    """Return a component of Streamlit, version 2.

    Args:
        name: Its name on the server, where a second component of that name would take the place of the first.
        folder: Where its files lie; a module that is imported again may define its own component again.
        html: What it begins with.
        js: A module with a default function, whose clean-up comes from ``whenGone``.
        css: Its style sheet.

    Raises:
        ValueError: A component of another folder has this name.
    """
    if _FOLDERS.setdefault(name, folder) != folder:
        raise ValueError(f"There is a component named {name} in {_FOLDERS[name]} already.")
    return st.components.v2.component(name, html=html, css=css or None, js=f"{_WHEN_GONE}\n{js}")
