"""The page of the last layer: the slide's percents, large scores, the loss, flatten, the link, the snippet."""

import json

import pytest

from tests.support.app import open_page, press, shown_text, table_rows

PAGE = "fully_connected"


def test_large_scores_overflow_as_written_and_not_with_the_max_trick() -> None:
    app = open_page(PAGE)
    press(app, "1000, 1001, 1002")
    assert [row[-1] for row in table_rows(app, "In 32 bits as written")] == ["nan", "nan", "nan", ""]
    shifted = table_rows(app, "In 32 bits with the max trick")
    assert [row[-1] for row in shifted] == ["0.09003", "0.2447", "0.6652", ""]


def test_the_loss_and_its_gradient_for_a_wrong_guess() -> None:
    app = open_page(PAGE, true="1")
    assert "-ln 0.1 = 2.303" in shown_text(app)
    assert [row[-1] for row in table_rows(app, "Gradient of the cross-entropy")] == ["−0.900", "+0.100", "+0.800"]


@pytest.mark.parametrize(("names", "classes"), [("Cat, Dog", 2), ("Cat, Dog, Cow, Hen", 4)])
def test_every_class_has_a_score_when_classes_are_renamed(names: str, classes: int) -> None:
    app = open_page(PAGE)
    app.text_input(key="names").set_value(names).run()
    assert not app.error
    assert app.info
    steps = json.loads(app.get("bidi_component")[0].proto.json)
    assert steps["names"] == names.split(", ")
    assert len(steps["scores"]) == len(steps["layerScores"]) == classes
    assert len(table_rows(app, "Gradient of the cross-entropy")) == classes


def test_the_layer_has_its_parameters_and_its_scores_can_be_carried_on() -> None:
    app = open_page(PAGE, place="13", side="3", depth="2")
    assert json.loads(app.get("bidi_component")[0].proto.json)["place"] == 13
    assert "18 × 3 + 3 = 57" in shown_text(app)
    assert "4,096 × 3 + 3 = 12,291" in shown_text(app)
    press(app, "Scores of the layer")
    assert app.text_input(key="z").value != "0 0 2.0794"
    assert not app.error


def test_a_decimal_comma_is_explained() -> None:
    app = open_page(PAGE)
    assert "A comma separates" not in shown_text(app)
    app.text_input(key="z").set_value("1,5 2 3").run()
    assert "A comma separates" in shown_text(app)


def test_an_example_brings_its_class_names_back() -> None:
    app = open_page(PAGE, names="A, B")
    assert app.info
    press(app, "0, 1, 2")
    assert not app.info
    assert app.text_input(key="names").value == "Door, Stair, Sign"
