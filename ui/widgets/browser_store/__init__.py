"""Keep bytes in the browser under a name: Streamlit sends them once, however often a page runs."""

import base64

import streamlit as st

from ui.shell.components import define_component


def store_in_browser(name: str, identity: str, data: bytes) -> None:
    """Store ``data`` as ``globalThis.storedBytes.get(name).bytes``; ``identity`` differs where the bytes differ.

    The event ``bytes-stored`` tells other components that it has arrived.
    """
    with st.container(key=f"browser_store {name}"):
        encoded = base64.b64encode(data).decode()
        _component(key=f"stored {name}", data={"name": name, "id": identity, "base64": encoded})


_component = define_component("browser_store", __file__, "store.js", html="<span></span>")
