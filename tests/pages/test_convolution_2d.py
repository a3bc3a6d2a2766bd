"""Convolution in 2-D, stride and padding, pooling: opened by links, with sense and with nonsense in them."""

import numpy as np

from cnn.ops.filters import KERNELS
from tests.support.app import html, open_page, predict, press, shown_text
from tests.support.grids import example_of, payload


def test_a_cell_of_the_first_example_is_hidden_while_it_is_asked_for():
    assert payload(open_page("convolution_2d", predict="true"))["hidden"] is not None


def test_stride_3_does_not_fit_under_the_lectures_rule_and_the_nearest_are_offered():
    app = open_page("stride_padding", S="3")
    assert "2.33" in html(app)
    assert {"N = 6", "S = 2", "P = 1"} <= {button.label for button in app.button}
    press(app, "S = 2")
    assert not app.error
    assert example_of(payload(app)).output.shape == (1, 3, 3)


def test_a_colour_picture_is_concealed_while_its_output_size_is_asked_for():
    concealed = payload(open_page("convolution_2d", part="Three channels", predict="true"))
    assert len(concealed["rows"]["windows"]) == 1


def test_a_filter_of_three_slices_is_asked_for_rows_of_all_three():
    app = open_page("convolution_2d", part="Three channels")
    app.text_area(key="colour").set_value("1 1 / 1 1").run()
    assert "three square slices" in app.error[0].value
    app.text_area(key="colour").set_value(" / ".join(["1 1"] * 6)).run()
    assert not app.error
    assert example_of(payload(app)).output.shape == (1, 31, 31)


def test_the_flip_shows_both_outputs():
    assert payload(open_page("convolution_2d", w="1 2 / 3 4", flip="true"))["compare"] == "Not flipped"
    assert payload(open_page("convolution_2d"))["compare"] is None


def test_a_typed_number_is_told_from_the_answer_and_the_answer_stays_told():
    app = open_page("convolution_2d", predict="true")
    asked = tuple(payload(app)["hidden"])
    predict(app, int(example_of(payload(app)).output[asked]))
    assert "Right" in app.success[0].value
    assert payload(app)["hidden"] is None


def test_a_named_filter_runs_on_a_whole_picture():
    app = open_page("convolution_2d", part="A whole picture")
    press(app, KERNELS[-1].name)
    assert not app.error
    example = example_of(payload(app))
    np.testing.assert_array_equal(example.output[0], example.input[0, 1:-1, 1:-1])


def test_a_map_of_the_lectures_network_is_pooled():
    app = open_page("pooling", part="A film", what="a map of the lecture's network", layer="2", map="5")
    assert not app.error
    assert "Map 5 of 32" in shown_text(app)
    example = example_of(payload(app))
    assert example.input.shape[1] == 2 * example.output.shape[1]


def test_another_height_starts_as_what_is_set():
    app = open_page("stride_padding", N="9", F="5", S="2", P="2")
    before = example_of(payload(app)).output.tolist()
    app.toggle(key="tall").set_value(True).run()
    assert [app.number_input(key=f"{name}h").value for name in "NFSPD"] == [9, 5, 2, 2, 1]
    assert example_of(payload(app)).output.tolist() == before


def test_same_padding_is_asked_for_too_and_greys_out_the_padding_that_it_replaces():
    app = open_page("stride_padding", same="true", predict="true")
    assert payload(app)["concealed"]
    assert app.number_input(key="P").disabled
    assert "padding P = 1" in shown_text(app)


def test_what_no_rule_allows_is_said_once():
    app = open_page("stride_padding", N="5", F="7")
    assert len({error.value for error in app.error}) == len(app.error)
