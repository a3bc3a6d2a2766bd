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
from tests.support.random_weights import png_film

pytestmark = pytest.mark.browser

DROP = """(data) => {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], "dropped.png", { type: "image/png" }));
    const options = { dataTransfer: transfer, bubbles: true, cancelable: true };
    for (const name of ["dragover", "drop"]) document.querySelector("h1").dispatchEvent(new DragEvent(name, options));
}"""
OVERLAYS = "img[alt^='The map over the film']"


@pytest.fixture
def films() -> list[Path]:
    """Three real test films."""
    return [FOLDER / film.file for film in REAL_FILMS[4:7]]


@pytest.fixture
def upload(open_page: Callable[..., Page]) -> Callable[..., Page]:
    """Opens the page, where files are uploaded, and waits until the first was read."""

    def upload_(*paths: Path, network: str = "transfer") -> Page:
        page = open_page(f"chest_xray?network={network}")
        page.locator("input[type=file]").set_input_files(paths)
        expect(page.get_by_text(f"{paths[0].name} · ").first).to_be_visible()
        expect(page.locator(OVERLAYS)).to_have_count(1)
        return page

    return upload_


def probability(page: Page) -> str:
    """P(PNEUMONIA) as the scale's label says it."""
    label = page.get_by_role("img", name=re.compile(r"^P\(NORMAL\)")).get_attribute("aria-label") or ""
    return re.findall(r"P\(PNEUMONIA\) ((?:over |under )?\d+ %)", label)[0]


def choose(page: Page, *methods: str) -> None:
    """Clicks methods on or off and waits for the page to be done."""
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
    first = page.locator(OVERLAYS).get_attribute("src")
    choose(page, "Saliency", "Grad-CAM")
    expect(page.locator(OVERLAYS)).to_have_count(1)
    expect(page.get_by_text("strong effect on PNEUMONIA")).to_be_visible()
    assert page.locator(OVERLAYS).get_attribute("src") != first
    assert probability(page) == shown, "a map changes no probability"

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
    record = json.loads(download(page, "Record (JSON)"))
    assert record["image"]["kind"] == "DICOM"
    assert record["image"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert record["model"]["name"] == "lecture"


def test_several_films_one_of_them_bad(upload: Callable[..., Page], films: list[Path], tmp_path: Path) -> None:
    bad = tmp_path / "words.png"
    bad.write_text("these are words")
    page = upload(*films, bad, network="lecture")
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


def test_drop_zone_and_gallery_are_in_sight(open_page: Callable[..., Page]) -> None:
    page = open_page("chest_xray", height=800)
    for part in (page.get_by_test_id("stFileUploaderDropzone"), page.get_by_role("listbox", name="Films")):
        box = part.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 800
    assert page.get_by_role("option").count() == 40
    page.get_by_label("Show labels").check()
    assert page.get_by_text("PNEUMONIA", exact=True).count() >= 18


def test_a_slow_map_is_stopped_by_choosing_another(open_page: Callable[..., Page]) -> None:
    """Its progress goes away, the other map comes, and nothing of the slow one is left standing."""
    page = open_page("chest_xray?film=Simulated+chest,+no+lesion")
    expect(page.locator(OVERLAYS)).to_have_count(1)
    page.get_by_role("button", name="Occlusion", exact=True).click()
    expect(page.get_by_text(re.compile(r"Occlusion: \d+ of 170 passes"))).to_be_visible()
    page.get_by_role("button", name="Occlusion", exact=True).click()
    choose(page, "Saliency")
    expect(page.get_by_text(re.compile("^Occlusion: "))).to_have_count(0)
    expect(page.locator(OVERLAYS)).to_have_count(2)
    expect(page.get_by_text("strong effect on PNEUMONIA")).to_be_visible()


def test_opacity_and_class_are_quick_changes(open_page: Callable[..., Page]) -> None:
    page = open_page("chest_xray?network=lecture&explain=NORMAL")
    expect(page.get_by_text("against NORMAL", exact=True)).to_be_visible()
    before = page.locator(OVERLAYS).get_attribute("src")
    page.get_by_role("slider", name="Opacity of the map").press("ArrowLeft")
    expect(page.get_by_text("70 %")).to_be_visible()
    expect(page.locator(f"{OVERLAYS}[src='{before}']")).to_have_count(0)


def test_the_result_is_on_the_first_screen(open_page: Callable[..., Page]) -> None:
    """At 1280 x 720: the sentence, the scale and the pictures, without scrolling."""
    page = open_page("chest_xray", height=720)
    for part in (page.get_by_text("The network says"), page.locator(OVERLAYS)):
        expect(part).to_be_visible()
        box = part.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 720
