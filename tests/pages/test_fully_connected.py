"""The page of the last layer: the slide's percents, large scores, the loss, flatten, the link, the snippet."""

import re

from streamlit.testing.v1 import AppTest

from tests.support.app import html, open_page, press, shown_text

PAGE = "fully_connected"


def table(app: AppTest, label: str) -> dict[str, list[str]]:
    """Rows of the table that is called ``label``, tags taken off."""
    body = next(element.proto.body for element in app.get("html") if f'aria-label="{label}"' in element.proto.body)
    rows = re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', body)
    return {name: [re.sub("<.*?>", "", cell) for cell in re.findall("<td>(.*?)</td>", cells)] for name, cells in rows}


def test_the_slide_s_scores_give_10_10_and_80_percent() -> None:
    assert table(open_page(PAGE), "Softmax, term by term") == {
        "Door": ["0", "1", "10.0%"], "Stair": ["0", "1", "10.0%"], "Sign": ["2.079", "8", "80.0%"],
        "sum": ["", "10", "100%"],
    }  # fmt: skip


def test_large_scores_overflow_as_written_and_not_with_the_max_trick() -> None:
    app = open_page(PAGE)
    press(app, "1000, 1001, 1002")
    assert [row[-1] for row in table(app, "In 32 bits as written").values()] == ["nan", "nan", "nan", ""]
    shifted = table(app, "In 32 bits with the max trick")
    assert [row[-1] for row in shifted.values()] == ["0.09003", "0.2447", "0.6652", ""]
    assert "becomes infinity" in shown_text(app)
    assert table(app, "Softmax, term by term")["Sign"] == ["1002", "1.456e+435", "66.5%"]


def test_the_loss_and_its_gradient_for_a_wrong_guess() -> None:
    app = open_page(PAGE, true="1")
    assert "-ln 0.1 = 2.303" in shown_text(app)
    assert table(app, "Gradient of the cross-entropy") == {
        "Door": ["0.1", "1", "−0.900"], "Stair": ["0.1", "0", "+0.100"], "Sign": ["0.8", "0", "+0.800"],
    }  # fmt: skip


def test_names_and_scores_must_be_as_many() -> None:
    app = open_page(PAGE, names="Cat, Dog", z="1 2 3")
    assert "2 class names and 3 scores" in app.error[0].value
    assert "Softmax, term by term" not in html(app)
    assert "choose a true class from 1 to 2" in open_page(PAGE, names="Cat, Dog", z="1 2").error[0].value


def test_flatten_follows_a_number_and_its_scores_can_be_carried_on() -> None:
    app = open_page(PAGE, place="13", side="3", depth="2")
    assert "1*3*3 + 1*3 + 1 = 13" in shown_text(app)
    assert "18*3 + 3 = 57" in shown_text(app)
    assert "4,096*3 + 3 = 12,291" in shown_text(app)
    press(app, "Use these scores below")
    assert app.text_input(key="z").value != "0 0 2.07944"
    assert not app.error


def test_wrong_names_typed_are_said_once_and_show_no_old_result() -> None:
    app = open_page(PAGE)
    app.text_input(key="names").set_value("only one").run()
    assert [error.value.split(" must")[0] for error in app.error] == ["Classes"]
    assert "Softmax, term by term" not in html(app)


def test_an_example_brings_its_class_names_back() -> None:
    app = open_page(PAGE, names="A, B")
    assert "2 class names and 3 scores" in app.error[0].value
    next(button for button in app.button if button.label == "0, 1, 2").click().run()
    assert not app.error
    assert app.text_input(key="names").value == "Door, Stair, Sign"
