"""Load one server with a lecture hall of readers: ``python -m tests.performance.load --users 50 --films FOLDER``.

Readers walk the pages and upload radiographs; half way, the server is killed and started again. Prints p50 and p95 of
every action, errors, and the server's memory. A reader waits 2 to 8 seconds between two actions. An answer counts only
if it is the answer: the page asked for, to the end, and for an upload the film just sent and no other.
"""

import argparse
import asyncio
import json
import os
import random
import re
import statistics
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import WebSocketException

from tests.performance.load.client import MOST_SECONDS, Reader, Shown
from tests.support.servers import ROOT, free_port, is_up, streamlit
from ui.shell.frame import chapters

PAUSE = 2.0, 8.0
"""Seconds between two actions of a reader."""
UPLOADS = 0.3
"""Share of the actions that are uploads."""
GRACE = 10.0
"""Seconds after the restart in which a lost connection is no error."""
CONNECTION_LOST = (OSError, WebSocketException, EOFError)


class Server:
    """The app in a process of its own, and its memory."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.killed = self.restarted = float("-inf")
        self.memory: list[float] = []
        self._start()

    def _start(self) -> None:
        silent = subprocess.DEVNULL
        self.process = subprocess.Popen(streamlit(self.port), cwd=ROOT, stdout=silent, stderr=silent)

    async def wait_until_up(self) -> None:
        """Wait for the health check."""
        while not await asyncio.to_thread(is_up, f"{self.url}/_stcore/health"):
            await asyncio.sleep(0.2)

    async def restart(self) -> None:
        """Kill it without warning and start it again."""
        self.killed, self.restarted = time.monotonic(), float("inf")
        self.stop()
        self._start()
        await self.wait_until_up()
        self.restarted = time.monotonic()

    async def watch(self) -> None:
        """Note the resident memory, in MiB, once a second."""
        while True:
            self.memory.append(resident(self.process.pid))
            await asyncio.sleep(1)

    def stop(self) -> None:
        """Kill it."""
        self.process.kill()
        self.process.wait()


def resident(process: int) -> float:
    """Return the resident memory of a process in MiB; 0 where it has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


class Hall:
    """All readers together: the seconds of each action, and the errors."""

    def __init__(self, server: Server, films: Sequence[Path]) -> None:
        self.server, self.films = server, films
        self.seconds: defaultdict[str, list[float]] = defaultdict(list)
        self.errors: Counter[str] = Counter()
        self.end = float("inf")

    async def read(self, number: int) -> None:
        """Act as one reader, from the front page to the end of the lecture."""
        chance = random.Random(number)
        reader, lost = Reader(self.server.url), 0.0
        await asyncio.sleep(chance.uniform(0, PAUSE[1]))
        while time.monotonic() < self.end or lost:
            if lost and time.monotonic() - lost > MOST_SECONDS:
                self.errors["never came back"] += 1
                break
            try:
                if reader.session == "" or lost:
                    await self._arrive(reader, lost)
                    lost = 0.0
                elif chance.random() < UPLOADS:
                    await self._upload(reader, chance.choice(self.films))
                else:
                    # Uploads open the page of films, by a link, as a new tab would: within a session its widgets stay.
                    page = chance.choice([page for page in chapters() if page.file != "chest_xray"])
                    await self._open(reader, "" if page.file == "home" else page.file, page.title)
            except CONNECTION_LOST as error:
                if time.monotonic() > self.server.restarted + GRACE:
                    self.errors[f"lost: {type(error).__name__}"] += 1
                lost = lost or time.monotonic()
                await asyncio.sleep(0.5)
                continue
            except (AssertionError, TimeoutError) as error:
                self.errors[str(error) or type(error).__name__] += 1
            await asyncio.sleep(chance.uniform(*PAUSE))
        await reader.close()

    async def _arrive(self, reader: Reader, lost: float) -> None:
        start, before = lost or time.monotonic(), reader.session
        await reader.close()
        await reader.connect()
        shown = await reader.open("")
        assert shown.finished, "the front page did not open"
        self.seconds["come back after the kill" if lost else "first page"].append(time.monotonic() - start)
        if lost and self.server.killed > lost - 1:
            assert shown.session != before, "a session outlived its server"
            page = await reader.open("chest_xray", insist="true")
            assert not any(film.name in page.text() for film in self.films), "a film of before the kill is still shown"

    async def _open(self, reader: Reader, page: str, title: str) -> None:
        start = time.monotonic()
        shown = await reader.open(page)
        assert shown.finished, f"{title} did not finish"
        assert page == "" or len(shown.of("heading")) >= 1, f"{title} has no heading"
        self.seconds["open a page"].append(time.monotonic() - start)

    async def _upload(self, reader: Reader, film: Path) -> None:
        start = time.monotonic()
        page = await reader.open("chest_xray", insist="true")
        shown = await reader.upload(page, (film.name, film.read_bytes()))
        self._check(shown, film)
        self.seconds["upload a film: prediction and Grad-CAM"].append(time.monotonic() - start)

    def _check(self, shown: Shown, film: Path) -> None:
        text = shown.text().replace("\\", "")  # names are escaped for Markdown
        assert "The network says" in text, "no prediction"
        assert film.name[:40] in text, "the film shown is not the one sent"
        names = set(re.findall(r"[\w-]+\.jpe?g", text)) & {other.name for other in self.films}
        assert names <= {film.name}, "another reader's film is shown"
        assert any(film.name in viewer.json for viewer in shown.of("bidi_component")), "no picture"


async def start_training(url: str) -> Reader:
    """Start a training, and return the learner, who has to stay for it to go on."""
    learner = Reader(url)
    await learner.connect()
    shown = await learner.open("train_a_classifier", epochs="100")
    (start,) = (button for button in shown.of("button") if button.label == "Start")
    await learner.send([WidgetState(id=start.id, trigger_value=True)])
    return learner


async def hold_lecture(users: int, seconds: float, films: Sequence[Path], kill: bool, trainings: int = 0) -> Hall:
    """Let ``users`` readers read for ``seconds``, beside ``trainings`` in line, and ``kill`` the server half way."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(users + 2))
    server = Server()
    try:
        await server.wait_until_up()
        first = Reader(server.url)  # loads the networks
        await first.connect()
        await first.open("")
        await first.open("chest_xray")
        await first.close()
        learners = [await start_training(server.url) for _ in range(trainings)]
        hall = Hall(server, films)
        watching = asyncio.create_task(server.watch())
        await asyncio.sleep(1.5)
        hall.end = time.monotonic() + seconds
        readers = [asyncio.create_task(hall.read(number)) for number in range(users)]
        if kill:
            await asyncio.sleep(seconds / 2)
            await server.restart()
        await asyncio.gather(*readers)
        for learner in learners:
            await learner.close()
        watching.cancel()
        return hall
    finally:
        server.stop()


def report(hall: Hall, **facts: object) -> dict[str, object]:
    """Print what was measured as tables, and return it as data."""
    actions = []
    print("| action | times | p50 | p95 |\n|---|---|---|---|")
    for action, seconds in sorted(hall.seconds.items()):
        p95 = statistics.quantiles(seconds, n=20)[18] if len(seconds) > 1 else seconds[0]
        actions.append({"action": action, "count": len(seconds), "p50": statistics.median(seconds), "p95": p95})
        print(f"| {action} | {len(seconds)} | {statistics.median(seconds):.2f} s | {p95:.2f} s |")
    memory = hall.server.memory
    memory_mib = {"start": memory[0], "peak": max(memory), "end": memory[-1]}
    print("\nmemory of the server: " + ", ".join(f"{name} {mib:.0f} MiB" for name, mib in memory_mib.items()))
    print("errors: " + (", ".join(f"{count} x {name}" for name, count in hall.errors.items()) or "none"))
    facts |= {"load": os.getloadavg()[0], "cores": os.cpu_count()}
    print(", ".join(f"{name} {value}" for name, value in facts.items()))
    return facts | {"actions": actions, "memory_mib": memory_mib, "errors": dict(hall.errors)}


def find_films(folder: Path) -> list[Path]:
    """Return the radiographs below ``folder``; end the program where there are none."""
    films = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpeg", ".jpg", ".png"))
    return films or sys.exit(f"no films in {folder}")


def main() -> int:
    """Run the load test; return 0 if there were no errors."""
    parser = argparse.ArgumentParser(prog="python -m tests.performance.load", description=__doc__)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--films", type=Path, required=True, help="a folder with radiographs, at any depth")
    parser.add_argument("--no-kill", action="store_true", help="let the server live")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    parser.add_argument("--trainings", type=int, default=0, help="trainings in line while the readers read")
    options = parser.parse_args()
    films, kill = find_films(options.films), not options.no_kill
    hall = asyncio.run(hold_lecture(options.users, 60 * options.minutes, films, kill, options.trainings))
    results = report(hall, users=options.users, minutes=options.minutes, trainings=options.trainings, killed=kill)
    if options.out:
        options.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 1 if hall.errors else 0


if __name__ == "__main__":
    sys.exit(main())
