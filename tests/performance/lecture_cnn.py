"""Measure the Lecture CNN in Chromium: ``python -m tests.performance.lecture_cnn [--films FOLDER] [--strokes N]``.

Prints the median time from a move of the brush to the new probability and map, on the lab's page of a running app; and,
with a folder of films, the largest difference to PyTorch's logits over up to 200 of them, each under three changes.
"""

import argparse
import statistics
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from cnn.attribution.perturbations import to_greys
from cnn.imaging.preprocess import to_tensor
from cnn.imaging.radiograph import read_radiograph
from cnn.models import loading
from tests.browser.conftest import FLAGS, PATIENCE, chromium, serve_app, settle
from tests.support import lecture_cnn_js

WATCH = """() => {
    const lab = [...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')]
        .map((host) => host.shadowRoot?.querySelector('.lab')).find(Boolean);
    window.times = [];
    lab.querySelector('.film').addEventListener('pointermove', (event) => requestAnimationFrame(() => {
        const painted = new MessageChannel();  // its message arrives when the picture of this frame is made
        painted.port1.onmessage = () => times.push(performance.now() - event.timeStamp);
        painted.port2.postMessage(0);
    }));
}"""


def measure_strokes(browser: Browser, url: str, count: int) -> list[float]:
    """Return the milliseconds of each of ``count`` moves of a pressed mouse, up to the picture after it."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(PATIENCE)
    for path in ("", "shortcut_lab?network=lecture"):  # the front door first
        page.goto(f"{url}/{path}")
        settle(page)
    film = page.get_by_role("application", name="The film")
    film.wait_for()
    box = film.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.wait_for_timeout(500)
    page.evaluate(WATCH)
    for step in range(count):
        page.mouse.move(box["x"] + (0.3 + 0.02 * (step % 20)) * box["width"], box["y"] + 0.5 * box["height"])
        page.wait_for_function("(count) => times.length > count", arg=step)
        page.wait_for_timeout(50)
    page.mouse.up()
    times: list[float] = page.evaluate("times")
    page.close()
    return times


def measure_difference(browser: Browser, folder: Path) -> tuple[int, float]:
    """Return the number of films and the largest difference to PyTorch's logits under three changes each."""
    model, page = loading.load("lecture"), browser.new_page()
    lecture_cnn_js.load_network(page, model)
    paths, worst = sorted(folder.rglob("*.jp*g"))[::3][:200], 0.0
    for path in paths:
        greys = to_greys(to_tensor(read_radiograph(path.read_bytes(), path.name), 224))
        for change in list(lecture_cnn_js.CHANGES.values())[1:]:
            answer, logits = lecture_cnn_js.compare(page, model, greys, change)
            worst = max(worst, *(abs(one - other) for one, other in zip(answer["logits"], logits, strict=True)))
    page.close()
    return len(paths), worst


def main() -> None:
    """Print both measurements."""
    parser = argparse.ArgumentParser(prog="python -m tests.performance.lecture_cnn")
    parser.add_argument("--films", type=Path)
    parser.add_argument("--strokes", type=int, default=60)
    options = parser.parse_args()
    with serve_app() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        times = sorted(measure_strokes(browser, url, options.strokes))
        print(f"{len(times)} moves of the brush: median {statistics.median(times):.0f} ms, best {times[0]:.0f} ms")
        if options.films:
            count, worst = measure_difference(browser, options.films)
            print(f"{count} films under 3 changes each: logits differ by at most {worst:.1e}")
        browser.close()


if __name__ == "__main__":
    main()
