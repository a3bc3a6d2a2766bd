"""Open the app in a browser: ``python -m cnn``, or ``cnn-lecture`` once it is installed.

Arguments are handed on to ``streamlit run``, for example ``--server.port 8600``.
"""

import signal
import subprocess
import sys
from collections.abc import Sequence

from cnn.installed import HOME


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the app until it is stopped and return Streamlit's exit code.

    A process of its own, because ``cnn`` does not import Streamlit; it is told to end when this one is.
    """
    options = sys.argv[1:] if arguments is None else arguments
    with subprocess.Popen([sys.executable, "-m", "streamlit", "run", str(HOME / "app.py"), *options]) as server:
        signal.signal(signal.SIGTERM, lambda *_: server.terminate())
        try:
            return server.wait()
        except KeyboardInterrupt:
            return 0


if __name__ == "__main__":
    sys.exit(main())
