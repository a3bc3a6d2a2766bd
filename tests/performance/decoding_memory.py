"""Measure what one film takes while it is read: ``python -m tests.performance.decoding_memory [NAME ...]``.

Each of the heaviest films (``tests/support/worst_films.py``) is read in a process of its own, up to the inputs of the
networks. Printed are the seconds, the growth of the process at its peak, and what the budget reserves for it.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MIB = 2**20


def peak(kind: str = "VmHWM") -> int:
    """Return a figure of this process's memory, in bytes (Linux)."""
    found = re.search(rf"{kind}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) * 1024 if found else 0


def read(path: Path) -> None:
    """Read one film as a page does, and print one line."""
    from cnn.errors import UserError
    from ui.chest import film_store
    from ui.widgets.upload import FilmChoice

    data = path.read_bytes()
    Path("/proc/self/clear_refs").write_text("5")  # sets the peak back to what is resident
    before, started, said = peak(), time.monotonic(), "read"
    choice = FilmChoice("key", path.name, lambda: (data, path.name))
    try:
        said = str(getattr(film_store._read(choice), "reason", "read"))
    except UserError as error:
        said = str(error)
    grown, left = (peak() - before) / MIB, (peak("VmRSS") - before) / MIB
    print(f"{path.name:28} {time.monotonic() - started:5.1f} s {grown:6.0f} MiB, {left:4.0f} kept   {said}", flush=True)


def main() -> None:
    """Build and read each film."""
    parser = argparse.ArgumentParser(prog="python -m tests.performance.decoding_memory", description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--folder", type=Path, help="keep the films here")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.read:
        return read(options.read)
    from tests.support.worst_films import WORST

    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(exist_ok=True)
        for name in options.names or WORST:
            path = folder / name
            if not path.exists():
                path.write_bytes(WORST[name]())
            subprocess.run([sys.executable, "-m", "tests.performance.decoding_memory", "--read", str(path)], check=True)
    return None


if __name__ == "__main__":
    main()
