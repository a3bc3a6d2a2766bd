"""What a few elements look like, each aspect once, and the picture of the README.

    python -m tests.browser.screens                # photographs the elements and says which look different
    python -m tests.browser.screens --accept       # the same, and what there is now becomes what is expected
    python -m tests.browser.screens --only grid    # shots whose name begins with this; with --accept too

The pictures in tests/browser/looks/ are what is expected; ``test_screens.py`` holds the app to them. They show the
shipped state: whoever changes the weights, a text or a figure accepts the new look with one command.
"""

import argparse
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from tests.browser.conftest import FLAGS, PATIENCE, chromium, serve_app, settle
from tests.support.servers import ROOT

LOOKS = Path(__file__).parent / "looks"
COLOUR, SHARE, SIZE = 40, 0.02, 8
"""Two looks are the same if their sides differ by at most SIZE pixels, and at a quarter of their size at most this
SHARE of the pixels by more than COLOUR of 255 in a channel: antialiasing and a digit do not count."""
README = ROOT / "docs" / "chest_xray.png"
README_PAGE = "chest_xray?film=Simulated+chest+with+consolidation&truth=true&maps=grad_cam&maps=integrated_gradients"
_GRID, _CHEST = "[data-testid=stBidiComponentIsolated]", "chest_xray?network=lecture"
_RESULT = "[role=img][aria-label^='P(NORMAL)']"


@dataclass(frozen=True)
class Shot:
    """One look of one element: the last that matches ``selector`` on the page at ``path``."""

    name: str
    path: str
    selector: str
    scheme: str = "light"

    @property
    def file(self) -> Path:
        """Where the expected look is kept."""
        return LOOKS / f"{self.name}.webp"


SHOTS = (
    Shot("grid", "convolution_2d", _GRID),
    Shot("grid-dark", "convolution_2d", _GRID, "dark"),
    Shot("lens", "inside_the_network?network=lecture&layer=conv2&map=5&cell=1311", ".lens"),
    Shot("network_diagram", "architecture_builder", "[role=figure][aria-label^='Volumes to scale']"),
    Shot("quiz", "history?predict=true", "[data-testid=stForm]"),
    Shot("result", _CHEST, _RESULT),
    Shot("result-dark", _CHEST, _RESULT, "dark"),
    Shot("overlay", _CHEST, "[data-testid=stBidiComponentIsolated] .pane:not(.pending) canvas"),
    Shot("chart", "model_card", ".js-plotly-plot >> nth=0"),
    Shot("navigation-dark", "history", "[data-testid=stHeader]", "dark"),
)


def take(context: BrowserContext, url: str, shot: Shot) -> Image.Image:
    """Photograph the element of ``shot`` once it is drawn."""
    page = _open(context, f"{url}/{shot.path}", shot.scheme)
    picture = page.locator(shot.selector).last.screenshot(animations="disabled", caret="hide", scale="css")
    page.close()
    return Image.open(io.BytesIO(picture)).convert("RGB")


def difference(before: Image.Image, after: Image.Image) -> str:
    """Say in words how two looks differ; "" if they do not."""
    if max(abs(old - new) for old, new in zip(before.size, after.size, strict=True)) > SIZE:
        return f"{before.size} pixels before, {after.size} now"
    size = (max(1, before.width // 4), max(1, before.height // 4))
    old, new = (np.asarray(one.convert("RGB").resize(size, Image.Resampling.BOX), int) for one in (before, after))
    share = float((np.abs(old - new).max(axis=-1) > COLOUR).mean())
    return f"{share:.1%} of it looks different" if share > SHARE else ""


def _open(context: BrowserContext, address: str, scheme: str = "light") -> Page:
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.set_viewport_size({"width": 1280, "height": 720})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.goto(address)
    settle(page)
    page.wait_for_function(
        """() => !document.querySelector('[data-testid=stSpinner]')
        && [...document.querySelectorAll('.js-plotly-plot')].every((plot) => plot.querySelector('.main-svg'))
        && [...document.querySelectorAll('[data-testid=stMain] img')].every((image) => image.complete)"""
    )
    return page


def main(only: str, accept: bool) -> int:
    """Photograph the elements, say what differs, and return how many do that were not accepted."""
    different = 0
    with serve_app() as url, sync_playwright() as playwright:
        context = playwright.chromium.launch(executable_path=chromium(), args=FLAGS).new_context()
        _open(context, url).close()
        for shot in (shot for shot in SHOTS if shot.name.startswith(only)):
            picture = take(context, url, shot)
            problem = difference(Image.open(shot.file), picture) if shot.file.exists() else "is new"
            if problem and accept:
                LOOKS.mkdir(exist_ok=True)
                picture.save(shot.file, quality=80, method=6)
            different += bool(problem) and not accept
            if problem:
                print(f"{shot.name}: {problem}{', accepted' if accept else ''}", flush=True)
        if accept and not only:
            page = _open(context, f"{url}/{README_PAGE}")
            expect(page.get_by_text("is being computed")).to_have_count(0)
            settle(page)
            Image.open(io.BytesIO(page.screenshot(scale="css"))).convert("RGB").quantize(256).save(
                README, optimize=True
            )
        context.close()
    return different


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Compares what a few elements look like with what is expected.")
    parser.add_argument("--accept", action="store_true", help="what there is now becomes what is expected")
    parser.add_argument("--only", default="", metavar="NAME", help="shots whose name begins with this")
    arguments = parser.parse_args()
    raise SystemExit(bool(main(arguments.only, arguments.accept)))
