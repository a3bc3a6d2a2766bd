"""Memory of the server after many uploads: ``python -m tests.performance.load.memory --films FOLDER [--uploads 500]``.

One reader after the other uploads a film and leaves, as fast as the server answers. Memory is read when nobody is there
any more: a reader whose connection broke may come back for a while, and finds the page as it was.
"""

import argparse
import asyncio
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

from streamlit import config

from cnn.training.benchmark import Row, write
from tests.performance.load.__main__ import Server, resident
from tests.performance.load.client import Reader
from ui.widgets.upload import UPLOADED

FEW = 10
EACH = 5
"""Uploads by one reader."""
AWAY = config.get_option("server.disconnectedSessionTTL") + 5
"""Seconds until a reader who left is forgotten, and what was free after that has been given back."""


async def measure(films: Sequence[Path], uploads: int) -> Row:
    """Resident memory after ``uploads`` beside that after ``FEW``."""
    server = Server()
    try:
        await server.up()
        reader, after_few = Reader(server.url), 0.0
        for number, film in enumerate(islice(cycle(films), uploads)):
            if number % EACH == 0:
                await reader.close()
                reader = Reader(server.url)
                await reader.connect()
                await reader.open("")
            page = await reader.open("chest_xray", source=UPLOADED, insist="true")
            shown = await reader.upload(page, (film.name, film.read_bytes()))
            assert film.name[:40] in shown.text()
            if number + 1 in (FEW, uploads):
                at_once = resident(server.process.pid)
                await reader.close()
                await asyncio.sleep(AWAY)
                after_few = after_few or resident(server.process.pid)
        return Row(
            f"memory of the server after {uploads} uploads", f"after {FEW}", resident(server.process.pid), after_few,
            1.1, f"resident, transfer loaded, {AWAY:.0f} s after the last reader left; {at_once:.0f} before", "MiB",
        )  # fmt: skip
    finally:
        server.stop()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.performance.load.memory", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--films", type=Path, required=True)
    parser.add_argument("--uploads", type=int, default=500)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    films = sorted(path for path in given.films.rglob("*") if path.suffix.lower() in (".jpeg", ".jpg", ".png"))
    write([asyncio.run(measure(films, given.uploads))], given.out)


if __name__ == "__main__":
    main()
