"""``python -m cnn.predict``: see :mod:`cnn.predict.command`, which takes seconds to import.

``python -m cnn.predict summary FILE --labels TRUTH.csv`` measures what was written; ``... doctor`` checks what is
installed. A folder of such a name is given as ``./summary``.
"""

import os
import signal
import sys


def _end(*_: object) -> None:
    """End the process at once: an exception may be swallowed by the module that is being imported."""
    os.write(2, b"stopped before it began\n")
    os._exit(128 + signal.SIGINT)


if __name__ == "__main__":
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:  # not where a shell runs the command in the background
        signal.signal(signal.SIGINT, _end)
    if sys.argv[1:2] == ["summary"]:
        from cnn.library.studies import summarise

        sys.exit(summarise(sys.argv[2:]))
    if sys.argv[1:] == ["doctor"]:
        from cnn.library.doctor import examine

        sys.exit(examine())
    from cnn.predict import command

    signal.signal(signal.SIGINT, handler)
    code = command.main()
    if code == command.INTERRUPTED:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # without waiting for threads, in which a second Ctrl-C would end in a traceback
    sys.exit(code)
