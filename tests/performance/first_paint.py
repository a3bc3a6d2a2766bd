"""Time the first paint of a page without a model, and the first verdict, beside ``streamlit hello``.

    python -m tests.performance.first_paint
    python -m tests.performance.first_paint --verdict

Each load has a browser context of its own, so nothing is cached; all alternate within one run. For the verdict of the
page that reads films each round has fresh servers, which are asked as soon as they answer; a second reader follows.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from cnn.training.benchmark import Result, write_report
from tests.browser.conftest import FLAGS, PATIENCE, chromium
from tests.support.servers import free_port, running, streamlit

TARGET = 1.3


VERDICT_TARGETS = {"first": 3.0, "second": 1.2}
RAN = "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"


def load(browser: Browser, url: str, verdict: bool = False) -> float:
    """Return the milliseconds from the request until the page is there, or its verdict on the film."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    start = time.monotonic()
    page.goto(url)
    if verdict:
        page.get_by_text("The network says").first.wait_for()
    else:
        page.locator("h1").first.wait_for()
        page.wait_for_function(RAN)
    milliseconds = 1000 * (time.monotonic() - start)
    context.close()
    return milliseconds


@contextmanager
def servers() -> Iterator[tuple[str, str]]:
    """The addresses of the app and of Streamlit's demonstration, both just started."""
    app, hello = free_port(), free_port()
    commands = {app: streamlit(app), hello: [sys.executable, "-m", "streamlit", "hello", *streamlit(hello)[5:]]}
    with ExitStack() as stack:
        for port in (hello, app):  # the app last: it is asked first
            stack.enter_context(running(commands[port], f"http://127.0.0.1:{port}/_stcore/health"))
        yield f"http://127.0.0.1:{app}", f"http://127.0.0.1:{hello}"


def paints(browser: Browser, page: str, loads: int) -> list[Result]:
    """Compare a page of a running server."""
    with servers() as (app, hello):
        load(browser, app)  # the first page of a session is slower
        times = [(load(browser, f"{app}/{page}"), load(browser, hello)) for _ in range(loads + 1)]
    ours, bare = (statistics.median(each) for each in zip(*times[1:], strict=True))
    return [Result(f"first paint of {page}", "streamlit hello", ours, bare, TARGET, f"{loads} loads each")]


def verdicts(browser: Browser, loads: int) -> list[Result]:
    """Compare the verdicts that the first and the second reader of a fresh server see."""
    times = []
    for _ in range(loads):
        with servers() as (app, hello):
            times.append([*(load(browser, f"{app}/chest_xray", verdict=True) for _ in range(2)), load(browser, hello)])
    *ours, bare = (statistics.median(each) for each in zip(*times, strict=True))
    return [
        Result(f"verdict of the {reader} reader", "streamlit hello", value, bare, target, f"{loads} fresh servers")
        for value, (reader, target) in zip(ours, VERDICT_TARGETS.items(), strict=True)
    ]


def main() -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser(prog="python -m tests.performance.first_paint", description=__doc__)
    parser.add_argument("--loads", type=int, default=10)
    parser.add_argument("--page", default="stride_padding")
    parser.add_argument("--verdict", action="store_true", help="time the verdict on a film instead")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        results = verdicts(browser, options.loads) if options.verdict else paints(browser, options.page, options.loads)
        browser.close()
    write_report(results, options.out)


if __name__ == "__main__":
    main()
