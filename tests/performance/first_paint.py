"""How soon a page without a model stands beside ``streamlit hello``: ``python -m tests.performance.first_paint``.

Each load has a context of its own, so nothing is cached; both alternate within one run.
"""

import argparse
import statistics
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from cnn.training.benchmark import Row, write
from tests.browser.conftest import FLAGS, PATIENCE, chromium
from tests.support.servers import free_port, running, streamlit

LOADS = 10
TARGET = 1.3


def load(browser: Browser, url: str) -> float:
    """Milliseconds from the request until heading and script are there."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    start = time.monotonic()
    page.goto(url)
    page.locator("h1").first.wait_for()
    page.wait_for_function("document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'")
    took = 1000 * (time.monotonic() - start)
    context.close()
    return took


def main() -> None:
    """Prints the row."""
    parser = argparse.ArgumentParser(prog="python -m tests.performance.first_paint")
    parser.add_argument("--loads", type=int, default=LOADS)
    parser.add_argument("--page", default="stride_padding")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    ours, theirs = free_port(), free_port()
    hello = [sys.executable, "-m", "streamlit", "hello", *streamlit(theirs)[5:]]
    with ExitStack() as stack:
        for command, port in ((streamlit(ours), ours), (hello, theirs)):
            stack.enter_context(running(command, f"http://127.0.0.1:{port}/_stcore/health"))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        load(browser, f"http://127.0.0.1:{ours}")  # the front door has to be opened once
        took: tuple[list[float], list[float]] = ([], [])
        for _ in range(given.loads + 1):
            for kept, url in zip(took, (f"http://127.0.0.1:{ours}/{given.page}", f"http://127.0.0.1:{theirs}"),
                                 strict=True):  # fmt: skip
                kept.append(load(browser, url))
        browser.close()
    mine, other = (statistics.median(kept[1:]) for kept in took)
    write([Row(f"first paint of {given.page}", "streamlit hello", mine, other, TARGET, f"{given.loads} loads each")],
          given.out)  # fmt: skip


if __name__ == "__main__":
    main()
