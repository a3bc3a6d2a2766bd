"""The running app and a Chromium for the browser tests.

Fixtures: ``app_url`` (the app, started once), ``browser`` (one Chromium), ``context`` (its cache, in which the app's
scripts are after the first page), ``open_page`` (``open_page("pooling?F=3", color_scheme="dark", width=390)``). Without
a browser the tests are skipped; on a CI machine (environment variable CI) that is a failure.
"""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.support.servers import free_port, running, streamlit

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-component-update",
    "--disable-background-networking",
    "--disable-sync",
]
NO_OTHER_HOST = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
PATIENCE = 60_000
"""Milliseconds until a slow machine is given up on; nothing is measured by it."""
expect.set_options(timeout=PATIENCE)


def chromium() -> str:
    """The browser's path; skips, or fails on a CI machine, where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found and Path(found).exists():
        return found
    reason = "no Chromium: install one, or name it in the environment variable CHROMIUM"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@contextlib.contextmanager
def serve_app() -> Iterator[str]:
    """The app on a free port, and its address."""
    port = free_port()
    with running(streamlit(port), f"http://127.0.0.1:{port}/_stcore/health"):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def app_url() -> Iterator[str]:
    """Where the app runs, on a free port."""
    chromium()
    with serve_app() as url:
        yield url


@pytest.fixture(scope="session")
def browser(app_url: str) -> Iterator[Browser]:
    """One Chromium for all tests."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS, NO_OTHER_HOST])
        # Until the front door has been opened once, Streamlit shows the files in pages/ as an app without app.py.
        first = launched.new_page()
        first.goto(app_url)
        settle(first)
        first.close()
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Where pages are opened that need nothing but a size and a scheme of colours."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def open_page(app_url: str, browser: Browser, context: BrowserContext) -> Iterator[Callable[..., Page]]:
    """Opens a page of the app by its path and waits until it is drawn.

    ``color_scheme`` and ``reduced_motion`` are set on the page; with other options it has a context of its own.
    """
    opened: list[Page | BrowserContext] = []

    def open_(path: str = "", *, width: int = 1280, height: int = 900, **options: str | bool | list[str]) -> Page:
        media = {name: options.pop(name) for name in ("color_scheme", "reduced_motion") if name in options}
        own = browser.new_context(**options) if options else None
        page = (own or context).new_page()
        opened.append(own or page)
        page.set_default_timeout(PATIENCE)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(**media)
        page.goto(f"{app_url}/{path}")
        settle(page)
        return page

    yield open_
    for each in opened:
        each.close()


def settle(page: Page) -> None:
    """Waits until the script has run and every grid on the page is drawn."""
    page.locator("h1").first.wait_for()
    page.wait_for_function("document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'")
    page.wait_for_function("!document.querySelector('[data-testid=stSkeleton]')")
    page.wait_for_function(
        "[...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')]"
        ".map((host) => host.shadowRoot?.querySelector('.sentence'))"
        ".every((told) => !told?.checkVisibility() || told.textContent)"
    )


def count_runs(page: Page) -> None:
    """Count in ``window.runs`` how often the page's script runs from now on."""
    page.evaluate(
        """() => {
        window.runs = 0;
        const app = document.querySelector('[data-testid=stApp]');
        // A short run may begin and end before the observer is called: each record tells what was before it.
        new MutationObserver((records) => {
            const states = [...records.slice(1).map((record) => record.oldValue), app.dataset.testScriptState];
            window.runs += states.filter((state) => state === 'running').length;
        }).observe(app, {attributeFilter: ['data-test-script-state'], attributeOldValue: true});
    }"""
    )


def count_messages(page: Page) -> Callable[[], int]:
    """Open the page again, and return a function that counts the messages that its browser has sent since then."""
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    page.reload()
    settle(page)
    page.wait_for_timeout(500)  # the messages of the opening itself
    opening = len(sent)

    def count() -> int:
        page.evaluate("0")  # lets the events of this page arrive
        return len(sent) - opening

    return count
