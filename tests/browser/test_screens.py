"""A few elements look as they were accepted; see ``screens.py``."""

from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import BrowserContext

from tests.browser.screens import LOOKS, SHOTS, Shot, difference, take

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.name)
def test_an_element_looks_as_it_was_accepted(shot: Shot, app_url: str, context: BrowserContext, tmp_path: Path) -> None:
    picture = take(context, app_url, shot)
    picture.save(tmp_path / f"{shot.name}.png")
    problem = difference(Image.open(shot.file), picture)
    assert not problem, f"see {tmp_path}; if it is meant: python -m tests.browser.screens --accept --only {shot.name}"


def test_the_comparison_overlooks_noise_and_sees_what_is_missing() -> None:
    accepted = Image.open(SHOTS[0].file).convert("RGB")
    assert difference(accepted, accepted.point(lambda level: max(0, level - 6))) == ""
    damaged = accepted.copy()
    ImageDraw.Draw(damaged).rectangle((0, 0, accepted.width // 3, accepted.height), "black")
    assert difference(accepted, damaged)
    assert difference(accepted, accepted.resize((accepted.width, accepted.height + 40)))


def test_no_look_is_kept_that_nobody_compares() -> None:
    assert set(LOOKS.glob("*")) == {shot.file for shot in SHOTS}
