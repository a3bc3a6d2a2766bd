"""Open the app in a browser: ``python -m cnn``, or ``cnn-lecture`` once it is installed.

Arguments are handed on to ``streamlit run``, for example ``--server.port 8600``.
"""

import subprocess
import sys
from collections.abc import Sequence

from cnn.installed import HOME


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the app until it is stopped and return Streamlit's exit code.

    A process of its own, because ``cnn`` does not import Streamlit.
    """
    options = sys.argv[1:] if arguments is None else arguments
    try:
        return subprocess.call([sys.executable, "-m", "streamlit", "run", str(HOME / "app.py"), *options])
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
