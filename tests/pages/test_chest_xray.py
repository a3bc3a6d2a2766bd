"""The chest X-ray page in Streamlit's own test bench, on random weights: uploads good and bad, samples, methods."""

import base64
import json
from pathlib import Path
from shutil import copytree
from types import SimpleNamespace

import numpy as np
import pytest
from pydicom.data import get_testdata_file
from streamlit.testing.v1 import AppTest

from cnn import cards
from cnn.attribution import methods
from cnn.attribution.attribution import Attribution
from cnn.attribution.methods import METHODS
from cnn.cards import network_title
from cnn.errors import Busy
from cnn.evaluation import scores
from cnn.imaging.samples.built_in import SAMPLES
from cnn.imaging.samples.real_films import REAL_FILMS
from cnn.models import loading, ood_gate
from cnn.predict.prediction import Prediction
from tests.imaging.corpus.build import dicom, picture
from tests.support.app import all_text, open_page
from tests.support.random_weights import png_film, write_gate
from ui.chest import film_store, prediction_scale, sections
from ui.widgets import upload

DICOM = Path(str(get_testdata_file("RG1_UNCR.dcm", download=False)))


@pytest.fixture
def page(random_app: None) -> AppTest:
    """The page as it opens."""
    return open_page("chest_xray")


def give(page: AppTest, *files: tuple[str, bytes]) -> AppTest:
    """Uploads ``files``: names and bytes."""
    page.file_uploader[0].set_value([(name, data, "application/octet-stream") for name, data in files])
    page.run()
    assert not page.exception
    return page


def choose_film(page: AppTest, name: str) -> AppTest:
    """Chooses a film as the gallery's callback does."""
    page.session_state["film"] = name
    page.run()
    assert not page.exception
    return page


def viewer(page: AppTest) -> dict:
    """What the viewer was sent."""
    shown = [json.loads(component.proto.json) for component in page.get("bidi_component")]
    return next(data for data in shown if "outlines" in data)


def test_the_viewer_gets_the_numbers_of_the_file(page: AppTest) -> None:
    values = picture(12, 120, 90)
    tags = {"WindowCenter": 900, "WindowWidth": 700, "PixelSpacing": [0.5, 0.25], "BitsStored": 12, "HighBit": 11}
    give(page, ("film.dcm", dicom(values, PhotometricInterpretation="MONOCHROME1", **tags)))
    shown = [json.loads(component.proto.json) for component in page.get("bidi_component")]
    (film,) = (base64.b64decode(data["base64"]) for data in shown if data.get("name") == "viewer film")
    greys, numbers = film[: values.size], film[values.size :]
    assert (np.frombuffer(numbers, "<i4").reshape(values.shape) == values).all()
    assert np.frombuffer(greys, np.uint8)[0] > np.frombuffer(greys, np.uint8)[-1], "and the picture is inverted"
    assert viewer(page)["spacing"] == [0.5, 0.25]


def choose_maps(page: AppTest, *methods: str) -> AppTest:
    page.button_group(key="maps").set_value(list(methods)).run()
    assert not page.exception
    return page


def test_the_page_opens_with_a_result(page: AppTest) -> None:
    for expected in ("P(NORMAL)", "threshold 40 %", "where these random weights put it", "Grad-CAM"):
        assert expected in all_text(page)
    assert [shown["title"] for shown in viewer(page)["maps"]] == ["Grad-CAM, PNEUMONIA"]
    assert len(page.get("download_button")) == 2


@pytest.mark.parametrize("name", ["transfer", "lecture", "ensemble"])
def test_the_verdict_says_how_often_the_network_was_wrong(name: str) -> None:
    said = prediction_scale.describe_errors(SimpleNamespace(card=cards.read_card(cards.WEIGHTS_FOLDER, name)))
    for group in scores.read(cards.WEIGHTS_FOLDER, name, ["test", "adults_left_out"]).values():
        wrong = int(((group.logits >= 0) != group.labels.astype(bool)).sum())
        assert f"{wrong} of {len(group.labels)} " in said


def test_every_sample_is_read_and_only_the_simulated_lesion_has_an_outline(page: AppTest) -> None:
    for sample in SAMPLES:
        choose_film(page, sample.title)
        assert sample.story in all_text(page)
        outlines = [outline["name"] for outline in viewer(page)["outlines"]]
        assert outlines == (["simulated lesion"] if sample.key == "simulated-consolidation" else [])


def test_radiologists_boxes_are_outlined_where_the_file_says_and_not_before_they_are_asked_for(page: AppTest) -> None:
    film = REAL_FILMS[-1]
    choose_film(page, film.title)
    shown = viewer(page)
    (box,) = film.boxes
    polygon = shown["outlines"][0]["polygons"][0]
    assert polygon[0] == pytest.approx([box[0] / 512, box[1] / 512])
    assert polygon[2] == pytest.approx([(box[0] + box[2]) / 512, (box[1] + box[3]) / 512])
    assert not shown["outlined"]


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


def test_a_real_film_tells_its_label_and_whether_the_network_is_wrong(page: AppTest) -> None:
    for film in (REAL_FILMS[0], REAL_FILMS[3], REAL_FILMS[-1]):
        choose_film(page, film.title)
        (about,) = page.expander
        assert not about.proto.expanded
        text = "\n".join(element.value for element in about.markdown)
        assert film.answer in text
        assert ("agrees with this label" in text) != ("is wrong here" in text)


def test_a_bad_file_is_a_sentence_and_the_film_stays(page: AppTest) -> None:
    give(page, ("notes.png", b"these are words"))
    (error,) = page.error
    assert "notes.png" in error.value
    assert page.session_state["film"] == upload.OPENING_FILM
    assert "The network says" in all_text(page)
    give(page, ("fine.png", png_film()))
    assert not page.error


def test_one_bad_file_does_not_stop_the_others(page: AppTest) -> None:
    give(page, ("one.png", png_film(1)), ("bad.jpg", b"\xff\xd8\xff cut"), ("two.png", png_film(2)))
    assert "bad.jpg" in page.error[0].value
    rows = page.table[0].value
    assert list(rows["File"]) == ["one.png", "two.png"]
    assert all("%" in value for value in rows["P(PNEUMONIA)"])
    assert "one.png · PNG" in all_text(page)
    choose_film(page, "own 2")
    assert "two.png · PNG" in all_text(page)


def test_two_films_of_one_name_are_distinct(page: AppTest) -> None:
    give(page, ("image.png", png_film(1)), ("image.png", png_film(2)))
    assert list(page.table[0].value["File"]) == ["image.png", "image.png (2)"]
    assert sections.make_distinct(["a", "a", "a (2)", "a"]) == ["a", "a (2)", "a (2) (2)", "a (3)"]


@pytest.mark.parametrize("limits", [{"MAX_FILES": 2}, {"MAX_TRAY_BYTES": 2 * len(png_film()) + 2000}])
def test_what_does_not_fit_into_the_tray_is_named(
    page: AppTest, limits: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in limits.items():
        monkeypatch.setattr(upload, name, value)
    give(page, *((f"{number}.png", png_film(0)) for number in range(3)))
    assert len(page.table[0].value) == 2
    assert "“2.png” was left out" in page.error[0].value


def test_every_method_is_shown(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods, "STEPS", 6)
    monkeypatch.setattr(methods, "SAMPLES", 6)
    monkeypatch.setattr(methods, "occlusion_window", lambda size: (size // 2, size // 4))
    for name, method in METHODS.items():
        choose_maps(page, name)
        assert method.about in all_text(page)
        assert [shown["title"] for shown in viewer(page)["maps"]] == [f"{method.title}, PNEUMONIA"]


def test_several_maps_are_side_by_side_and_what_is_left_out_is_named(page: AppTest) -> None:
    chosen = ["grad_cam", "saliency", "input_x_gradient", "deep_lift", "guided_backprop"]
    assert len(viewer(choose_maps(page, *chosen[:3]))["maps"]) == 3
    shown = viewer(choose_maps(page, *chosen))
    assert len(shown["maps"]) == 4
    assert shown["pending"] == []
    assert any("Not shown: Guided Backprop" in warning.value for warning in page.warning)


def test_without_a_method_there_is_still_a_prediction(page: AppTest) -> None:
    assert viewer(choose_maps(page))["maps"] == []
    assert "The network says" in all_text(page)


def test_going_back_to_a_class_computes_nothing(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    page.button_group(key="explain").set_value("NORMAL").run()
    assert viewer(page)["maps"][0]["ends"] == ["against NORMAL", "for NORMAL"]
    monkeypatch.setattr(film_store, "attribute", lambda *_: pytest.fail("a map was computed again"))
    page.button_group(key="explain").set_value("PNEUMONIA").run()
    assert not page.exception
    assert viewer(page)["maps"][0]["ends"] == ["against PNEUMONIA", "for PNEUMONIA"]


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


def test_a_removed_film_is_forgotten(page: AppTest) -> None:
    give(page, ("one.png", png_film(1)), ("two.png", png_film(2)))
    tray = page.session_state["upload.tray"]
    tray.remove("own 1")
    choose_film(page, "own 2")
    assert [film.name for film in tray.films.values()] == ["two.png"]
    assert "own 1" not in page.session_state["chest.films"]
    tray.remove(None)
    choose_film(page, upload.OPENING_FILM)
    assert tray.size == 0
    assert list(page.session_state["chest.films"]) == [REAL_FILMS[3].key]


@pytest.mark.parametrize("other", ["shortcut_lab", "inside_the_network", "pooling", "convolution_2d", "read_first"])
def test_the_reader_s_film_is_on_the_other_pages_too(page: AppTest, other: str) -> None:
    give(page, ("mine.png", png_film(1)))
    link = {"convolution_2d": {"part": "A whole picture"}, "read_first": {"films": "My own films"}}.get(other, {})
    page.switch_page(f"pages/{other}.py").run()
    page.query_params.update(link)
    if link:
        page.session_state[next(iter(link))] = next(iter(link.values()))
    page.run()
    assert not page.exception
    assert [film.name for film in page.session_state["upload.tray"].films.values()] == ["mine.png"]
    if other != "read_first":
        assert page.session_state["film"] == "own 1"
        assert page.query_params["film"] == "own 1"
    page.switch_page("pages/chest_xray.py").run()
    assert "mine.png · PNG" in all_text(page)


@pytest.mark.parametrize(("name", "text"), [("film", "own 99"), ("film", "nobody"), ("network", "resnet")])
def test_what_a_link_names_and_is_not_there_is_replaced_with_a_sentence(name: str, text: str) -> None:
    page = open_page("chest_xray", **{name: text})
    assert f"`{text}`" in page.warning[0].value
    assert name not in page.query_params
    assert page.session_state[name] == {"film": upload.OPENING_FILM, "network": cards.DEFAULT_NETWORK}[name]


def test_a_busy_network_is_a_sentence_beside_the_other_maps(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object) -> Attribution:
        raise Busy("The network is busy with other pictures.")

    monkeypatch.setattr(film_store, "attribute", busy)
    choose_maps(page, "grad_cam", "saliency")
    assert "busy with other pictures" in all_text(page)
    assert [shown["title"] for shown in viewer(page)["maps"]] == ["Grad-CAM, PNEUMONIA"], "it was there already"
    assert viewer(page)["pending"] == ["Saliency"]


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


@pytest.fixture
def strict(page: AppTest, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page behind a gate that lets nothing through."""
    folder = copytree(weights, tmp_path / "strict")
    write_gate(folder, lungs=2.0)  # no film is lung twice over
    gate = ood_gate.load_from(folder)
    monkeypatch.setattr(ood_gate, "load", lambda *_: gate)
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
    assert set(rows["Label"]) == {"rejected"}
    assert rows["Reason"].str.contains("frontal chest radiograph").all()


def test_what_was_made_ready_is_not_computed_again(random_app: None, monkeypatch: pytest.MonkeyPatch) -> None:
    sections.warm_up()
    monkeypatch.setattr(film_store, "classify", lambda *_: pytest.fail("predicted twice"))
    monkeypatch.setattr(film_store, "attribute", lambda *_: pytest.fail("explained twice"))
    assert not open_page("chest_xray").exception


@pytest.mark.parametrize(("value", "start", "told"), [(-1, 0.69, True), (1, 0.69, False), (-1, 0.4, False)])
def test_a_map_against_the_predicted_class_is_explained_by_where_the_network_starts(
    value: float, start: float, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def predicted(chance: float) -> Prediction:
        label = "PNEUMONIA" if chance >= 0.5 else "NORMAL"
        return Prediction((0, 0), (1 - chance, chance), label, 0.5, 1, "transfer")

    sentences: list[str] = []
    monkeypatch.setattr(film_store, "predict_baseline", lambda *_: predicted(start))
    monkeypatch.setattr(sections.st, "info", sentences.append)
    attribution = Attribution(np.full((4, 4), value, np.float32), "grad_cam", "evidence", 1, "PNEUMONIA", 1)
    sections.explain_direction(sections.Reading(None, None, predicted(0.54)), [attribution])  # type: ignore[arg-type]
    assert bool(sentences) == told
    assert all("54 %" in sentence and "69 %" in sentence for sentence in sentences)
