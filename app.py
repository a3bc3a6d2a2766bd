"""Front door: page setup and navigation in lecture order; and the server around it, with limits for uploads."""

from threading import Thread

import streamlit as st
from starlette.middleware import Middleware

from cnn.extensions import run_extensions
from ui.shell import frame, messages, session_data, sockets, warm_imports
from ui.shell.first_paint import StyleSheet
from ui.shell.upload_limits import UploadLimits


def _warm_up() -> None:
    """Import PyTorch and read the first film while the browser still loads the first page, which does without both."""
    warm_imports.wait()
    from ui.chest import map_checks, own_network, sections, views  # noqa: F401 - for the page that shows that film

    sections.warm_up()
    session_data.collect_when_idle()


if __name__ == "__main__":  # a reader's page runs
    run_extensions()
    st.set_page_config(layout="wide", initial_sidebar_state="collapsed")  # the browser's tab has the name of the page
    frame.navigation().run()
    session_data.collect_deleted()
else:  # ``streamlit run`` looks for a server in this file, and imports it
    messages.guard_widgets()
    Thread(target=_warm_up, daemon=True).start()
    app = st.App("app.py", middleware=[Middleware(StyleSheet), Middleware(UploadLimits)], lifespan=sockets.lifespan)
