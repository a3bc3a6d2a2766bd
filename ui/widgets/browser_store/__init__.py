"""Keep bytes in the browser under a name: Streamlit sends them once, however often a page runs."""

import base64
from pathlib import Path

import streamlit as st


def store_in_browser(name: str, identity: str, data: bytes) -> None:
    """Store ``data`` as ``globalThis.storedBytes.get(name).bytes``; ``identity`` differs where the bytes differ.

    The event ``bytes-stored`` tells other components that it has arrived.
    """
    with st.container(key=f"browser_store {name}"):
        encoded = base64.b64encode(data).decode()
        _component(key=f"stored {name}", data={"name": name, "id": identity, "base64": encoded})


_component = st.components.v2.component(
    "browser_store",
    html="<span></span>",
    js=Path(__file__).with_name("store.js").read_text(encoding="utf-8"),
)
