"""The shortcut lab on random weights: every change, the patch, the table, and a film without lungs."""

import pytest
import torch
from streamlit.testing.v1 import AppTest

from cnn.attribution.perturbations import CHANGES
from cnn.imaging.samples.built_in import SAMPLES
from cnn.models import lung_segmenter
from tests.support.app import html, open_page, shown_text
from ui.chest import shortcut_lab


@pytest.fixture(autouse=True)
def upper_middle_is_lung(random_app: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def upper_middle(pixels: torch.Tensor) -> torch.Tensor:
        mask = torch.zeros_like(pixels, dtype=torch.bool)
        mask[:, :, 20:80, 20:100] = True
        return mask

    monkeypatch.setattr(lung_segmenter, "lung_mask", upper_middle)


def tried(app: AppTest) -> list[str]:
    return [key[3] for key in app.session_state["shortcut_lab.effects"]]


def test_the_page_opens_with_a_change_and_its_row() -> None:
    app = open_page("shortcut_lab")
    assert "P(PNEUMONIA) goes from" in shown_text(app)
    assert len(app.get("image")) == 4
    assert tried(app) == ["Grey out the lungs' box"]
    assert "Grey out the lungs" in html(app)
    assert "For teaching only" in app.warning[0].value


def test_changes_run_up_in_the_table_and_it_can_be_filled_and_cleared() -> None:
    app = open_page("shortcut_lab", change="Crop", crop="20")
    assert tried(app) == ["Crop, 20 %"]
    app.slider(key="crop").set_value(5).run()
    assert tried(app) == ["Crop, 20 %", "Crop, 5 %"]
    app.button(key="try all").click().run()
    assert not app.exception
    assert len(tried(app)) == 2 + len(CHANGES)
    app.button(key="clear").click().run()
    assert tried(app) == []


def test_nothing_changes_nothing() -> None:
    app = open_page("shortcut_lab", change="Nothing")
    (effect,) = app.session_state["shortcut_lab.effects"].values()
    assert effect.points == pytest.approx(0, abs=0.01)
    assert effect.rank_correlation == pytest.approx(1, abs=1e-4)
    assert effect.strength == pytest.approx(1, abs=1e-3)


def test_a_patch_lies_where_the_link_and_the_sliders_say() -> None:
    app = open_page("shortcut_lab", change="Nothing", patch="a white square", size="30", x="0", y="100")
    assert tried(app) == ["A white square, 30 % at 0, 100"]
    assert len(app.get("image")) == 3, "the changed film is the one that the patch is moved on"
    app.slider(key="x").set_value(50).run()
    assert not app.exception
    assert tried(app)[-1] == "A white square, 30 % at 50, 100"


def test_a_film_without_lungs_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lung_segmenter, "lung_mask", lambda pixels: torch.zeros_like(pixels, dtype=torch.bool))
    app = open_page("shortcut_lab", film=next(sample.title for sample in SAMPLES if sample.key == "ankle"))
    assert "No lungs were found" in app.info[0].value
    app.button(key="try all").click().run()
    assert not app.exception
    assert len(tried(app)) == sum(not change.needs_lungs for change in CHANGES.values())


def test_rows_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shortcut_lab, "MAX_EFFECTS", 3)
    app = open_page("shortcut_lab")
    app.button(key="try all").click().run()
    assert len(tried(app)) == 3
