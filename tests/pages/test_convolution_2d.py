"""Convolution in 2-D, stride and padding, pooling: opened by links, with sense and with nonsense in them."""

from cnn.ops.filters import KERNELS
from tests.support.app import open_page, predict, press, shown_text
from tests.support.grids import example_of, payload


def test_slide_12_is_what_the_first_page_opens_with():
    data = payload(open_page("convolution_2d"))
    assert example_of(data).output.tolist() == [[[4, 3, 4], [2, 4, 3], [2, 3, 4]]]
    assert data["hidden"] is not None


def test_slide_38_is_what_pooling_opens_with():
    assert example_of(payload(open_page("pooling"))).output.tolist() == [[[10, 11], [9, 7]]]


def test_stride_3_does_not_fit_under_the_lectures_rule_and_the_nearest_are_offered():
    app = open_page("stride_padding", S="3")
    assert any("2.33" in error.value for error in app.error)
    assert {"N = 6", "S = 2", "P = 1"} <= {button.label for button in app.button}
    press(app, "S = 2")
    assert not app.error
    assert example_of(payload(app)).output.shape == (1, 3, 3)


def test_a_typed_number_is_told_from_the_answer_and_the_answer_stays_told():
    app = open_page("convolution_2d")
    asked = tuple(payload(app)["hidden"])
    predict(app, int(example_of(payload(app)).output[asked]))
    assert "Right" in app.success[0].value
    assert payload(app)["hidden"] is None


def test_a_named_filter_runs_on_a_whole_picture():
    app = open_page("convolution_2d", part="A whole picture")
    press(app, KERNELS[-1].name)
    assert not app.error
    assert app.get("image") or app.get("imgs")


def test_a_map_of_the_lectures_network_is_pooled():
    app = open_page("pooling", what="a map of the lecture's network", stage="2", map="5")
    assert not app.error
    assert "Map 5 of 32" in shown_text(app)
    assert example_of(payload(app, 1)).output.shape == (1, 4, 4)


def test_another_height_starts_as_what_is_set():
    app = open_page("stride_padding", N="9", F="5", S="2", P="2")
    before = example_of(payload(app)).output.tolist()
    app.toggle(key="tall").set_value(True).run()
    assert [app.number_input(key=f"{name}h").value for name in "NFSPD"] == [9, 5, 2, 2, 1]
    assert example_of(payload(app)).output.tolist() == before


def test_same_padding_is_asked_for_too_and_greys_out_the_padding_that_it_replaces():
    app = open_page("stride_padding", same="true", predict="true")
    assert not app.get("bidi_component")
    assert app.number_input(key="P").disabled
    assert "padding P = 1" in shown_text(app)


def test_what_no_rule_allows_is_said_once():
    app = open_page("stride_padding", N="5", F="7")
    assert len({error.value for error in app.error}) == len(app.error)
