"""Send hostile messages over the socket: ``python -m tests.performance.load.messages [--count 5000]``.

Every page is opened again and again; each time, every component and widget that it shows is sent a value of a shape,
type or range that no browser would send. No page may show an error, and the server's log may have no traceback.
"""

import argparse
import asyncio
import json
import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.performance.load.client import Reader, Shown
from tests.support.servers import ROOT, free_port, running, streamlit
from ui.shell.frame import chapters

NUMBERS = (-1, 0, 1, 2**31, -(2**40), 1e308)
FLOATS = (*NUMBERS, float("inf"), float("-inf"), float("nan"))
TEXTS = ("", "x", "-1", "1e309", "[evil](//www.evil.example)", "a\0b\n# c", "9" * 5000, "own 1", "__class__")
PARTS: tuple[Any, ...] = (None, True, *FLOATS, *TEXTS, [], [1], {}, {"a": 1})
BROKEN = ("", "{", "null", "[" * 500, '{"a"')
"""What a component's state may be that is no object in JSON."""
EVENTS = sorted(
    {name for path in (ROOT / "ui").rglob("*.py") for name in re.findall(r"on_(\w+)_change=", path.read_text("utf-8"))}
)
NAMES = ("edits", "sliders", "bias", "film", "id", "row", "column", "part", "value", "filter", "channel")
"""Parts of the messages of components."""


def hostile_json(chance: random.Random) -> str:
    """What a component may be sent: any value for its events, or objects of the right names."""

    def one(depth: int) -> Any:
        if depth and chance.random() < 0.4:
            return {name: one(depth - 1) for name in chance.sample(NAMES, chance.randint(1, 5))}
        if depth and chance.random() < 0.4:
            return [one(depth - 1) for _ in range(chance.choice((1, 4, 7)))]
        return chance.choice(PARTS)

    return json.dumps({event: one(3) for event in EVENTS})


def hostile_state(widget: str, element: Any, chance: random.Random) -> WidgetState:
    """A state for a component or widget."""
    state = WidgetState(id=element.id)
    if widget == "bidi_component":
        state.json_value = hostile_json(chance) if chance.random() < 0.9 else chance.choice(BROKEN)
        return state
    match chance.randrange(6):
        case 0:
            state.string_value = chance.choice(TEXTS)
        case 1:
            state.double_value = chance.choice(FLOATS)
        case 2:
            state.int_value = int(chance.choice(NUMBERS[:-1]))
        case 3:
            state.double_array_value.data.extend(chance.choices(FLOATS, k=chance.choice((0, 1, 2, 5))))
        case 4:
            state.string_array_value.data.extend(chance.choices(TEXTS, k=chance.choice((0, 1, 3))))
        case _:
            state.json_value = chance.choice(BROKEN)
    return state


def widgets(shown: Shown) -> Iterator[tuple[str, Any]]:
    """The components and widgets of a page, but for buttons, which start a training or a download."""
    for element in shown.elements.values():
        kind = str(element.WhichOneof("type"))
        if getattr(getattr(element, kind), "id", "") and kind not in ("button", "download_button", "plotly_chart"):
            yield kind, getattr(element, kind)


async def attack(url: str, count: int) -> tuple[int, Counter[str]]:
    """Send ``count`` messages; return how many were sent, and the pages that showed an error."""
    chance, sent, failed = random.Random(24), 0, Counter[str]()
    while sent < count:
        for chapter in chapters():
            page = "" if chapter.file == "home" else chapter.file
            reader = Reader(url)
            await reader.connect()
            await reader.open("")
            shown = await reader.open(page)
            for _ in range(6):
                states = [hostile_state(kind, element, chance) for kind, element in widgets(shown)]
                sent += len(states)
                shown = await reader.send(states)
                for error in shown.of("exception"):
                    failed[f"{chapter.file}: {error.type} {error.message[:100]}"] += 1
            await reader.send_bytes(b"\xff" + chance.randbytes(chance.randint(1, 200)))
            sent += 1
            await reader.close()
    return sent, failed


def main() -> None:
    """Run the attack."""
    parser = argparse.ArgumentParser(prog="python -m tests.performance.load.messages", description=__doc__)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--log", type=Path, help="keep the server's log here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        log, port, started = options.log or Path(folder) / "log", free_port(), time.monotonic()
        with running(streamlit(port), f"http://127.0.0.1:{port}/_stcore/health", log=log):
            sent, failed = asyncio.run(attack(f"http://127.0.0.1:{port}", options.count))
        tracebacks = log.read_text(encoding="utf-8", errors="replace").count("Traceback (most recent call last)")
    print(f"{sent} messages in {time.monotonic() - started:.0f} s: {failed.total()} errors, {tracebacks} tracebacks")
    for error, times in failed.most_common(20):
        print(f"{times} x {error}")
    raise SystemExit(bool(failed or tracebacks))


if __name__ == "__main__":
    main()
