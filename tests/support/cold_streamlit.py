"""Streamlit's command line, for an app that imports PyTorch when a page asks for it and not at its start."""

import sys

from streamlit.web import cli

from ui.shell import warm_imports

if __name__ == "__main__":
    warm_imports.READY.set()
    warm_imports.wait = sys.exit  # ends the thread that would import it
    cli.main()
