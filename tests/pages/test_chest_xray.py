"""The chest X-ray page in Streamlit's own test bench, on random weights: uploads good and bad, samples, methods."""

from pathlib import Path

import pytest
from pydicom.data import get_testdata_file
from streamlit.testing.v1 import AppTest

from cnn.attribution import methods
from cnn.attribution.attribution import Attribution
from cnn.attribution.methods import METHODS
from cnn.cards import network_title
from cnn.errors import Busy, UserError
from cnn.imaging.samples import download
from cnn.imaging.samples.built_in import SAMPLES
from cnn.models import loading, ood_gate
from tests.support.app import all_text, open_page
from tests.support.random_weights import png_film, write_gate, write_weights
from ui.chest import film_store, sections
from ui.widgets import upload

DICOM = Path(str(get_testdata_file("RG1_UNCR.dcm", download=False)))


@pytest.fixture
def page(random_app: None) -> AppTest:
    """The page as it opens."""
    return open_page("chest_xray")


def give(page: AppTest, *files: tuple[str, bytes]) -> AppTest:
    """Uploads ``files``: names and bytes."""
    page.selectbox(key="source").select(upload.UPLOADED).run()
    page.file_uploader(key="files").set_value([(name, data, "application/octet-stream") for name, data in files])
    page.run()
    assert not page.exception
    return page


def choose_maps(page: AppTest, *methods: str) -> AppTest:
    page.button_group(key="maps").set_value(list(methods)).run()
    assert not page.exception
    return page


def test_the_page_opens_with_a_result(page: AppTest) -> None:
    for expected in ("P(NORMAL)", "threshold 40 %", "lies where these random weights put it", "Grad-CAM"):
        assert expected in all_text(page)
    assert len(page.get("image")) == 3
    assert len(page.get("download_button")) == 2


def test_every_sample_is_read_and_only_the_simulated_lesion_has_an_outline(page: AppTest) -> None:
    for sample in SAMPLES:
        page.selectbox(key="film").select(sample.title).run()
        assert not page.exception
        assert sample.story in all_text(page)
        assert ("truth" in [toggle.key for toggle in page.toggle]) == (sample.key == "simulated-consolidation")


def test_the_lesion_can_be_outlined(page: AppTest) -> None:
    page.selectbox(key="film").select(next(s.title for s in SAMPLES if s.key == "simulated-consolidation")).run()
    before = [image.value for image in page.get("image")]
    page.toggle(key="truth").set_value(True).run()
    after = [image.value for image in page.get("image")]
    assert [one == two for one, two in zip(before, after, strict=True)] == [False, True, False]


@pytest.mark.parametrize(
    ("name", "data", "facts"),
    [
        ("mine.png", png_film(), "mine.png · PNG · 96 × 96 pixels"),
        ("IM00001", DICOM.read_bytes(), "IM00001 · DICOM · 1841 × 1955 pixels"),
    ],
    ids=["PNG", "DICOM without a telling name"],
)
def test_an_upload_is_read(page: AppTest, name: str, data: bytes, facts: str) -> None:
    give(page, (name, data))
    assert facts in all_text(page)
    assert "The network says" in all_text(page)
    assert not page.table


def test_nothing_chosen_is_no_result(page: AppTest) -> None:
    page.selectbox(key="source").select(upload.UPLOADED).run()
    assert not page.exception
    assert "The network says" not in all_text(page)


def test_a_bad_file_is_a_sentence(page: AppTest) -> None:
    give(page, ("notes.png", b"these are words"))
    (error,) = page.error
    assert "notes.png" in error.value
    assert "The network says" not in all_text(page)


def test_one_bad_file_does_not_stop_the_others(page: AppTest) -> None:
    give(page, ("one.png", png_film(1)), ("bad.jpg", b"\xff\xd8\xff cut"), ("two.png", png_film(2)))
    rows = page.table[0].value
    assert list(rows["File"]) == ["one.png", "bad.jpg", "two.png"]
    assert list(rows["Label"] == "refused") == [False, True, False]
    assert "bad.jpg" in rows["Reason"][1]
    assert all("%" in rows["P(PNEUMONIA)"][row] for row in (0, 2))
    assert "one.png · PNG" in all_text(page)
    page.selectbox(key="look").select("two.png").run()
    assert "two.png · PNG" in all_text(page)


def test_the_picked_film_stays_picked_when_one_before_it_is_removed(page: AppTest) -> None:
    files = [("one.png", png_film(1)), ("two.png", png_film(2)), ("three.png", png_film(3))]
    give(page, *files)
    page.selectbox(key="look").select("two.png").run()
    page.file_uploader(key="files").set_value([(name, data, "") for name, data in files[1:]]).run()
    assert page.selectbox(key="look").value == "two.png"
    assert "two.png · PNG" in all_text(page)


def test_two_films_of_one_name_are_distinct(page: AppTest) -> None:
    give(page, ("image.png", png_film(1)), ("image.png", png_film(2)))
    assert page.selectbox(key="look").options == ["image.png", "image.png (2)"]
    assert list(page.table[0].value["File"]) == ["image.png", "image.png (2)"]
    assert sections.make_distinct(["a", "a", "a (2)", "a"]) == ["a", "a (2)", "a (2) (2)", "a (3)"]


def test_more_files_than_are_read_at_a_time_are_named(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "MAX_FILES", 2)
    give(page, *((f"{number}.png", png_film(number)) for number in range(3)))
    assert len(page.table[0].value) == 2
    assert "the other 1 are left out" in all_text(page)


def test_every_method_is_shown(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods, "STEPS", 6)
    monkeypatch.setattr(methods, "SAMPLES", 6)
    monkeypatch.setattr(methods, "occlusion_window", lambda size: (size // 2, size // 4))
    for name, method in METHODS.items():
        choose_maps(page, name)
        assert method.about in all_text(page)
        assert len(page.get("image")) == 3


def test_several_maps_are_side_by_side_and_too_many_are_left_out(page: AppTest) -> None:
    chosen = ["grad_cam", "saliency", "input_x_gradient", "deep_lift", "guided_backprop"]
    assert len(choose_maps(page, *chosen[:3]).get("image")) == 5
    assert len(choose_maps(page, *chosen).get("image")) == 6


def test_without_a_method_there_is_still_a_prediction(page: AppTest) -> None:
    choose_maps(page)
    assert len(page.get("image")) == 2


def test_opacity_and_going_back_to_a_class_compute_nothing(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    page.button_group(key="explain").set_value("NORMAL").run()
    assert "against NORMAL" in all_text(page)
    monkeypatch.setattr(film_store, "attribute", lambda *_: pytest.fail("a map was computed again"))
    before = page.get("image")[2].value
    page.slider(key="opacity").set_value(30).run()
    assert page.get("image")[2].value != before
    page.button_group(key="explain").set_value("PNEUMONIA").run()
    assert not page.exception
    assert "against PNEUMONIA" in all_text(page)


def test_a_built_in_film_is_read_and_explained_once_for_all_readers(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("attribute", "classify", "read_radiograph"):
        monkeypatch.setattr(film_store, name, lambda *_: pytest.fail("done again for another reader"))
    assert all_text(open_page("chest_xray")) == all_text(page)


def test_nothing_of_the_reader_s_own_file_is_shared(page: AppTest) -> None:
    shared = film_store.SHARED.maps.keys(), film_store.SHARED.predictions.keys()
    give(page, ("one.png", png_film(1)))
    own = page.session_state["chest.results"]
    assert own.maps.keys()
    assert own.predictions.keys()
    assert (film_store.SHARED.maps.keys(), film_store.SHARED.predictions.keys()) == shared


def test_films_no_longer_on_offer_are_forgotten(page: AppTest) -> None:
    give(page, ("one.png", png_film(1)), ("two.png", png_film(2)))
    assert len(page.session_state["chest.films"]) == 2
    page.selectbox(key="source").select(upload.BUILT_IN).run()
    assert list(page.session_state["chest.films"]) == [SAMPLES[0].key]


def test_a_busy_network_is_a_sentence_beside_the_other_maps(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object) -> Attribution:
        raise Busy("The network is busy with other pictures.")

    monkeypatch.setattr(film_store, "attribute", busy)
    choose_maps(page, "grad_cam", "saliency")
    assert "busy with other pictures" in all_text(page)
    assert len(page.get("image")) == 3, "the map of Grad-CAM was there already"


def test_every_network_with_weights_can_be_chosen_and_is_named_in_the_link(page: AppTest) -> None:
    for name in ("transfer", "ensemble"):
        page.selectbox(key="network").select(name).run()
        assert not page.exception
        assert f"**The network** {network_title(name)} " in all_text(page)
        assert page.query_params["network"] == name
    page.selectbox(key="network").select("lecture").run()
    assert "network" not in page.query_params, "the default needs no link"


def test_missing_weights_are_a_sentence(page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "WEIGHTS_FOLDER", tmp_path)
    loading.load.cache_clear()
    page.run()
    assert not page.exception
    assert "missing" in page.error[0].value


@pytest.mark.parametrize("online", [True, False])
def test_test_films_are_fetched_on_request(page: AppTest, online: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(progress: download.Progress) -> tuple[download.FetchedSample, ...]:
        if not online:
            raise UserError("The test images cannot be fetched.")
        progress(50, 100)
        data = png_film(4, 224)
        return (download.FetchedSample("mnist-1", "Test image 1", "A test film.", False, "1.png", "NORMAL", data),)

    monkeypatch.setattr(download, "fetch", fetch)
    page.selectbox(key="source").select(upload.FETCHED).run()
    assert "The network says" not in all_text(page)
    page.button[0].click().run()
    assert not page.exception
    assert ("1.png · PNG · 224 × 224 pixels" in all_text(page)) == online
    assert ("cannot be fetched" in all_text(page)) != online


@pytest.fixture
def strict(page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page behind a gate that lets nothing through."""
    folder = write_weights(tmp_path)
    write_gate(folder, lungs=2.0)  # no film is lung twice over
    gate = ood_gate.load_from(folder)
    monkeypatch.setattr(ood_gate, "load", lambda: gate)
    return page


def test_a_rejected_film_has_a_reason_and_no_probability_until_the_reader_insists(strict: AppTest) -> None:
    page = give(strict, ("thing.png", png_film()))
    assert "“thing.png” does not look like a frontal chest radiograph, because" in all_text(page)
    assert "P(PNEUMONIA)" not in all_text(page)
    assert not page.get("button_group")
    page.toggle(key="insist").set_value(True).run()
    assert "P(PNEUMONIA)" in all_text(page)
    assert page.get("button_group")


def test_in_a_table_the_reason_is_beside_the_file(strict: AppTest) -> None:
    rows = give(strict, ("one.png", png_film(1)), ("two.png", png_film(2))).table[0].value
    assert set(rows["Label"]) == {"refused"}
    assert rows["Reason"].str.contains("frontal chest radiograph").all()
