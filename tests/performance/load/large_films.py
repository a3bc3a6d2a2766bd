"""Upload the heaviest films at once: ``python -m tests.performance.load.large_films [--readers 16] [--film NAME ...]``.

Each reader opens a page and uploads one of the films of ``tests/support/worst_films.py``, all at the same moment. The
server must stay below 2 GiB and answer each of them: with the film, with a sentence, or with a place in line first.
Prints the memory before, at the peak (as the kernel counts it) and once all have left.
"""

import argparse
import asyncio
import re
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

from streamlit import config

from tests.performance.load.__main__ import Server, resident
from tests.performance.load.client import Reader
from tests.support.worst_films import WORST

AWAY = config.get_option("server.disconnectedSessionTTL") + 5
HEAVIEST = ("jpeg 2000.dcm", "jpeg-ls.dcm", "rle.dcm", "cmyk, progressive.jpg", "ybr.dcm", "grey16.png", "rgba8.png")
LIMIT = 2048
PAGES = {"chest_xray": {"insist": "true"}, "convolution_2d": {"part": "A whole picture"}}


async def _upload(reader: Reader, page: str, path: Path) -> str:
    shown = await reader.open(page, **PAGES[page])
    started = time.monotonic()
    shown = await reader.upload(shown, (path.name, path.read_bytes()))
    seconds, text = time.monotonic() - started, shown.text()
    answered = "answered" if path.stem.split(",")[0] in text or "in line" in text else "NO ANSWER"
    return f"{path.name:24} {seconds:5.1f} s  {answered}"


async def measure(films: list[Path], page: str) -> bool:
    """Print what happens; return whether the memory stayed below LIMIT and all were answered."""
    server = Server()
    try:
        await server.wait_until_up()
        warm_up = Reader(server.url)
        await warm_up.connect()
        await warm_up.open("")
        await warm_up.open(page, **PAGES[page])  # loads PyTorch and the networks
        readers = [Reader(server.url) for _ in films]
        for reader in readers:
            await reader.connect()
            await reader.open("")
        before = resident(server.process.pid)
        answers = await asyncio.gather(
            *(_upload(*each) for each in zip(readers, [page] * len(films), films, strict=True))
        )
        status = Path(f"/proc/{server.process.pid}/status").read_text()
        peak = int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024
        after = resident(server.process.pid)
        for reader in (*readers, warm_up):
            await reader.close()
        await asyncio.sleep(AWAY)
        print(*answers, sep="\n")
        left = resident(server.process.pid)
        print(
            f"{page}: {before:.0f} MiB before, {peak:.0f} at the peak, {after:.0f} after, {left:.0f} once all have left"
        )
        return peak < LIMIT and not any("NO ANSWER" in answer for answer in answers)
    finally:
        server.stop()


def main() -> None:
    """Run the measurement."""
    parser = argparse.ArgumentParser(prog="python -m tests.performance.load.large_films", description=__doc__)
    parser.add_argument("--readers", type=int, default=16)
    parser.add_argument("--page", choices=PAGES, default="chest_xray")
    parser.add_argument("--film", nargs="*", choices=WORST, default=HEAVIEST)
    parser.add_argument("--folder", type=Path, help="keep the films here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        for name in options.film:
            if not (folder / name).exists():
                (folder / name).write_bytes(WORST[name]())
        films = [folder / name for name in islice(cycle(options.film), options.readers)]
        raise SystemExit(not asyncio.run(measure(films, options.page)))


if __name__ == "__main__":
    main()
