"""The main job in a real browser: a radiograph in, a prediction that can be inspected out."""

import base64
import hashlib
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Download, Page, expect
from pydicom.data import get_testdata_file

from cnn import cards
from cnn.imaging.samples.real_films import FOLDER, REAL_FILMS
from tests.browser.conftest import count_runs
from tests.support.random_weights import png_film

pytestmark = pytest.mark.browser

DROP = """(data) => {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], "dropped.png", { type: "image/png" }));
    const options = { dataTransfer: transfer, bubbles: true, cancelable: true };
    for (const name of ["dragover", "drop"]) document.querySelector("h1").dispatchEvent(new DragEvent(name, options));
}"""
PANES = "[data-testid=stBidiComponentIsolated] .pane:not(.pending) canvas"


@pytest.fixture
def films() -> list[Path]:
    """Three real test films."""
    return [FOLDER / film.file for film in REAL_FILMS[4:7]]


@pytest.fixture
def upload(open_page: Callable[..., Page]) -> Callable[..., Page]:
    """Opens the page, where files are uploaded, and waits until the first was read and nothing moves any more."""

    def upload_(*paths: Path, network: str = "transfer") -> Page:
        page = open_page(f"chest_xray?network={network}")
        page.locator("input[type=file]").set_input_files(paths)
        expect(page.get_by_text(f"{paths[0].name} · ").first).to_be_visible()
        expect(page.locator(PANES)).to_have_count(2)
        done(page)
        return page

    return upload_


def probability(page: Page) -> str:
    """P(PNEUMONIA) as the scale's label says it."""
    label = page.get_by_role("img", name=re.compile(r"^P\(NORMAL\)")).get_attribute("aria-label") or ""
    return re.findall(r"P\(PNEUMONIA\) ((?:over |under )?\d+ %)", label)[0]


def choose(page: Page, *methods: str) -> None:
    """Clicks methods on or off, one when the page is done with the one before: a layout that moves swallows a click."""
    for method in methods:
        page.get_by_role("button", name=method, exact=True).click()
        done(page)


def done(page: Page) -> None:
    page.wait_for_function("document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'")


def download(page: Page, name: str) -> bytes:
    with page.expect_download() as coming:
        page.get_by_role("button", name=name).click()
    arrived: Download = coming.value
    return Path(arrived.path()).read_bytes()


def test_a_test_film_is_read_explained_and_taken_home(upload: Callable[..., Page], films: list[Path]) -> None:
    page = upload(films[0])
    expect(page.get_by_text(films[0].name).last).to_be_visible()
    shown = probability(page)
    choose(page, "Saliency", "Grad-CAM")
    expect(page.locator(PANES)).to_have_count(2)
    expect(page.get_by_text("strong, without sign")).to_be_visible()
    assert probability(page) == shown, "a map changes no probability"

    page.get_by_role("tab", name="Details and tables").click()
    record = json.loads(download(page, "Record (JSON)"))
    assert record["image"]["sha256"] == hashlib.sha256(films[0].read_bytes()).hexdigest()
    assert record["model"]["weights_sha256"] == cards.read_card(cards.WEIGHTS_FOLDER, "transfer")["sha256"]
    assert [one["method"] for one in record["maps"]] == ["saliency"]
    p = record["prediction"]["probabilities"]["PNEUMONIA"]
    assert shown in (f"{p:.0%}".replace("%", " %"), "over 99 %", "under 1 %")
    picture = Image.open(io.BytesIO(download(page, "Pictures (PNG)")))
    assert picture.format == "PNG"
    assert picture.width > 1200


def test_a_dicom_is_read(upload: Callable[..., Page]) -> None:
    path = Path(str(get_testdata_file("RG1_UNCR.dcm", download=False)))
    page = upload(path, network="lecture")
    expect(page.get_by_text("MONOCHROME1").first).to_be_visible()
    page.get_by_role("tab", name="Details and tables").click()
    record = json.loads(download(page, "Record (JSON)"))
    assert record["image"]["kind"] == "DICOM"
    assert record["image"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert record["model"]["name"] == "lecture"


def test_several_films_one_of_them_bad(upload: Callable[..., Page], films: list[Path], tmp_path: Path) -> None:
    bad = tmp_path / "words.png"
    bad.write_text("these are words")
    page = upload(*films, bad, network="lecture")
    page.get_by_role("tab", name="Details and tables").click()
    table = page.get_by_test_id("stTable")
    expect(table.get_by_role("row")).to_have_count(4)
    expect(page.get_by_test_id("stAlert").filter(has_text="words.png")).to_be_visible()
    page.get_by_role("option", name=films[2].name).click()
    expect(page.get_by_text(f"{films[2].name} · JPEG").first).to_be_visible()
    page.get_by_role("button", name="Remove all of mine").click()
    expect(page.get_by_text("child_04.jpeg · JPEG")).to_be_visible()
    expect(page.get_by_role("option", name=films[2].name)).to_have_count(0)


def test_a_dropped_film_is_read_and_follows_its_reader(open_page: Callable[..., Page]) -> None:
    """Dropped anywhere, it is shown at once, on another page too, and after Back."""
    page = open_page("chest_xray?network=lecture")
    page.evaluate(DROP, base64.b64encode(png_film(3, 300)).decode())
    expect(page.get_by_text("dropped.png · PNG · 300 × 300 pixels")).to_be_visible()
    page.get_by_role("link", name="Shortcut lab").first.click()
    expect(page.get_by_role("heading", name="Shortcut lab")).to_be_visible()
    option = page.get_by_role("option", name="dropped.png")
    expect(option).to_have_attribute("aria-selected", "true")
    page.get_by_role("option", name="Child 1", exact=True).click()
    expect(option).to_have_attribute("aria-selected", "false")
    page.go_back()
    expect(option).to_have_attribute("aria-selected", "true")
    page.go_back()
    expect(page.get_by_text("dropped.png · PNG · 300 × 300 pixels")).to_be_visible()


def test_drop_zone_gallery_and_result_are_on_the_first_screen(open_page: Callable[..., Page]) -> None:
    """At 1280 x 800, without scrolling; of the pictures three quarters."""
    page = open_page("chest_xray", height=800)
    shares = {page.get_by_test_id("stFileUploaderDropzone"): 1, page.get_by_role("listbox", name="Films"): 1}
    shares |= {page.get_by_text("The network says"): 1, page.locator(PANES).first: 0.75}
    for part, share in shares.items():
        expect(part).to_be_visible()
        box = part.bounding_box()
        assert box is not None
        assert box["y"] + share * box["height"] <= 800
    expect(page.locator("button.film")).to_have_count(40)
    page.get_by_label("Show labels").check()
    expect(page.get_by_text("PNEUMONIA", exact=True).nth(11)).to_be_attached()


def test_a_slow_map_is_stopped_by_choosing_another_and_the_one_that_is_there_stays(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("chest_xray?film=Simulated+chest,+no+lesion")
    expect(page.locator(PANES)).to_have_count(2)
    page.get_by_role("button", name="Occlusion", exact=True).click()
    expect(page.get_by_text("Occlusion: is being computed")).to_be_visible()
    expect(page.locator(PANES)).to_have_count(2)
    page.get_by_role("button", name="Occlusion", exact=True).click()
    choose(page, "Saliency")
    expect(page.get_by_text(re.compile("^Occlusion: "))).to_have_count(0)
    expect(page.locator(PANES)).to_have_count(3)


def test_the_viewer_asks_the_server_nothing(open_page: Callable[..., Page]) -> None:
    """Zoom, move, window, opacity, threshold, probe, flip, invert, outline: by pointer and by keys."""
    page = open_page("chest_xray?network=lecture&film=Adult+12")
    panes = page.locator(PANES)
    expect(panes).to_have_count(2)
    count_runs(page)
    twin = page.locator(".twin")
    box = panes.first.bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*middle)
    expect(twin).to_contain_text(re.compile(r"x \d+, y \d+: grey \d+ of 255 · Grad-CAM, PNEUMONIA"))
    page.mouse.wheel(0, -400)
    expect(twin).to_contain_text(re.compile("zoom 2[0-9]{2} %"))
    before = pixels(page)
    for key in ("i", "h", "[", "ArrowLeft"):
        page.get_by_role("group", name="Film viewer").press(key)
        assert pixels(page) != before, key
        before = pixels(page)
    page.get_by_role("radio", name="Window").click()
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 30, middle[1] + 20)
    page.mouse.up()
    assert pixels(page) != before
    page.get_by_role("radio", name="Ruler").click()
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 30, middle[1])
    page.mouse.up()
    expect(twin).to_contain_text(re.compile(r"ruler \d+ px"))
    for name, value in (("Map opacity", "20"), ("Hide values below", "50")):
        before = pixels(page, 1)
        page.get_by_role("slider", name=name).fill(value)
        assert pixels(page, 1) != before
    before = pixels(page)
    page.get_by_role("checkbox", name="Outline: radiologist's box").check()
    assert pixels(page) != before
    assert page.evaluate("window.runs") == 0


def pixels(page: Page, pane: int = 0) -> str:
    """The picture of a pane."""
    return str(page.locator(PANES).nth(pane).evaluate("(canvas) => canvas.toDataURL()"))
