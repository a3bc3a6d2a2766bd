"""What every page looks like: screenshots at two widths, light and dark, and the README's pictures from them.

    python -m tests.browser.screens                 # photographs all pages, says which look different, into screens/
    python -m tests.browser.screens --accept        # the same, and what there is now becomes what is expected
    python -m tests.browser.screens --only pooling  # these pages alone; with --accept too

The small pictures in tests/browser/looks/ are what is expected; ``test_screens.py`` holds the app to them. They are
taken in the shipped state: whoever changes the weights, a text or a figure accepts the new look with one command.
"""

import argparse
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import FLAGS, PATIENCE, ROOT, chromium, running, settle
from tests.browser.likeness import Difference, compare, marked, thumbnail
from ui.shell.frame import chapters

LOOKS = Path(__file__).parent / "looks"
WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")
TALLEST = 6000
"""Pixels; what lies further down a page is not looked at."""
PICTURES = {
    "docs/chest_xray.png": (
        "chest_xray?film=Simulated+chest+with+consolidation&truth=true"
        "&maps=grad_cam&maps=integrated_gradients",
        720,
    ),
}  # fmt: skip
"""Pictures of the docs: the page's address, and how much of its height is shown."""
_STILL = "*, *::before, *::after { transition: none !important; animation: none !important; caret-color: transparent; }"
_DRAWN = """() => {
    const plots = [...document.querySelectorAll('.js-plotly-plot')];
    const pictures = [...document.querySelectorAll('[data-testid=stMain] img')];
    return plots.every((plot) => plot.querySelector('.main-svg')) && pictures.every((one) => one.complete)
        && !document.querySelector('[data-testid=stSpinner]');
}"""


@dataclass(frozen=True)
class Shot:
    """One look of one page."""

    page: str
    width: int
    scheme: str

    @property
    def file(self) -> Path:
        """Where the expected look is kept."""
        return LOOKS / f"{self.page}-{self.width}-{self.scheme}.webp"

    def difference(self, now: Image.Image) -> Difference:
        """Of the page as it is ``now`` from what is expected; a look that is not kept yet differs."""
        if not self.file.exists():
            return Difference("is not kept yet", np.ones((1, 1), bool))
        return compare(Image.open(self.file), thumbnail(now))

    def accept(self, now: Image.Image) -> None:
        """Keeps the look as it is ``now``."""
        LOOKS.mkdir(exist_ok=True)
        thumbnail(now).save(self.file, quality=70, method=6)

    def show(self, now: Image.Image, difference: Difference, folder: Path) -> None:
        """Writes the page, and its thumbnail with what differs in red, into ``folder``."""
        folder.mkdir(parents=True, exist_ok=True)
        now.save(folder / f"{self.file.stem}.png")
        marked(thumbnail(now), difference).save(folder / f"{self.file.stem}-different.png")


def looks(page: Page, url: str, name: str, width: int) -> Iterator[tuple[Shot, Image.Image]]:
    """A page at one width, in light and dark, from one load."""
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{url}/{'' if name == 'home' else name}")
    for number, scheme in enumerate(SCHEMES):
        page.emulate_media(color_scheme=scheme)
        if number:  # Streamlit's key for a new run: what the server drew is still in the last theme
            wait(page)
            page.keyboard.press("r")
        yield Shot(name, width, scheme), photograph(page)


def photograph(page: Page, height: int | None = None) -> Image.Image:
    """The whole page, however far it scrolls, or its first ``height`` pixels, once nothing moves on it."""
    wait(page)
    size = page.viewport_size
    assert size is not None
    tall = height or page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": min(int(tall), TALLEST)})
    wait(page)
    picture = page.screenshot(animations="disabled", caret="hide", scale="css")
    page.set_viewport_size(size)
    return Image.open(io.BytesIO(picture)).convert("RGB")


def wait(page: Page) -> None:
    """Until the script has run, all is drawn, and two glances a moment apart see the same length."""
    page.wait_for_timeout(250)  # a run that was asked for may not have begun
    settle(page)
    page.add_style_tag(content=_STILL)
    page.wait_for_function(_DRAWN)
    length, before = "document.querySelector('[data-testid=stMain]').scrollHeight", -1
    for _ in range(40):
        now = page.evaluate(length)
        if now == before:
            break
        before = now
        page.wait_for_timeout(150)
    settle(page)


def new_page(browser: Browser) -> Page:
    """A page whose context all shots share, so that the browser fetches the app's scripts once."""
    context = browser.new_context(reduced_motion="reduce", device_scale_factor=1)
    context.set_default_timeout(PATIENCE)
    return context.new_page()


def main(only: Iterable[str], accept: bool) -> int:
    """Photographs the pages and says what differs; the number of looks that do, or were not accepted."""
    names, found = list(only) or [chapter.file for chapter in chapters()], 0
    with running() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = new_page(browser)
        page.goto(url)
        settle(page)
        for name in names:
            for width in WIDTHS:
                for shot, now in looks(page, url, name, width):
                    difference = shot.difference(now)
                    if difference and accept:
                        shot.accept(now)
                    elif difference:
                        shot.show(now, difference, ROOT / "screens")
                    if difference:
                        found += not accept
                        print(f"{shot.file.stem}: {difference.said}{', accepted' if accept else ''}", flush=True)
        if accept:
            tidy()
            pictures(page, url, names)
        browser.close()
    if found:
        print(f"{found} looks differ; see screens/, and run with --accept if that is meant.")
    return found


def tidy() -> None:
    """Forgets the looks of pages that are no longer in the course."""
    names = {chapter.file for chapter in chapters()}
    for file in LOOKS.glob("*.webp"):
        if file.stem.rsplit("-", 2)[0] not in names:
            file.unlink()


def pictures(page: Page, url: str, names: Iterable[str]) -> None:
    """The pictures of the docs that show one of the pages ``names``."""
    page.emulate_media(color_scheme="light")
    for file, (address, height) in PICTURES.items():
        if address.split("?")[0] in names:
            page.set_viewport_size({"width": 1280, "height": 900})
            page.goto(f"{url}/{address}")
            photograph(page, height).quantize(256).save(ROOT / file, optimize=True)
            print(f"{file} written", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Compares what every page looks like with what is expected.")
    parser.add_argument("--accept", action="store_true", help="what there is now becomes what is expected")
    parser.add_argument("--only", nargs="*", default=(), metavar="PAGE", help="these pages alone")
    given = parser.parse_args()
    raise SystemExit(bool(main(given.only, given.accept)))
