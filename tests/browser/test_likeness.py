"""The comparison of screenshots, on a made-up page: what it must see, and what it must not mind."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from tests.browser.likeness import compare, marked, thumbnail

Box = tuple[int, int, int, int]
FIGURE: Box = (300, 700, 900, 1000)
CELLS: Box = (300, 300, 620, 500)


def page(
    figure: Box | None = FIGURE,
    cells: Box = CELLS,
    fill: str = "#DCECF8",
    line: str = "#00568C",
    number: str = "0.93",
    height: int = 1400,
    shift: float = 0,
) -> Image.Image:
    """A page as the app draws them: a sidebar, prose, a grid of filled cells, and a figure of thin lines on white."""
    picture = Image.new("RGB", (1280, height), "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, 250, height), fill="#F3F5F7")
    for row in range(12):
        draw.text((300, 60 + 18 * row + shift), f"A sentence with the number {number} in it, and some more words. " * 2,
                  fill="#0B0F13", font_size=15)  # fmt: skip
    left, top, right, bottom = cells
    for x in range(left, right, 40):
        for y in range(top, bottom, 40):
            draw.rectangle((x, y, x + 38, y + 38), fill=fill, outline=line)
    if figure:
        left, top, right, bottom = figure
        for y in np.linspace(top, bottom, 6):
            draw.line((left, y, right, y), fill="#C9D1D8")
        points = [(left + x, bottom - (bottom - top) * (1 - np.exp(-x / 150))) for x in range(0, right - left, 10)]
        draw.line(points, fill=line, width=3)
        draw.text((left, top - 20), "Sensitivity over 1 - specificity", fill="#0B0F13", font_size=15)
    return picture


BEFORE = thumbnail(page())


def seen(after: Image.Image) -> str:
    return compare(BEFORE, thumbnail(after)).said


@pytest.mark.parametrize(
    "after",
    [
        page(),
        page().filter(ImageFilter.GaussianBlur(0.7)),
        page(number="0.87"),
        page(shift=3),
        page(height=1412),
        page(figure=(300, 705, 900, 1005)),
        page(line="#00598F"),
    ],
    ids=[
        "the same",
        "antialiasing",
        "another number",
        "words 3 px lower",
        "12 px longer",
        "figure 5 px lower",
        "a shade",
    ],
)
def test_what_nobody_would_notice_passes(after: Image.Image) -> None:
    assert not seen(after)


def test_what_is_kept_in_a_lossy_file_is_still_the_same(tmp_path) -> None:  # type: ignore[no-untyped-def]
    BEFORE.save(tmp_path / "page.webp", quality=80)
    assert not compare(Image.open(tmp_path / "page.webp"), BEFORE).said


@pytest.mark.parametrize(
    "after",
    [
        page(figure=None),
        page(figure=(300, 760, 900, 1060)),
        page(fill="#D8F0E4"),
        page(cells=(380, 300, 700, 500)),
        page(height=1600),
        Image.eval(page(), lambda value: 255 - value),
        page().convert("L"),
    ],
    ids=["no figure", "figure 60 px lower", "input drawn as output", "grid 80 px to the right", "200 px longer", "dark",
         "grey"],
)  # fmt: skip
def test_what_somebody_would_notice_fails(after: Image.Image) -> None:
    assert seen(after)


def test_it_says_what_it_saw_and_marks_where() -> None:
    after = thumbnail(page(figure=None))
    found = compare(BEFORE, after)
    assert "blocks look different" in found.said
    red = np.asarray(marked(after, found)).astype(int)
    changed = np.argwhere((red != np.asarray(after)).any(-1))
    left, top, right, bottom = (side // 4 for side in FIGURE)
    assert (changed.min(0) >= (top - 16, left - 16)).all()
    assert (changed.max(0) <= (bottom + 16, right + 16)).all()
    assert "200 pixels longer" in seen(page(height=1600))
    assert "wide" in compare(BEFORE, Image.new("RGB", (10, 10))).said
