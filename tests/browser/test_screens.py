"""Every page looks as it was accepted: 1280 and 390 wide, light and dark; see ``screens.py``."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.screens import LOOKS, SCHEMES, WIDTHS, Shot, looks, new_page
from ui.shell.frame import chapters

pytestmark = pytest.mark.browser
MOST_BYTES = 3_000_000


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    made = new_page(browser)
    yield made
    made.context.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", [chapter.file for chapter in chapters()])
def test_a_page_looks_as_it_was_accepted(page: Page, app_url: str, name: str, width: int, tmp_path: Path) -> None:
    different = []
    for shot, now in looks(page, app_url, name, width):
        if difference := shot.difference(now):
            shot.show(now, difference, tmp_path)
            different.append(f"{shot.file.stem}: {difference.said}")
    assert not different, f"see {tmp_path}; if it is meant: python -m tests.browser.screens --accept --only {name}"


def test_the_looks_that_are_kept_are_those_of_the_course_and_small() -> None:
    wanted = {Shot(one.file, width, scheme).file for one in chapters() for width in WIDTHS for scheme in SCHEMES}
    assert set(LOOKS.glob("*")) == wanted
    assert sum(file.stat().st_size for file in wanted) < MOST_BYTES
