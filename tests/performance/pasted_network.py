"""Time from pasting ResNet-50's source into the builder until its graph is drawn, in Chromium.

    python -m tests.performance.pasted_network

Each paste changes a comment, so that nothing is read from a cache.
"""

import argparse
import statistics
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import FLAGS, PATIENCE, chromium
from tests.support.servers import free_port, running, streamlit

SOURCE = Path(__file__).parents[1] / "layers" / "reading" / "networks" / "bottleneck_expansion.txt"


def paste(page: Page, source: str, number: int) -> float:
    """Return the seconds from the paste until the drawing has as many classes in its output as the source."""
    classes = 10 + number
    box = page.get_by_label("PyTorch or Keras source")
    box.fill(source.replace("resnet50(10)", f"resnet50({classes})"))
    start = time.monotonic()
    box.press("Control+Enter")
    page.locator(f".network .item[aria-label$=', {classes}']").first.wait_for()
    return time.monotonic() - start


def main() -> None:
    """Print each time and the median."""
    parser = argparse.ArgumentParser(prog="python -m tests.performance.pasted_network", description=__doc__)
    parser.add_argument("--times", type=int, default=9)
    options = parser.parse_args()
    port, source = free_port(), SOURCE.read_text(encoding="utf-8")
    url = f"http://127.0.0.1:{port}"
    with running(streamlit(port), f"{url}/_stcore/health"), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(f"{url}/architecture_builder")
        page.get_by_role("tab", name="Any network").click()
        times = [paste(page, source, number) for number in range(options.times + 1)][1:]
        browser.close()
    print(*(f"{seconds:.2f}" for seconds in times))
    print(f"median {statistics.median(times):.2f} s; at most 1.5, aim 0.7")


if __name__ == "__main__":
    main()
