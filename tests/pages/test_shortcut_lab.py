"""The shortcut lab on random weights: what the browser is sent, what comes back at rest, and the table."""

import base64
import json

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from cnn import cards
from cnn.attribution import perturbations
from cnn.attribution.perturbations import CHANGES
from cnn.evaluation import scores
from cnn.imaging.samples.built_in import SAMPLES
from cnn.models import loading, lung_segmenter
from tests.support.app import html, open_page, table_rows
from ui.chest import lecture_cnn, shortcut_lab


@pytest.fixture(autouse=True)
def upper_middle_is_lung(random_app: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def upper_middle(pixels: torch.Tensor) -> torch.Tensor:
        mask = torch.zeros_like(pixels, dtype=torch.bool)
        mask[:, :, 20:80, 20:100] = True
        return mask

    monkeypatch.setattr(lung_segmenter, "lung_mask", upper_middle)


def tried(app: AppTest) -> list[str]:
    effects = "shortcut_lab.effects"
    return [key[3] for key in app.session_state[effects]] if effects in app.session_state else []


def sent(app: AppTest, name: str) -> dict:
    """The data of the component that has a value of this name."""
    shown = [json.loads(component.proto.json) for component in app.get("bidi_component")]
    return next(data for data in shown if name in data)


def test_the_browser_is_sent_the_weights_as_they_are_shipped_and_the_film() -> None:
    app = open_page("shortcut_lab")
    stored = {
        data["name"]: data
        for data in map(json.loads, (c.proto.json for c in app.get("bidi_component")))
        if "base64" in data
    }
    weights = (loading.WEIGHTS_FOLDER / "lecture.safetensors").read_bytes()
    assert base64.b64decode(stored["weights"]["base64"]) == weights
    film = base64.b64decode(stored["film"]["base64"])
    greys = np.frombuffer(film[: 4 * 224**2], "<f4")
    assert (greys.min(), greys.max()) == (0, 1)
    lungs = np.frombuffer(film[4 * 224**2 :], np.uint8).reshape(224, 224)
    assert set(np.unique(lungs)) == {0, 1, 2}
    assert lungs[50, 25] == 1
    assert lungs[50, 95] == 2
    assert sent(app, "rest")["rest"] is None, "the Lecture CNN needs no server"


def test_another_network_answers_what_the_lab_sends_at_rest() -> None:
    app = open_page("shortcut_lab", network="transfer")
    untouched = sent(app, "rest")["rest"]
    assert untouched["probability"] == untouched["before"]
    film = sent(app, "rest")["film"]
    greys = np.linspace(0, 65535, 224**2).astype("<u2")
    app.session_state["shortcut_lab.resting"] = film, base64.b64encode(greys.tobytes()).decode(), "change 1"
    app.run()
    rest = sent(app, "rest")["rest"]
    assert rest["id"] == "change 1"
    assert rest["before"] == untouched["before"] != rest["probability"]
    app.session_state["shortcut_lab.resting"] = film, "nonsense", "change 2"
    app.run()
    assert not app.exception
    assert sent(app, "rest")["rest"]["probability"] == untouched["probability"]


@pytest.mark.parametrize("text", ["", "AAAA", "nonsense!"])
def test_only_a_film_is_read_as_a_film(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        lecture_cnn.decode_film(text)


def test_a_link_sets_the_lab_s_controls() -> None:
    app = open_page("shortcut_lab", change="Keep only the frame")
    assert sent(app, "start")["start"]["settings"] == {"frame": 12}
    app.button(key="reset").click().run()
    assert sent(app, "start")["start"]["settings"] == {}


def test_the_table_of_all_changes_can_be_filled_and_cleared() -> None:
    app = open_page("shortcut_lab")
    assert tried(app) == []
    app.button(key="try all").click().run()
    assert not app.exception
    assert len(tried(app)) == len(CHANGES)
    assert "Grey out the lungs" in html(app)
    effect = next(value for key, value in app.session_state["shortcut_lab.effects"].items() if key[3] == "Nothing")
    assert effect.points == pytest.approx(0, abs=0.01)
    assert effect.rank_correlation == pytest.approx(1, abs=1e-4)
    app.button(key="clear").click().run()
    assert tried(app) == []


def test_the_table_has_the_lab_s_probability() -> None:
    app = open_page("shortcut_lab", network="transfer")
    app.button(key="try all").click().run()
    effect = next(
        value for key, value in app.session_state["shortcut_lab.effects"].items() if key[3] == "Keep only the frame"
    )
    film = next(iter(app.session_state["chest.films"].values()))
    framed = perturbations.only_frame(perturbations.to_greys(film.inputs.by_size[lecture_cnn.SIDE]), 0.12)
    levels = (65535 * framed).round().numpy().astype("<u2")
    resting = sent(app, "rest")["film"], base64.b64encode(levels.tobytes()).decode(), "change 1"
    app.session_state["shortcut_lab.resting"] = resting
    app.run()
    assert sent(app, "rest")["rest"]["probability"] == pytest.approx(effect.p_pneumonia, abs=1e-4)


def test_the_grey_box_says_what_the_network_was_trained_to_answer_there() -> None:
    notes = sent(open_page("shortcut_lab"), "notes")["notes"]
    films = scores.read(cards.WEIGHTS_FOLDER, "lecture", ["test"])["test"]
    hidden = films.with_region_hidden(scores.HIDDEN_REGIONS[0]).probabilities
    assert "target 0.5" in notes["box"]
    assert f"{100 * hidden.min():.0f} % to {100 * hidden.max():.0f} %" in notes["box"]
    assert set(notes) == {"box", "black", "only", "frame"}


def test_a_film_without_lungs_has_no_controls_for_lungs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lung_segmenter, "lung_mask", lambda pixels: torch.zeros_like(pixels, dtype=torch.bool))
    app = open_page("shortcut_lab", film=next(sample.title for sample in SAMPLES if sample.key == "ankle"))
    assert not sent(app, "lungs")["lungs"]
    app.button(key="try all").click().run()
    assert not app.exception
    assert len(tried(app)) == sum(not change.needs_lungs for change in CHANGES.values())


def test_rows_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shortcut_lab, "MAX_EFFECTS", 3)
    app = open_page("shortcut_lab")
    app.button(key="try all").click().run()
    assert len(tried(app)) == 3


def test_curves_show_this_film_beside_the_test_films(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = {"sensitivity": [0.9, 0.8, 0.7, 0.6, 0.5], "specificity": [0.5] * 5}
    clean, model = {"sensitivity": [1.0], "specificity": [0.75]}, loading.load("lecture")
    monkeypatch.setitem(model.card, "corrupted_test", {"clean": clean, "by_corruption": {"contrast_down": measured}})
    app = open_page("shortcut_lab", corruption="Contrast down")
    missed, false_positives, film = table_rows(app, "Errors and this film by severity")
    assert missed[1:] == ["0 %", "10 %", "20 %", "30 %", "40 %", "50 %"]
    assert false_positives[1:] == ["25 %", *["50 %"] * 5]
    assert len(film) == 7


def test_a_network_that_was_not_measured_has_no_curves() -> None:
    app = open_page("shortcut_lab")
    assert not app.exception
    assert "Errors and this film" not in html(app)
