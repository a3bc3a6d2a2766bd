"""The page of the last layer: the slide's percents, large scores, the loss, flatten, the link, the snippet."""

import json

import pytest

from tests.support.app import open_page, press, shown_text, table_rows

PAGE = "fully_connected"


def test_the_slide_s_scores_give_10_10_and_80_percent() -> None:
    *terms, total = table_rows(open_page(PAGE), "Softmax, term by term")
    assert terms == [["Door", "0", "1", "10.0%"], ["Stair", "0", "1", "10.0%"], ["Sign", "2.079", "8", "80.0%"]]
    assert total[2:] == ["10", "100%"]


def test_large_scores_overflow_as_written_and_not_with_the_max_trick() -> None:
    app = open_page(PAGE)
    press(app, "1000, 1001, 1002")
    assert [row[-1] for row in table_rows(app, "In 32 bits as written")] == ["nan", "nan", "nan", ""]
    shifted = table_rows(app, "In 32 bits with the max trick")
    assert [row[-1] for row in shifted] == ["0.09003", "0.2447", "0.6652", ""]
    assert table_rows(app, "Softmax, term by term")[2] == ["Sign", "1002", "1.456e+435", "66.5%"]


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
    assert [row[0] for row in table_rows(app, "Softmax, term by term")] == [*names.split(", "), "sum"]
    assert len(table_rows(app, "Gradient of the cross-entropy")) == classes


def test_the_layer_has_its_parameters_and_its_scores_can_be_carried_on() -> None:
    app = open_page(PAGE, place="13", side="3", depth="2")
    assert json.loads(app.get("bidi_component")[0].proto.json)["place"] == 13
    assert "18 × 3 + 3 = 57" in shown_text(app)
    assert "4,096 × 3 + 3 = 12,291" in shown_text(app)
    press(app, "Scores of the layer")
    assert app.text_input(key="z").value != "0 0 2.07944"
    assert not app.error


def test_an_example_brings_its_class_names_back() -> None:
    app = open_page(PAGE, names="A, B")
    assert app.info
    press(app, "0, 1, 2")
    assert not app.info
    assert app.text_input(key="names").value == "Door, Stair, Sign"
