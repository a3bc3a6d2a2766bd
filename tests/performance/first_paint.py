"""Time the first paint of a page without a model beside ``streamlit hello``.

    python -m tests.performance.first_paint

Each load has a browser context of its own, so nothing is cached; both alternate within one run.
"""

import argparse
import statistics
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from cnn.training.benchmark import Result, write_report
from tests.browser.conftest import FLAGS, PATIENCE, chromium
from tests.support.servers import free_port, running, streamlit

TARGET = 1.3


def load(browser: Browser, url: str) -> float:
    """Return the milliseconds from the request until the heading is there and the script has run."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    start = time.monotonic()
    page.goto(url)
    page.locator("h1").first.wait_for()
    page.wait_for_function("document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'")
    milliseconds = 1000 * (time.monotonic() - start)
    context.close()
    return milliseconds


def main() -> None:
    """Print the ratio."""
    parser = argparse.ArgumentParser(prog="python -m tests.performance.first_paint", description=__doc__)
    parser.add_argument("--loads", type=int, default=10)
    parser.add_argument("--page", default="stride_padding")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    app, hello = free_port(), free_port()
    commands = {app: streamlit(app), hello: [sys.executable, "-m", "streamlit", "hello", *streamlit(hello)[5:]]}
    with ExitStack() as stack:
        for port, command in commands.items():
            stack.enter_context(running(command, f"http://127.0.0.1:{port}/_stcore/health"))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        load(browser, f"http://127.0.0.1:{app}")  # the first page of a session is slower
        urls = (f"http://127.0.0.1:{app}/{options.page}", f"http://127.0.0.1:{hello}")
        loads = [[load(browser, url) for url in urls] for _ in range(options.loads + 1)]
        browser.close()
    page, bare = (statistics.median(times) for times in zip(*loads[1:], strict=True))
    title, note = f"first paint of {options.page}", f"{options.loads} loads each"
    write_report([Result(title, "streamlit hello", page, bare, TARGET, note)], options.out)


if __name__ == "__main__":
    main()
