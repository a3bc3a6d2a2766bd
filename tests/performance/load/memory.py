"""Measure the server's memory after many uploads: ``python -m tests.performance.load.memory --films FOLDER``.

One reader after the other uploads films and leaves, as fast as the server answers. Memory is read when nobody is
connected any more: a reader whose connection broke may come back for a while, and finds the page as it was.
"""

import argparse
import asyncio
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

from streamlit import config

from cnn.training.benchmark import Result, write_report
from tests.performance.load.__main__ import Server, find_films, resident
from tests.performance.load.client import Reader

FEW = 10
UPLOADS_PER_READER = 5
AWAY = config.get_option("server.disconnectedSessionTTL") + 5
"""Seconds until a reader who left is forgotten, and the memory that was free after that has been returned."""


async def measure(films: Sequence[Path], uploads: int) -> Result:
    """Return resident memory after ``uploads`` beside that after FEW."""
    server = Server()
    try:
        await server.wait_until_up()
        reader, after_few = Reader(server.url), 0.0
        for number, film in enumerate(islice(cycle(films), uploads)):
            if number % UPLOADS_PER_READER == 0:
                await reader.close()
                reader = Reader(server.url)
                await reader.connect()
                await reader.open("")
            page = await reader.open("chest_xray", insist="true")
            shown = await reader.upload(page, (film.name, film.read_bytes()))
            assert film.name[:40] in shown.text()
            if number + 1 in (FEW, uploads):
                connected = resident(server.process.pid)
                await reader.close()
                await asyncio.sleep(AWAY)
                after_few = after_few or resident(server.process.pid)
        title, note = f"memory of the server after {uploads} uploads", f"{AWAY:.0f} s after the last reader left"
        note = f"resident, {note}; {connected:.0f} before"
        return Result(title, f"after {FEW}", resident(server.process.pid), after_few, 1.1, note, "MiB")
    finally:
        server.stop()


def main() -> None:
    """Run the measurement."""
    parser = argparse.ArgumentParser(prog="python -m tests.performance.load.memory", description=__doc__)
    parser.add_argument("--films", type=Path, required=True)
    parser.add_argument("--uploads", type=int, default=500)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    write_report([asyncio.run(measure(find_films(options.films), options.uploads))], options.out)


if __name__ == "__main__":
    main()
