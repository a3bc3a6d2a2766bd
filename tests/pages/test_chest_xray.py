"""The chest X-ray page in Streamlit's own test bench, on random weights: uploads good and bad, samples, methods."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom.data import get_testdata_file
from streamlit.testing.v1 import AppTest

from cnn import cards
from cnn.attribution import methods
from cnn.attribution.attribution import Attribution
from cnn.attribution.methods import METHODS
from cnn.errors import Busy, UserError
from cnn.imaging.samples import download
from cnn.imaging.samples.built_in import SAMPLES
from cnn.models import loading, ood_gate
from tests.support.app import ROOT
from tests.support.random_weights import film, write_gate, write_weights
from ui.chest import film_store, sections
from ui.widgets import upload
from ui.widgets.upload import FilmChoice

PAGE = "pages/chest_xray.py"


@pytest.fixture
def page(weights: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """The page as it opens, with the smaller network, whose maps are quick."""
    monkeypatch.setattr(loading, "WEIGHTS_FOLDER", weights)
    monkeypatch.setattr(cards, "DEFAULT_NETWORK", "lecture")
    loading.load.cache_clear()
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    app.switch_page(PAGE).run()
    assert not app.exception
    yield app
    loading.load.cache_clear()


def png(seed: int = 0, side: int = 96) -> bytes:
    data = io.BytesIO()
    Image.fromarray((film(seed, side, side).pixels * 255).astype(np.uint8)).save(data, format="PNG")
    return data.getvalue()


def give(page: AppTest, *files: tuple[str, bytes]) -> AppTest:
    """Uploads ``files``: names and bytes."""
    page.selectbox(key="source").select(upload.UPLOADED).run()
    page.file_uploader(key="files").set_value([(name, data, "application/octet-stream") for name, data in files])
    return page.run()


def words(page: AppTest) -> str:
    """Everything that the page says."""
    kinds = (page.markdown, page.caption, page.error, page.info, page.warning, page.get("html"))
    return "\n".join(str(element.proto.body) for elements in kinds for element in elements)


def maps(page: AppTest) -> dict[tuple, Attribution]:
    return dict(page.session_state["reading.maps"])


def test_the_page_opens_with_a_result(page: AppTest) -> None:
    said = words(page)
    for expected in ("The network says", "P(NORMAL)", "threshold 40 %", "lies where these random weights put it",
                     "Grad-CAM", "against PNEUMONIA", "For teaching only"):  # fmt: skip
        assert expected in said
    assert len(page.get("image")) == 3
    assert len(page.title) == 1


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.key)
def test_every_sample_is_read(page: AppTest, sample) -> None:  # type: ignore[no-untyped-def]
    page.selectbox(key="film").select(sample.title).run()
    assert not page.exception
    assert sample.story in words(page)
    assert ("truth" in [toggle.key for toggle in page.toggle]) == (sample.key == "simulated-consolidation")


def test_the_truth_can_be_outlined(page: AppTest) -> None:
    page.selectbox(key="film").select(next(s.title for s in SAMPLES if s.key == "simulated-consolidation")).run()
    before = [image.value for image in page.get("image")]
    page.toggle(key="truth").set_value(True).run()
    after = [image.value for image in page.get("image")]
    assert [one == two for one, two in zip(before, after, strict=True)] == [False, True, False]


def test_an_upload_is_read(page: AppTest) -> None:
    give(page, ("mine.png", png()))
    assert "mine.png · PNG · 96 × 96 pixels" in words(page)
    assert "The network says" in words(page)
    assert not page.table


def test_a_dicom_without_a_telling_name_is_read(page: AppTest) -> None:
    data = Path(str(get_testdata_file("RG1_UNCR.dcm", download=False))).read_bytes()
    give(page, ("IM00001", data))
    assert "IM00001 · DICOM · 1841 × 1955 pixels" in words(page)
    assert "MONOCHROME1" in words(page)


def test_nothing_chosen_is_no_result(page: AppTest) -> None:
    page.selectbox(key="source").select(upload.UPLOADED).run()
    assert not page.exception
    assert "The network says" not in words(page)
    assert "For teaching only" in words(page)


def test_a_bad_file_is_a_sentence(page: AppTest) -> None:
    give(page, ("notes.png", b"these are words"))
    assert not page.exception
    (error,) = page.error
    assert "notes.png" in error.value
    assert "The network says" not in words(page)


def test_one_bad_file_does_not_stop_the_others(page: AppTest) -> None:
    give(page, ("one.png", png(1)), ("bad.jpg", b"\xff\xd8\xff cut"), ("two.png", png(2)))
    assert not page.exception
    (table,) = page.table
    rows = table.value
    assert list(rows["File"]) == ["one.png", "bad.jpg", "two.png"]
    assert list(rows["Label"] == "refused") == [False, True, False]
    assert "bad.jpg" in rows["Reason"][1]
    assert all("%" in rows["P(PNEUMONIA)"][row] for row in (0, 2))
    assert "one.png · PNG" in words(page)
    page.selectbox(key="look").select("two.png").run()
    assert "two.png · PNG" in words(page)


def test_the_film_that_is_looked_at_stays_when_one_before_it_is_removed(page: AppTest) -> None:
    files = [("one.png", png(1)), ("two.png", png(2)), ("three.png", png(3))]
    give(page, *files)
    page.selectbox(key="look").select("two.png").run()
    page.file_uploader(key="files").set_value([(name, data, "") for name, data in files[1:]]).run()
    assert page.selectbox(key="look").value == "two.png"
    assert "two.png · PNG" in words(page)


def test_two_films_of_one_name_are_told_apart(page: AppTest) -> None:
    give(page, ("image.png", png(1)), ("image.png", png(2)))
    assert page.selectbox(key="look").options == ["image.png", "image.png (2)"]
    assert list(page.table[0].value["File"]) == ["image.png", "image.png (2)"]
    first = words(page)
    page.selectbox(key="look").select("image.png (2)").run()
    assert words(page) != first
    assert sections.numbered(["a", "a", "a (2)", "a"]) == ["a", "a (2)", "a (2) (2)", "a (3)"]


def test_more_files_than_are_read_at_a_time_are_named(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "MAX_FILES", 2)
    give(page, *((f"{number}.png", png(number)) for number in range(3)))
    assert len(page.table[0].value) == 2
    assert "the other 1 are left out" in words(page)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_shown(page: AppTest, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods, "STEPS", 6)
    monkeypatch.setattr(methods, "SAMPLES", 6)
    monkeypatch.setattr(methods, "occlusion_window", lambda size: (size // 2, size // 4))
    page.button_group(key="maps").set_value([method]).run()
    assert not page.exception
    assert METHODS[method].about in words(page)
    assert len(page.get("image")) == 3


def test_several_methods_stand_side_by_side_and_too_many_are_said_to_be(page: AppTest) -> None:
    chosen = ["grad_cam", "saliency", "input_x_gradient", "deep_lift", "guided_backprop"]
    page.button_group(key="maps").set_value(chosen[:3]).run()
    assert len(page.get("image")) == 5
    page.button_group(key="maps").set_value(chosen).run()
    assert len(page.get("image")) == 6
    assert "shown are the first 4" in words(page)


def test_without_a_method_there_is_still_a_prediction(page: AppTest) -> None:
    page.button_group(key="maps").set_value([]).run()
    assert not page.exception
    assert "The network says" in words(page)
    assert len(page.get("image")) == 2


def test_opacity_and_going_back_to_a_class_compute_nothing(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    page.button_group(key="explain").set_value("NORMAL").run()
    assert "against NORMAL" in words(page)
    monkeypatch.setattr(film_store, "attribute", lambda *anything: pytest.fail("a map was computed again"))
    before = page.get("image")[2].value
    page.slider(key="opacity").set_value(30).run()
    assert page.get("image")[2].value != before
    page.button_group(key="explain").set_value("PNEUMONIA").run()
    assert not page.exception
    assert "against PNEUMONIA" in words(page)


def test_kept_maps_are_bounded(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film_store, "MOST_MAPS", 2)
    give(page, ("one.png", png(1)))
    page.button_group(key="maps").set_value(["saliency"]).run()
    page.button_group(key="maps").set_value(["deep_lift", "grad_cam"]).run()
    assert sorted(key[2] for key in maps(page)) == ["deep_lift", "grad_cam"]


def test_shared_maps_are_bounded(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film_store, "MOST_SHARED_MAPS", 2)
    page.button_group(key="maps").set_value(["saliency"]).run()
    page.button_group(key="maps").set_value(["deep_lift", "grad_cam"]).run()
    assert sorted(key[2] for key in film_store._SHARED) == ["deep_lift", "grad_cam"]


def test_a_built_in_film_is_read_and_explained_once_for_all_readers(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("attribute", "classify", "read_radiograph"):
        monkeypatch.setattr(film_store, name, lambda *anything, **named: pytest.fail("done again for another reader"))
    other = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    other.switch_page(PAGE).run()
    assert not other.exception
    assert words(other) == words(page)


def test_nothing_of_the_reader_s_own_file_is_shared(page: AppTest) -> None:
    before = set(film_store._SHARED)
    give(page, ("one.png", png(1)))
    assert maps(page)
    assert set(film_store._SHARED) == before
    with pytest.raises(AssertionError, match="own"):
        film_store._read_once("a key", FilmChoice("a key", "one.png", lambda: (png(1), "one.png"), uploaded=True))


def test_who_waits_for_a_map_takes_another_reader_s_as_soon_as_it_is_there(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    (key,) = film_store._SHARED
    made = film_store._SHARED.pop(key)

    def in_line(model: object, pixels: object, method: str, target: int, show: object, wait: object) -> Attribution:
        wait(1, 0, 1)
        film_store._SHARED[key] = made
        wait(1, 0, 1)
        pytest.fail("it should not wait any longer")

    monkeypatch.setattr(film_store, "attribute", in_line)
    page.run()
    assert not page.exception
    assert film_store._SHARED[key] is made


def test_films_no_longer_on_offer_are_forgotten(page: AppTest) -> None:
    give(page, ("one.png", png(1)), ("two.png", png(2)))
    assert len(page.session_state["reading.films"]) == 2
    page.selectbox(key="source").select(upload.BUILT_IN).run()
    assert list(page.session_state["reading.films"]) == [SAMPLES[0].key]


def test_a_busy_network_is_a_sentence_beside_the_other_maps(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*anything: object) -> Attribution:
        raise Busy("The network is busy with other pictures.")

    monkeypatch.setattr(film_store, "attribute", busy)
    page.button_group(key="maps").set_value(["grad_cam", "saliency"]).run()
    assert not page.exception
    assert "busy with other pictures" in words(page)
    assert len(page.get("image")) == 3, "the map of Grad-CAM was there already"


def test_every_network_with_weights_can_be_chosen(page: AppTest) -> None:
    assert page.selectbox(key="network").options == ["lecture", "transfer", "ensemble"]
    for name in ("ensemble", "transfer"):
        page.selectbox(key="network").select(name).run()
        assert not page.exception
        assert f"**The network** {name} " in words(page)


def test_missing_weights_are_a_sentence(page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "WEIGHTS_FOLDER", tmp_path)
    loading.load.cache_clear()
    page.run()
    assert not page.exception
    assert "missing" in page.error[0].value


def test_test_films_are_fetched_on_request(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(progress: download.Progress) -> tuple[download.FetchedSample, ...]:
        progress(50, 100)
        return (
            download.FetchedSample("mnist-1", "Test image 1", "A test film.", False, "1.png", "NORMAL", png(4, 224)),
        )

    monkeypatch.setattr(download, "fetch", fetch)
    page.selectbox(key="source").select(upload.FETCHED).run()
    assert "The network says" not in words(page)
    page.button[0].click().run()
    assert not page.exception
    assert "A test film." in words(page)
    assert "1.png · PNG · 224 × 224 pixels" in words(page)


def test_without_a_network_fetching_is_a_sentence(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(progress: download.Progress) -> tuple[download.FetchedSample, ...]:
        raise UserError("The test images cannot be fetched.")

    monkeypatch.setattr(download, "fetch", fetch)
    page.selectbox(key="source").select(upload.FETCHED).run()
    page.button[0].click().run()
    assert not page.exception
    assert "cannot be fetched" in words(page)


def test_pictures_and_record_can_be_downloaded(page: AppTest) -> None:
    assert [button.proto.label for button in page.get("download_button")] == ["Pictures (PNG)", "Record (JSON)"]


@pytest.fixture
def strict(page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page behind a gate that lets nothing through."""
    folder = write_weights(tmp_path)
    write_gate(folder, lungs=2.0)  # no picture is lung twice over
    monkeypatch.setattr(ood_gate, "load", lambda: ood_gate.load_from(folder))
    return page


def test_what_is_no_chest_film_gets_a_reason_and_no_probability_until_the_reader_insists(strict: AppTest) -> None:
    page = give(strict, ("thing.png", png()))
    assert not page.exception
    assert "“thing.png” does not look like a frontal chest radiograph, because" in words(page)
    assert "P(PNEUMONIA)" not in words(page)
    assert not page.get("button_group")
    page.toggle(key="insist").set_value(True).run()
    assert "P(PNEUMONIA)" in words(page)
    assert "means nothing" in words(page)
    assert page.get("button_group")


def test_in_a_batch_the_reason_stands_beside_the_file(strict: AppTest) -> None:
    page = give(strict, ("one.png", png(1)), ("two.png", png(2)))
    assert not page.exception
    rows = page.table[0].value
    assert set(rows["Label"]) == {"refused"}
    assert rows["Reason"].str.contains("frontal chest radiograph").all()
