"""Open the app in a browser: ``python -m cnn``, or ``cnn-lecture`` once it is installed.

Arguments are handed on to ``streamlit run``, for example ``--server.port 8600``.
"""

import os
import subprocess
import sys
from collections.abc import Sequence

from cnn.installed import HOME


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the app until it is stopped and return Streamlit's exit code.

    Streamlit takes the place of this process where it can, so that whoever ends this one ends the server; ``cnn`` does
    not import it.
    """
    options = sys.argv[1:] if arguments is None else arguments
    command = [sys.executable, "-m", "streamlit", "run", str(HOME / "app.py"), *options]
    if os.name == "posix":
        os.execv(sys.executable, command)
    try:
        return subprocess.call(command)
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
