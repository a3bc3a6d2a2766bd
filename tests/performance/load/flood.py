"""Flood the server with uploads from one address: ``python -m tests.performance.load.flood [--nginx]``.

Eight readers send files of 19 MB for a minute, as fast as they can, half of them for a page without a box. The bytes of
the files that were taken must stay below 300 MiB; the growth of the servers, which load PyTorch meanwhile, is printed
beside them. With ``--nginx`` two servers stand behind deploy/nginx.conf, else one is open.
"""

import argparse
import asyncio
import tempfile
import time
import urllib.error
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from tests.performance.load.__main__ import resident
from tests.performance.load.client import Reader
from tests.support.servers import behind_nginx, free_port, running, streamlit

READERS, FILE_BYTES, LIMIT = 8, 19 * 2**20, 300


async def _send(reader: Reader, answers: Counter[str], until: float) -> None:
    while time.monotonic() < until:
        place = await reader.place_for("film.png")
        try:
            status = await asyncio.to_thread(reader.put, place.upload_url, "film.png", bytes(FILE_BYTES))
        except urllib.error.HTTPError as refusal:
            status = refusal.code
        except OSError:  # refused while the file was still being sent
            status = 0
        answers[str(status or "broken off")] += 1
        await asyncio.sleep(0.2)


async def flood(url: str, processes: list[int], seconds: float) -> float:
    """Print the answers, and return the MiB of the files that were taken."""
    readers = [Reader(url) for _ in range(READERS)]
    for number, reader in enumerate(readers):
        await reader.connect()
        await reader.open("")
        await reader.open("history" if number % 2 else "convolution_1d")
    before, answers = sum(map(resident, processes)), Counter[str]()
    until = time.monotonic() + seconds
    await asyncio.gather(*(_send(reader, answers, until) for reader in readers))
    grown, held = sum(map(resident, processes)) - before, answers["204"] * FILE_BYTES / 2**20
    print(f"{dict(answers)}; {held:.0f} MiB of files are held; the servers grew by {grown:.0f} from {before:.0f} MiB")
    for reader in readers:
        await reader.close()
    return held


def main() -> None:
    """Run the measurement."""
    parser = argparse.ArgumentParser(prog="python -m tests.performance.load.flood", description=__doc__)
    parser.add_argument("--nginx", action="store_true")
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    with ExitStack() as stack:
        ports = [free_port() for _ in range(2 if options.nginx else 1)]
        secret = {"STREAMLIT_SERVER_COOKIE_SECRET": "the same for both"}
        servers = [
            stack.enter_context(running(streamlit(port), f"http://127.0.0.1:{port}/_stcore/health", **secret))
            for port in ports
        ]
        url = f"http://127.0.0.1:{ports[0]}"
        if options.nginx:
            url = stack.enter_context(behind_nginx(Path(stack.enter_context(tempfile.TemporaryDirectory())), *ports))
        held = asyncio.run(flood(url, [server.pid for server in servers], options.seconds))
    raise SystemExit(held > LIMIT)


if __name__ == "__main__":
    main()
